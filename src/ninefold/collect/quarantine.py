"""Quarantine: events that could not be kept as events, searchable, and replayed once the reason is gone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import clean_text, to_ms

from . import queries
from .event import Event
from .inbox import append
from .model import Limits, QuarantineCount, QuarantineRow, Rejection, Replayed
from .tables import quarantine as table
from .wires import BY_KIND, Arrival, Envelope, Wire

_MOST = 1_000
RESOLVED = "resolved"


def rejection_values(
    rejections: Sequence[Rejection], *, source: str, kind: str, received_at: datetime
) -> list[dict[str, object]]:
    """Rejections as rows of the quarantine table."""
    return [
        {
            "source": source,
            "received_at": received_at,
            "kind": kind,
            "reason_code": rejection.code,
            "reason": clean_text(rejection.reason)[:1_000],
            "field": clean_text(rejection.field)[:200],
            "raw": rejection.raw,
            "envelope": rejection.envelope,
            "message_id": clean_text(rejection.message_id)[:200],
        }
        for rejection in rejections
    ]


def quarantine(
    conn: Connection, rejections: Sequence[Rejection], *, source: str, kind: str, received_at: datetime
) -> None:
    """Put rejected events aside, with their bytes, in the caller's transaction."""
    if rejections:
        values = rejection_values(rejections, source=source, kind=kind, received_at=received_at)
        conn.execute(sa.insert(table), values)


def search_quarantine(
    conn: Connection,
    *,
    source: str | None = None,
    code: str | None = None,
    before_id: int | None = None,
    replayed: bool | None = False,
    limit: int = 100,
) -> tuple[QuarantineRow, ...]:
    """Entries, newest first.

    Args:
        conn: the transaction.
        source: only of this source.
        code: only with this reason code.
        before_id: only older than this entry, for the next page.
        replayed: only (not) replayed ones; ``None`` for all.
        limit: at most 1,000.
    """
    query = queries.search_quarantine(
        source=None if source is None else clean_text(source),
        code=None if code is None else clean_text(code),
        before_id=before_id,
        replayed=replayed,
        limit=max(1, min(limit, _MOST)),
    )
    return tuple(_row(row) for row in conn.execute(query).mappings())


def quarantine_counts(conn: Connection) -> tuple[QuarantineCount, ...]:
    """Open entries by source and reason, the most frequent first."""
    return tuple(
        QuarantineCount(source=row.source, code=row.reason_code, entries=row.entries, latest=row.latest)
        for row in conn.execute(queries.quarantine_summary())
    )


def replay(
    conn: Connection, ids: Sequence[int], *, now: datetime, limits: Limits | None = None, currency: str = "CNY"
) -> Replayed:
    """Read quarantined events again, perhaps under wider limits or rules, and put the good ones into the inbox.

    Times are corrected as of the first arrival. An entry is replayed once; one that is still bad stays open. Entries of
    the kind of a wire (its JSON) and of the kind ``resolved`` (an event as a JSON object) can be read; others are
    skipped.
    """
    accepted: dict[tuple[str, str], list[Event]] = {}
    done: list[int] = []
    refused = skipped = 0
    for row in conn.execute(queries.quarantined_for_replay(ids)).all():
        if (wire := BY_KIND.get(row.kind)) is not None:
            events = _from_wire(row, wire, limits or Limits(), currency)
        elif row.kind == RESOLVED:
            events = _from_event(row)
        else:
            skipped += 1
            continue
        if events:
            accepted.setdefault((row.source, row.kind), []).extend(events)
            done.append(row.id)
        else:
            refused += 1
    for (source, kind), events in accepted.items():
        append(conn, events, source=source, kind=kind, now=now)
    if done:
        conn.execute(queries.mark_replayed(done, now))
    return Replayed(accepted=len(done), refused=refused, skipped=skipped)


def _from_wire(row: sa.Row[Any], wire: Wire, limits: Limits, currency: str) -> list[Event]:
    around = msgspec.json.decode(row.envelope, type=_Around) if row.envelope else _Around()
    arrival = Arrival(
        source=row.source,
        channel=around.channel,
        received=to_ms(row.received_at),
        currency=currency,
        limits=limits,
    )
    events = wire.decode(around.envelope(row.raw), arrival).events
    return [_renamed(event, row.message_id or event.message_id) for event in events]


def _from_event(row: sa.Row[Any]) -> list[Event]:
    """An event that was put aside when its batch was resolved.

    Its id was remembered when it was first taken up, so it gets another one, not to count as a repeat.
    """
    try:
        held = msgspec.json.decode(row.raw, type=dict[str, msgspec.Raw])
        listed = b"[" + b",".join(bytes(held[name]) for name in Event.__struct_fields__) + b"]"
        event = msgspec.json.decode(listed, type=Event)
    except (msgspec.DecodeError, KeyError):
        return []
    return [_renamed(event, f"{event.message_id}~{row.id}")]


def _renamed(event: Event, message_id: str) -> Event:
    return msgspec.structs.replace(event, message_id=message_id)


class _Around(msgspec.Struct, rename="camel"):
    """What an envelope keeps for a replay."""

    call: str = "batch"
    channel: str = ""
    sent_at: str | float | None = None
    context: msgspec.Raw = msgspec.Raw()
    warnings: tuple[str, ...] = ()

    def envelope(self, raw: bytes) -> Envelope:
        """The envelope of a single event."""
        context = bytes(self.context)
        return Envelope(
            call=self.call,
            items=(raw,),
            sent_at=self.sent_at,
            context=b"" if context == b"null" else context,
            warnings=self.warnings,
        )


def _row(held: sa.RowMapping) -> QuarantineRow:
    return QuarantineRow(
        id=held["id"],
        source=held["source"],
        received_at=held["received_at"],
        kind=held["kind"],
        code=held["reason_code"],
        reason=held["reason"],
        field=held["field"],
        raw=held["raw"],
        envelope=held["envelope"],
        message_id=held["message_id"],
        replayed_at=held["replayed_at"],
    )
