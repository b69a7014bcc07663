"""Receipts by message id, and the stream of what arrived last.

Nothing is written for receipts but what was dropped: an event's fate is read from where it is - the inbox, the events
store, the quarantine. The stream reaches as far back as inbox rows are kept, a single receipt as far as events are.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import clean_text, to_ms
from ninefold.collect.event import Event, decode_events
from ninefold.collect.inbox import load
from ninefold.collect.messages import message_hash, message_status
from ninefold.collect.model import RESOLVED, Verdict, receipt_of
from ninefold.store import Events

from . import queries
from .model import Delivery, DeliveryPage, Place, Progress

_WAITING_ROWS = 500  # inbox rows in which one message is looked for while no batch has taken it
_REQUESTS = 2_000  # inbox rows that one page looks at
_EVENTS = 20_000  # events that one page looks at; one larger row is looked at in whole

_CHUNK_ROWS, _CHUNK_EVENTS = 64, 1_000


@dataclass(frozen=True, slots=True)
class _Step:
    """One step down a stream: what was met, and where it goes on."""

    received: int
    after: Place
    delivery: Delivery | None = None


def find(conn: Connection, events: Events, source: str, message_id: str) -> Delivery | None:
    """What became of a message of a source; nothing when it was never seen.

    The verdict is about the event itself; ``repeats`` says how often it was sent again.
    """
    status = message_status(conn, source, message_id)
    digest = UUID(bytes=message_hash(source, message_id))
    drops: dict[str, int] = {row.verdict: row.times for row in conn.execute(queries.drops_of(digest))}
    found: Delivery | None = None
    if status.batch_id:
        found = _stored(events, status.batch_id, source, message_id) if status.finished else None
        found = found or _in_batch(conn, status.batch_id, source, message_id)
        progress = Progress.QUERYABLE if status.finished else Progress.RESOLVING
        found = replace(found or _nameless(source, message_id, Verdict.OK), batch_id=status.batch_id, progress=progress)
    elif status.verdict is None:
        found = _waiting(conn, source, message_id) or _item(conn, digest, source, message_id)
    found = _put_aside(conn, source, message_id, found)
    if found is None:
        return None
    if drops.get(Verdict.SUPPRESSED):
        found = replace(found, verdict=Verdict.SUPPRESSED, progress=Progress.ASIDE)
    return replace(found, repeats=drops.get(Verdict.DUPLICATE, 0))


def _put_aside(conn: Connection, source: str, message_id: str, found: Delivery | None) -> Delivery | None:
    """A delivery as far as quarantine knows it; an event that was kept stays kept, though another try was refused."""
    bad = conn.execute(queries.latest_quarantined(clean_text(source), clean_text(message_id))).one_or_none()
    if bad is None or (found is not None and bad.kind != RESOLVED):
        return found
    return replace(
        found or replace(_nameless(source, message_id, Verdict.QUARANTINED), kind=bad.kind),
        verdict=Verdict.QUARANTINED,
        progress=Progress.ASIDE,
        received=to_ms(bad.received_at),
        code=bad.reason_code,
        reason=bad.reason,
        field=bad.field,
        quarantine_id=bad.id,
    )


def _item(conn: Connection, digest: UUID, source: str, message_id: str) -> Delivery | None:
    """A statement about a thing, which is no event but was taken like one."""
    row = conn.execute(queries.item_statement(digest)).one_or_none()
    if row is None:
        return None
    return Delivery(
        source=source, message_id=message_id, verdict=Verdict.OK, progress=Progress.QUERYABLE, type="item",
        name=row.item_type, ts=row.ts, received=to_ms(row.received_at),
    )  # fmt: skip


def recent(
    conn: Connection,
    *,
    source: str | None = None,
    name: str | None = None,
    verdict: Verdict | None = None,
    cursor: str = "",
    limit: int = 50,
) -> DeliveryPage:
    """What arrived last, accepted and refused, newest first.

    Args:
        conn: the transaction.
        source: only of this source.
        name: only events of this name.
        verdict: only with this verdict.
        cursor: where the page before ended.
        limit: at most 500.

    Raises:
        Error: invalid, for a cursor that is none.
    """
    place = Place.read(cursor)
    streams = [_accepted(conn, place, source)]
    if name is None and verdict in (None, Verdict.QUARANTINED):  # what could not be read has no name
        streams.append(_refused(conn, place, source, limit))
    entries: list[Delivery] = []
    most = max(1, min(limit, 500))
    for step in heapq.merge(*streams, key=lambda step: -step.received):
        place = _moved(place, step.after)
        delivery = step.delivery
        if delivery is None:
            return DeliveryPage(entries=tuple(entries), next=str(place))
        if (name is None or delivery.name == name) and verdict in (None, delivery.verdict):
            entries.append(delivery)
            if len(entries) == most:
                return DeliveryPage(entries=tuple(entries), next=str(place))
    return DeliveryPage(entries=tuple(entries), next=None)


def _moved(place: Place, after: Place) -> Place:
    """The place of a page after one more step; each stream moves only its own part."""
    if after.quarantine_id < place.quarantine_id:
        return replace(place, quarantine_id=after.quarantine_id)
    return replace(place, inbox_id=after.inbox_id, position=after.position)


def _accepted(conn: Connection, place: Place, source: str | None) -> Iterator[_Step]:
    """Events of the inbox, newest first; a step without a delivery where a page has looked at enough."""
    rows = conn.execute(queries.REQUESTS, {"upto_id": place.inbox_id, "limit": _REQUESTS}).all()
    wanted = [row for row in rows if source is None or row.source == source]
    looked = 0
    for chunk in _chunks(wanted):
        looked += sum(row.event_count for row in chunk)
        if looked > _EVENTS and chunk[0] is not wanted[0]:
            yield _Step(to_ms(chunk[0].received_at), Place(inbox_id=chunk[0].id))
            return
        for row, deliveries in _judged(conn, chunk):
            below = place.position if row.id == place.inbox_id else len(deliveries)
            for position in range(min(below, len(deliveries)) - 1, -1, -1):
                delivery = deliveries[position]
                yield _Step(delivery.received, Place(inbox_id=row.id, position=position), delivery)
    if len(rows) == _REQUESTS:
        yield _Step(to_ms(rows[-1].received_at), Place(inbox_id=rows[-1].id - 1))


def _chunks(rows: Sequence[sa.Row[Any]]) -> Iterator[list[sa.Row[Any]]]:
    """Rows whose events are looked at together: few enough to be a page, many enough to be few statements."""
    chunk: list[sa.Row[Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK_ROWS or sum(each.event_count for each in chunk) >= _CHUNK_EVENTS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _judged(conn: Connection, rows: Sequence[sa.Row[Any]]) -> Iterator[tuple[sa.Row[Any], list[Delivery]]]:
    """The deliveries of some inbox rows, with what became of them after they were accepted."""
    payloads = {row.id: row.payload for row in conn.execute(queries.payloads([row.id for row in rows]))}
    arrived = [(row, decode_events(payloads[row.id])) for row in rows if row.id in payloads]
    spans = [(row.batch_id, int(row.base), int(row.base) + row.event_count) for row in rows if row.batch_id]
    dropped = {(one.batch_id, one.position): one.verdict for one in conn.execute(queries.dropped(spans))}
    named = [(row.source, clean_text(event.message_id)) for row, events in arrived for event in events if row.batch_id]
    aside = {
        (one.source, one.message_id): one
        for one in conn.execute(
            queries.put_aside_when_resolved({source for source, _ in named}, [message for _, message in named])
        )
    }
    for row, events in arrived:
        deliveries = []
        for position, event in enumerate(events):
            delivery = _delivery(event, row)
            drop = dropped.get((row.batch_id, int(row.base) + position))
            bad = aside.get((row.source, clean_text(event.message_id)))
            if drop:
                delivery = replace(delivery, verdict=Verdict(drop), progress=Progress.ASIDE, warnings=())
            elif bad is not None and row.batch_id:
                delivery = replace(
                    delivery,
                    verdict=Verdict.QUARANTINED,
                    progress=Progress.ASIDE,
                    code=bad.reason_code,
                    reason=bad.reason,
                    field=bad.field,
                    quarantine_id=bad.id,
                )
            deliveries.append(delivery)
        yield row, deliveries


def _delivery(event: Event, row: sa.Row[Any]) -> Delivery:
    progress = Progress.QUERYABLE if row.finished else Progress.RESOLVING if row.batch_id else Progress.WAITING
    return replace(
        _kept(event, kind=row.kind, progress=progress), received=to_ms(row.received_at), batch_id=row.batch_id or 0
    )


def _kept(event: Event, *, kind: str, progress: Progress) -> Delivery:
    receipt = receipt_of(event)
    return Delivery(
        source=event.source,
        message_id=event.message_id,
        verdict=receipt.verdict,
        progress=progress,
        kind=kind,
        type=event.type,
        name=event.name,
        ts=event.ts,
        received=event.received,
        namespaces=tuple(dict.fromkeys(namespace for namespace, _ in event.identifiers)),
        warnings=receipt.warnings,
    )


def _refused(conn: Connection, place: Place, source: str | None, limit: int) -> Iterator[_Step]:
    """Quarantine entries that never were events, newest first."""
    query = queries.quarantined(
        source=None if source is None else clean_text(source), below_id=place.quarantine_id, limit=limit
    )
    for row in conn.execute(query):
        delivery = Delivery(
            source=row.source,
            message_id=row.message_id,
            verdict=Verdict.QUARANTINED,
            progress=Progress.ASIDE,
            kind=row.kind,
            received=to_ms(row.received_at),
            code=row.reason_code,
            reason=row.reason,
            field=row.field,
            quarantine_id=row.id,
        )
        yield _Step(delivery.received, Place(quarantine_id=row.id), delivery)


def _stored(events: Events, batch_id: int, source: str, message_id: str) -> Delivery | None:
    """The event as the events store has it."""
    found = events.query(queries.event(batch_id, source, message_id)).to_pylist()
    if not found:
        return None
    row = found[0]
    warnings = tuple(row["warnings"].split())
    return Delivery(
        source=source,
        message_id=message_id,
        verdict=Verdict.WARNING if warnings else Verdict.OK,
        progress=Progress.QUERYABLE,
        type=row["type"],
        name=row["name"],
        ts=row["ts_ms"],
        received=row["received_ms"],
        warnings=warnings,
    )


def _in_batch(conn: Connection, batch_id: int, source: str, message_id: str) -> Delivery | None:
    """The event as its batch holds it, as long as the inbox keeps that."""
    for row in load(conn, batch_id):
        if row.source == source and (event := _among(row.events(), message_id)):
            return _kept(event, kind=row.kind, progress=Progress.RESOLVING)
    return None


def _waiting(conn: Connection, source: str, message_id: str) -> Delivery | None:
    """The event as the inbox holds it, among the newest requests that no batch has taken."""
    for row in conn.execute(queries.waiting(clean_text(source), _WAITING_ROWS)):
        if event := _among(decode_events(row.payload), message_id):
            return _kept(event, kind=row.kind, progress=Progress.WAITING)
    return None


def _among(events: Sequence[Event], message_id: str) -> Event | None:
    return next((event for event in events if event.message_id == message_id), None)


def _nameless(source: str, message_id: str, verdict: Verdict) -> Delivery:
    return Delivery(source=source, message_id=message_id, verdict=verdict, progress=Progress.ASIDE)
