"""Replay: quarantined events are read again - mended, under wider limits or another plan - and become events once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Error, to_ms
from ninefold.collect import queries
from ninefold.collect.event import Event
from ninefold.collect.inbox import append
from ninefold.collect.items import item_values, keep_items
from ninefold.collect.model import RESOLVED, Attempt, Decoded, Limits, Rejection, Replayed
from ninefold.collect.plans import Checker
from ninefold.collect.plans.gate import judged
from ninefold.collect.wires import BY_KIND, Arrival, Envelope, Wire

from .mending import Step, mend

ROWS = ("import", "connector")
"""Kinds of entries that are rows."""

_NO_PLAN: Callable[[str], Checker | None] = lambda _: None  # noqa: E731 - the default of a field


class Rows(Protocol):
    """Reads a row again."""

    def cells(self, raw: bytes, envelope: bytes) -> bytes:
        """The row as a JSON object, to be mended; empty when it cannot be."""
        ...

    def read(self, conn: Connection, cells: bytes, envelope: bytes, *, message_id: str, received: datetime) -> Decoded:
        """The events of the row, or why there are none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """How quarantined events are read again.

    Attributes:
        limits: sizes and times allowed.
        currency: of amounts that name none.
        steps: mending of the JSON before it is read.
        checker: the tracking plan of a source, by its key.
        rows: reads rows of imports and connectors again; without it they are skipped.
    """

    limits: Limits = field(default_factory=Limits)
    currency: str = "CNY"
    steps: tuple[Step, ...] = ()
    checker: Callable[[str], Checker | None] = _NO_PLAN
    rows: Rows | None = None


def try_replay(conn: Connection, ids: Sequence[int], again: Again) -> tuple[Attempt, ...]:
    """What a replay would do with each entry, oldest first; nothing is written and nothing is locked."""
    return tuple(_attempt(conn, row, again) for row in conn.execute(queries.quarantined(ids)).all())


def replay(conn: Connection, ids: Sequence[int], *, now: datetime, again: Again | None = None) -> Replayed:
    """Read quarantined events again and put the good ones into the inbox.

    Times are corrected as of the first arrival. An entry is replayed once, however many ask at the same time; one that
    is still bad stays open. Entries of the kind of a wire (its JSON) and of the kind ``resolved`` (an event as a JSON
    object) can be read, and rows of imports and connectors under the newest version of their mapping.
    """
    again = again or Again()
    accepted: dict[tuple[str, str], list[Event]] = {}
    done: list[int] = []
    refused: list[Attempt] = []
    skipped = 0
    for row in conn.execute(queries.quarantined(ids).with_for_update()).all():
        attempt = _attempt(conn, row, again)
        if attempt.items:
            keep_items(conn, item_values(attempt.items, source=row.source, now=now))
            done.append(row.id)
        elif attempt.events:
            accepted.setdefault((row.source, row.kind), []).extend(attempt.events)
            done.append(row.id)
        elif attempt.readable:
            refused.append(attempt)
        else:
            skipped += 1
    for (source, kind), events in accepted.items():
        append(conn, events, source=source, kind=kind, now=now)
    if done:
        conn.execute(queries.mark_replayed(done, now))
    return Replayed(accepted=len(done), refused=len(refused), skipped=skipped, refusals=tuple(refused[:100]))


def _attempt(conn: Connection, row: sa.Row[Any], again: Again) -> Attempt:
    wire = BY_KIND.get(row.kind)
    rows = again.rows if row.kind in ROWS else None
    if wire is None and rows is None and row.kind != RESOLVED:
        reason = f"entries of the kind {row.kind} are not read again"
        return Attempt(id=row.id, readable=False, code="unreadable_kind", reason=reason)
    held = row.raw if rows is None else rows.cells(row.raw, row.envelope)
    try:
        raw = mend(held, again.steps) if again.steps else held
    except Error as error:
        return Attempt(id=row.id, raw=row.raw, code=error.code, reason=str(error))
    if rows is not None:
        decoded = rows.read(conn, raw, row.envelope, message_id=row.message_id, received=row.received_at)
    else:
        decoded = _from_event(row, raw) if wire is None else _from_wire(row, raw, wire, again)
    checker = again.checker(row.source)
    if checker is not None:
        items = [raw] * len(decoded.outcomes)
        decoded = judged(decoded, items, checker, around=lambda: bytes(row.envelope))
    bad = decoded.rejections
    if bad or not (decoded.events or decoded.items):
        first = bad[0] if bad else Rejection(code="nothing_read", reason="the entry holds no event")
        return Attempt(id=row.id, raw=raw, code=first.code, reason=first.reason)
    return Attempt(id=row.id, raw=raw, events=tuple(decoded.events), items=tuple(decoded.items))


def _from_wire(row: sa.Row[Any], raw: bytes, wire: Wire, again: Again) -> Decoded:
    around = msgspec.json.decode(row.envelope, type=_Around) if row.envelope else _Around()
    arrival = Arrival(
        source=row.source,
        channel=around.channel,
        received=to_ms(row.received_at),
        currency=again.currency,
        limits=again.limits,
    )
    decoded = wire.decode(around.envelope(raw), arrival)
    return Decoded(
        outcomes=tuple(
            _renamed(one, row.message_id or one.message_id) if isinstance(one, Event) else one
            for one in decoded.outcomes
        )
    )


def _from_event(row: sa.Row[Any], raw: bytes) -> Decoded:
    """An event that was put aside when its batch was resolved.

    Its id was remembered when it was first taken up, so it gets another one, not to count as a repeat.
    """
    try:
        held = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        # An entry of an older release lacks the fields that were added at the end since.
        known = takewhile(held.__contains__, Event.__struct_fields__)
        event = msgspec.json.decode(b"[" + b",".join(bytes(held[name]) for name in known) + b"]", type=Event)
    except msgspec.DecodeError as exc:
        return Decoded(outcomes=(Rejection(code="broken_event", reason=f"the entry is no event: {exc}"),))
    return Decoded(outcomes=(_renamed(event, f"{event.message_id}~{row.id}"),))


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
