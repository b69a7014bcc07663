"""The pipeline: from inbox rows to queryable events with OneID, batch by batch.

Every step may be repeated after a crash and changes nothing twice: the batch's composition is committed first, identity
is committed before events are inserted, the events of a batch are counted after they are, and it is marked done last.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import compress

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import Clock
from ninefold.collect import (
    Claimed,
    Event,
    Rejection,
    Verdict,
    claim,
    drop_duplicates,
    finish,
    load,
    quarantine,
    receipts,
)
from ninefold.identity import Identity, Resolution, Unresolved
from ninefold.store import Events, Records

from .columns import event_columns, identifier_batch, person_columns, redirect_columns, trait_columns
from .tables import pipeline_outbox

_WHY = {
    Unresolved.NO_IDENTIFIER: ("no_identifier", "the event names nobody"),
    Unresolved.REFUSED: ("identifiers_refused", "every identifier of the event is malformed or blocked by the rules"),
    Unresolved.BLOCKED: ("identifiers_blocked", "every identifier of the event is blocked"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """What one batch became.

    Attributes:
        batch_id: its number; stands in every event row.
        people: the person of each event kept, shape (n,), as known at arrival.
        names: distinct event names.
        ts_ms: smallest and largest event time.
        duplicates: events dropped, seen before.
        unresolved: events put into quarantine, since nothing in them names a person.
    """

    batch_id: int
    people: NDArray[np.uint32]
    names: frozenset[str]
    ts_ms: tuple[int, int]
    duplicates: int
    unresolved: int


class Pipeline:
    """Works the inbox off. Any number of processes may try; a lock in the records store lets one at a time."""

    def __init__(
        self,
        records: Records,
        events: Events,
        clock: Clock,
        on_batch: Callable[[Processed], None] = lambda _: None,
    ) -> None:
        """Args: the stores, the clock, and what is told of each batch before it is done."""
        self._records = records
        self._events = events
        self._clock = clock
        self._on_batch = on_batch

    def step(self, *, max_events: int = 20_000) -> int:
        """Process one batch; returns how many events it held, 0 when there is none or another process is at it."""
        with self._records.hold("pipeline") as held:
            return self._step(max_events) if held else 0

    def drain(self) -> int:
        """Process batches until the inbox is empty; returns how many events they held."""
        total = 0
        while done := self.step():
            total += done
        return total

    def _step(self, max_events: int) -> int:
        with self._records.begin() as conn:
            claimed = claim(conn, max_events=max_events)
        if claimed is None:
            return 0
        with _without_cycle_search():
            processed = self._process(claimed)
        if len(processed.people):
            self._on_batch(processed)
        with self._records.begin() as conn:
            conn.execute(sa.delete(pipeline_outbox).where(pipeline_outbox.c.batch_id == claimed.batch_id))
            finish(conn, claimed.batch_id, self._clock.now())
        return max(claimed.event_count, 1)

    def _process(self, claimed: Claimed) -> Processed:
        batch = claimed.batch_id
        with self._records.begin() as conn:
            arrived = [event for row in load(conn, batch) for event in row.events()]
            new = drop_duplicates(conn, batch, arrived)
            receipts.note_dropped(conn, batch, arrived, ~new, Verdict.DUPLICATE)
            fresh = list(compress(arrived, new))
            identity = Identity.load(conn)
            resolution = identity.resolve(conn, identifier_batch(fresh, batch_id=batch), now=self._clock.now())
            stated = np.fromiter((event.oneid for event in fresh), np.uint32, len(fresh))
            oneid = np.where(stated > 0, stated, resolution.oneid).astype(np.uint32)
            kept = list(compress(fresh, oneid > 0))
            self._put_aside(conn, batch, fresh, np.where(stated > 0, 0, resolution.unresolved))
            people, redirects = self._remember(conn, batch, resolution)
        oneid = oneid[oneid > 0]
        # These three replace by key, so sending them again does no harm; events must count once.
        self._events.insert("people", people)
        self._events.insert("redirects", redirects)
        self._events.insert("traits", trait_columns(kept, oneid))
        self._events.insert_batch("events", event_columns(kept, oneid, batch_id=batch), batch_id=batch)
        return Processed(
            batch_id=batch,
            people=oneid,
            names=frozenset(event.name for event in kept),
            ts_ms=(min((event.ts for event in kept), default=0), max((event.ts for event in kept), default=0)),
            duplicates=len(arrived) - len(fresh),
            unresolved=len(fresh) - len(kept),
        )

    def _put_aside(self, conn: Connection, batch: int, events: Sequence[Event], unresolved: NDArray[np.uint8]) -> None:
        """Quarantine what names nobody, once, however often the batch is repeated: the outbox row says it was done."""
        rows: list[int] = np.flatnonzero(unresolved).tolist()
        if not rows or conn.scalar(sa.select(pipeline_outbox.c.batch_id).where(pipeline_outbox.c.batch_id == batch)):
            return
        by_source: dict[str, list[Rejection]] = {}
        for row in rows:
            event = events[row]
            code, reason = _WHY[Unresolved(int(unresolved[row]))]
            by_source.setdefault(event.source, []).append(
                Rejection(
                    code=code,
                    reason=reason,
                    field="identifiers",
                    raw=msgspec.json.encode(msgspec.structs.asdict(event)),
                    message_id=event.message_id,
                )
            )
        for source, rejections in by_source.items():
            quarantine(conn, rejections, source=source, kind="resolved", received_at=self._clock.now())

    def _remember(self, conn: Connection, batch: int, resolution: Resolution) -> tuple[pa.Table, pa.Table]:
        """New people and redirects of the batch, as they were when it was resolved for the first time."""
        values = {
            "batch_id": batch,
            "people": _packed(person_columns(resolution.new_people)),
            "redirects": _packed(redirect_columns(resolution.redirects)),
        }
        conn.execute(pg.insert(pipeline_outbox).values(values).on_conflict_do_nothing())
        row = conn.execute(sa.select(pipeline_outbox).where(pipeline_outbox.c.batch_id == batch)).one()
        return _unpacked(row.people), _unpacked(row.redirects)


@contextmanager
def _without_cycle_search() -> Iterator[None]:
    """A batch makes a million objects and no cycles; looking for some would double its time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _unpacked(packed: bytes) -> pa.Table:
    return pa.ipc.open_stream(packed).read_all()
