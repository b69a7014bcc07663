"""The inbox: accepted events wait here, are claimed as batches that never change, and are pruned when done.

Every verb works inside the caller's transaction. Claiming is for the one holder of the pipeline's lock: while a batch
is unfinished, it is what every claim returns.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import invalid

from . import queries
from .event import Event, encode_events
from .model import Backlog, Claimed, InboxRow
from .tables import inbox


def append(conn: Connection, events: Sequence[Event], *, source: str, kind: str, now: datetime) -> int:
    """Put events into the inbox as one row, in the caller's transaction.

    Args:
        conn: the transaction; the events are accepted when it commits.
        events: at least one.
        source: key of the source they came from.
        kind: wire, import or origin, e.g. ``segment``, ``import``, ``campaign``.
        now: time of arrival.

    Returns:
        Id of the inbox row.

    Raises:
        Error: invalid, without events.
    """
    if not events:
        raise invalid("no_events", "an inbox row needs events", field="events", got=0, allowed="at least 1")
    row = {
        "source": source,
        "received_at": now,
        "kind": kind,
        "event_count": len(events),
        "payload": encode_events(events),
    }
    return int(conn.execute(sa.insert(inbox).values(row).returning(inbox.c.id)).scalar_one())


def claim(conn: Connection, *, max_events: int, after: int = 0) -> Claimed | None:
    """The batch to work on: the unfinished one after a crash, else the oldest waiting rows; ``None`` when idle.

    The batch is fixed when the transaction commits. It holds at most ``max_events`` events, or a single larger row.

    Args:
        conn: the transaction.
        max_events: size of a new batch.
        after: skips unfinished batches up to this one, for a caller who has them in hand already.
    """
    if max_events < 1:
        raise invalid("bad_batch_size", "a batch needs events", field="max_events", got=max_events, allowed="1 or more")
    conn.execute(queries.LOCK_CLAIMS)
    row = conn.execute(queries.UNFINISHED, {"after": after}).one_or_none()
    if row is None:
        row = conn.execute(queries.CLAIM, {"max_events": max_events, "max_rows": max_events}).one_or_none()
    if row is None:
        return None
    return Claimed(batch_id=row.batch_id, row_count=row.row_count, event_count=row.event_count)


def load(conn: Connection, batch_id: int) -> list[InboxRow]:
    """The rows of a batch, in the order they were appended; empty for an unknown or pruned batch."""
    return [
        InboxRow(
            id=row.id,
            source=row.source,
            received_at=row.received_at,
            kind=row.kind,
            event_count=row.event_count,
            payload=row.payload,
        )
        for row in conn.execute(queries.load(batch_id))
    ]


def finish(conn: Connection, batch_id: int, now: datetime) -> bool:
    """Mark a batch as done; returns whether it was not done before."""
    return conn.execute(queries.finish(batch_id, now)).rowcount > 0


def prune(conn: Connection, older_than: datetime, *, max_batches: int = 1_000) -> int:
    """Delete inbox rows of batches finished before a time, the oldest first; returns the number of rows.

    Call again while it returns rows; the limit keeps each transaction short.
    """
    return conn.execute(queries.PRUNE_INBOX, {"older_than": older_than, "max_batches": max_batches}).rowcount


def newest_batch(conn: Connection) -> int:
    """Number of the newest batch that is done, and everything before it; 0 without one."""
    return conn.scalar(queries.NEWEST_DONE) or 0


def waits(conn: Connection) -> bool:
    """Whether any accepted event is not queryable yet; cheaper than :func:`backlog`, for whoever asks all the time."""
    return bool(conn.scalar(queries.WAITS))


def backlog(conn: Connection) -> Backlog:
    """What waits: rows and events not finished, age of the oldest, open quarantine entries."""
    row = conn.execute(queries.BACKLOG).one()
    return Backlog(rows=row.rows, events=int(row.events), oldest=row.oldest, quarantined=row.quarantined)
