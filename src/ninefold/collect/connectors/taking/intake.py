"""Rows of a source into the inbox: mapped, without those that are known already, the bad ones in quarantine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.base import from_ms
from ninefold.collect.connectors import queries
from ninefold.collect.connectors.model import Counts, Plan
from ninefold.collect.event import Event
from ninefold.collect.imports.queries import open_entries
from ninefold.collect.imports.readers import ROW_ID, Chunk
from ninefold.collect.imports.rows import Mapped, judged_rows, map_chunk, row_entries, row_named, row_of
from ninefold.collect.inbox import append
from ninefold.collect.messages import message_hash
from ninefold.collect.model import Rejection
from ninefold.collect.quarantine import quarantine

from .house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of rows, and the time of their newest event."""

    counts: Counts
    newest: datetime | None


def map_rows(house: House, plan: Plan, chunk: Chunk, now: datetime) -> Mapped:
    """The events of rows, as their tracking plan leaves them; not for the event loop.

    Where the mapping names no message id, a row is known by its name at the source.
    """
    return judged_rows(
        map_chunk(row_named(plan.mapping), chunk, house.context(now)), chunk, house.imports.checker(plan.mapping.source)
    )


def hand_over(conn: Connection, plan: Plan, chunk: Chunk, mapped: Mapped, now: datetime) -> Taken:
    """Put mapped rows into the inbox and the quarantine, in the caller's transaction."""
    source = plan.mapping.source
    fresh = _fresh(conn, mapped.events)
    events = [event for event, is_new in zip(mapped.events, fresh.tolist(), strict=True) if is_new]
    if events:
        append(conn, events, source=source, kind=queries.QUARANTINE_KIND, now=now)
    rejected = _put_aside(conn, plan, chunk, mapped, now)
    accepted = len(np.setdiff1d(mapped.rows[fresh], [one.problem.row for one in mapped.aside]))
    counts = Counts(
        rows=chunk.records,
        accepted=accepted,
        rejected=rejected,
        skipped=mapped.skipped,
        duplicates=chunk.records - accepted - rejected - mapped.skipped,
    )
    return Taken(counts=counts, newest=from_ms(max(event.ts for event in events)) if events else None)


def _fresh(conn: Connection, events: Sequence[Event]) -> NDArray[np.bool_]:
    """Which events are new: not twice here, and not taken up before.

    An event that still waits in the inbox is not seen here; it is recognised when its batch is taken up.
    """
    fresh = np.zeros(len(events), dtype=np.bool_)
    first: dict[UUID, int] = {}
    for place, event in enumerate(events):
        first.setdefault(UUID(bytes=message_hash(event.source, event.message_id)), place)
    if first:
        fresh[list(first.values())] = True
        known = conn.scalars(queries.known_messages(list(first))).all()
        fresh[[first[one] for one in known]] = False
    return fresh


def entries_of(plan: Plan, chunk: Chunk, mapped: Mapped) -> list[Rejection]:
    """What was put aside, as quarantine entries under the names of the rows at their source."""
    names = chunk.table.column(ROW_ID).to_pylist() if ROW_ID in chunk.table.column_names else []
    place = {int(row): i for i, row in enumerate(chunk.rows.tolist())}
    around = {"connector": plan.connector.key, "version": plan.version, "mapping": plan.mapping.key}

    def name(row: int) -> str:
        return f"{plan.mapping.key}:{names[place[row]]}"[:200]

    return list(row_entries(mapped, chunk, around=around, name=name))


def _put_aside(conn: Connection, plan: Plan, chunk: Chunk, mapped: Mapped, now: datetime) -> int:
    """What was put aside into quarantine, except what is there or was kept already; returns how many rows are new."""
    if not (mapped.rejected or mapped.blocked):
        return 0
    source = plan.mapping.source
    entries = entries_of(plan, chunk, mapped)
    held = set(conn.scalars(open_entries(source, [one.message_id for one in entries])))
    kept = {message_hash(source, one.message_id): one.message_id for one in entries}
    known = conn.scalars(queries.known_messages([UUID(bytes=one) for one in kept])).all()
    held |= {kept[one.bytes] for one in known}
    fresh = [one for one in entries if one.message_id not in held]
    quarantine(conn, fresh, source=source, kind=queries.QUARANTINE_KIND, received_at=now)
    return len({row_of(one) for one in fresh})
