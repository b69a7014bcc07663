"""The pipeline: from inbox rows to queryable events with OneID, batch by batch.

Every step may be repeated after a crash and changes nothing twice: the batch's composition is committed first, identity
is committed before events are inserted, the events of a batch are counted after they are, and it is marked done last.

Batches overlap: while one is inserted into the events store, the people of the next are found in the records store and
the one after it is claimed, decoded and freed of repeats. Each of the three steps takes the batches in order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import Clock, cycle_search_paused, span
from ninefold.collect import (
    Event,
    Rejection,
    Verdict,
    claim,
    drop_duplicates,
    erasing,
    finish,
    load,
    quarantine,
    receipts,
    scoped,
    waits,
)
from ninefold.identity import IdentifierBatch, Identity, Redirects, Resolution, Unresolved, publish, unsent
from ninefold.predicate import survivorship
from ninefold.profiles import sheets
from ninefold.store import Events, Records, changes

from .columns import (
    change_columns,
    deletions,
    event_columns,
    identifier_batch,
    person_columns,
    redirect_columns,
    trait_columns,
)
from .line import Line
from .tables import pipeline_outbox

_WHY = {
    Unresolved.NO_IDENTIFIER: ("no_identifier", "the event names nobody"),
    Unresolved.REFUSED: ("identifiers_refused", "every identifier of the event is malformed or blocked by the rules"),
    Unresolved.BLOCKED: ("identifiers_blocked", "every identifier of the event is blocked"),
}


BATCH_EVENTS = 20_000
"""Events of a full batch. A batch takes what waits, so it is smaller while the pipeline keeps up."""

_SHAPES_TOLD = 200  # sets of trait keys of one batch that the change feed names

Observe = Callable[[Connection, Sequence[Event], NDArray[np.uint32], Redirects], None]
Screen = Callable[[Connection, Sequence[Event]], NDArray[np.bool_]]
Scopes = Callable[[Connection], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """What one batch became.

    Attributes:
        batch_id: its number; stands in every event row.
        people: the person of each event kept, shape (n,), as known at arrival: the root, while rows carry the home.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A claimed batch without repeats."""

    batch_id: int
    claimed: int
    events: list[Event]
    duplicates: int
    shut: NDArray[np.bool_]
    identifiers: IdentifierBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class _Identified:
    """A batch whose people are known and stored: shape (n,) for the n events that name somebody."""

    taken: _Taken
    events: list[Event]
    oneid: NDArray[np.uint32]
    root: NDArray[np.uint32]
    people: pa.Table
    redirects: pa.Table


class Pipeline:
    """Works the inbox off. Any number of processes may try; a lock in the records store lets one at a time.

    Attributes:
        scopes: gives the matching scope of each source that keeps to itself; none by default.
    """

    def __init__(
        self,
        records: Records,
        events: Events,
        clock: Clock,
        on_batch: Callable[[Processed], None] = lambda _: None,
        *,
        observe: Observe = lambda *_: None,
        screen: Screen | None = None,
    ) -> None:
        """Args: the stores, the clock; what is told of each batch before it is done; what reads the events of a batch
        and which accounts lead to other people by it, in the transaction in which their people are resolved (it may see
        a batch again, and must then change nothing);
        what says which events must not be kept, since their person is suppressed.
        """
        self._records = records
        self._events = events
        self._clock = clock
        self._on_batch = on_batch
        self._observe = observe
        self._screen = screen
        self.scopes: Scopes = lambda _: {}

    def step(self, *, max_events: int = BATCH_EVENTS) -> int:
        """Process one batch; returns how many events it held, 0 when there is none or another process is at it."""
        return self._run(1, max_events)

    def work(self, *, max_events: int = BATCH_EVENTS, batches: int = 8) -> int:
        """Process up to so many batches that wait, each overlapping with its neighbours; how many events they held."""
        return self._run(batches, max_events)

    def drain(self) -> int:
        """Process batches until the inbox is empty; returns how many events they held."""
        total = 0
        while done := self.work():
            total += done
        return total

    def _run(self, batches: int, max_events: int) -> int:
        if not self._anything_waits():
            return 0
        with self._records.hold("pipeline") as held:
            if not held:
                return 0
            publish(
                self._records, self._events, moved=_note_moved
            )  # what operators changed, should its own sending have failed
            last = 0

            def take() -> _Taken | None:
                nonlocal last
                taken = self._take(max_events, after=last)
                last = taken.batch_id if taken else last
                return taken

            with cycle_search_paused():
                return Line(take, self._identify).run(self._publish, most=batches)

    def _anything_waits(self) -> bool:
        """Asked ten times a second while nothing happens: two statements, not a lock, a line and its threads."""
        with self._records.look() as conn:
            return waits(conn) or unsent(conn)

    def _take(self, max_events: int, *, after: int) -> _Taken | None:
        """Claim the next batch and drop what was seen before; the same again after a crash."""
        with self._records.begin() as conn:
            claimed = claim(conn, max_events=max_events, after=after)
            if claimed is None:
                return None
            with span("pipeline.take", batch=claimed.batch_id, events=claimed.event_count) as note:
                raw = [event for row in load(conn, claimed.batch_id) for event in row.events()]
                arrived = scoped(raw, self.scopes(conn))
                new = drop_duplicates(conn, claimed.batch_id, arrived)
                receipts.note_dropped(conn, claimed.batch_id, arrived, ~new, Verdict.DUPLICATE)
                fresh = list(compress(arrived, new))
                shut = self._screened(conn, claimed.batch_id, arrived, new)
                kept = list(compress(arrived, new & ~shut))
                note.add(kept=len(kept), duplicates=len(arrived) - len(fresh))
        return _Taken(
            batch_id=claimed.batch_id,
            claimed=claimed.event_count,
            events=kept,
            duplicates=len(arrived) - len(fresh),
            shut=shut,
            identifiers=identifier_batch(kept, batch_id=claimed.batch_id),
        )

    def _screened(
        self, conn: Connection, batch: int, arrived: Sequence[Event], new: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Which events must not be kept, also among the repeats; they leave nothing but their receipt."""
        if self._screen is None:
            return np.zeros(len(arrived), np.bool_)
        shut = self._screen(conn, arrived)
        receipts.note_dropped(conn, batch, arrived, shut & new, Verdict.SUPPRESSED)
        return shut

    def _identify(self, taken: _Taken) -> _Identified:
        """Give every event its person, put aside what names nobody, and note what the events store must be told."""
        batch = taken.batch_id
        with (
            span("pipeline.identify", batch=batch, events=len(taken.events)) as note,
            self._records.begin() as conn,
        ):
            identity = Identity.writing(conn)
            resolution = identity.resolve(conn, taken.identifiers, now=self._clock.now())
            stated = np.fromiter((event.oneid for event in taken.events), np.uint32, len(taken.events))
            oneid = np.where(stated > 0, stated, resolution.oneid).astype(np.uint32)
            root = np.where(stated > 0, stated, resolution.root).astype(np.uint32)[oneid > 0]
            self._put_aside(conn, batch, taken.events, np.where(stated > 0, 0, resolution.unresolved))
            people, redirects = self._remember(conn, batch, resolution)
            kept = taken.events if oneid.all() else list(compress(taken.events, oneid > 0))
            oneid = oneid[oneid > 0]
            survivorship.note_changed(conn, {key for event in kept for _, key, _ in event.changes})
            self._observe(conn, kept, oneid, resolution.redirects)
            note.add(new_people=people.num_rows, redirects=redirects.num_rows, unresolved=len(taken.events) - len(kept))
        return _Identified(taken=taken, events=kept, oneid=oneid, root=root, people=people, redirects=redirects)

    def _publish(self, batch: _Identified) -> int:
        """Make the batch queryable, tell of it, and mark it done."""
        with span("pipeline.publish", batch=batch.taken.batch_id, events=len(batch.events)):
            return self._made_queryable(batch)

    def _made_queryable(self, batch: _Identified) -> int:
        batch_id, events, oneid = batch.taken.batch_id, batch.events, batch.oneid
        # These replace by key, so sending them again does no harm; events must count once. A number that leads to
        # somebody else says so before it is known, so that nobody is counted twice in between.
        self._events.insert("redirects", batch.redirects)
        self._events.insert("people", batch.people)
        self._events.insert("traits", trait_columns(events, oneid))
        self._change_traits(events, oneid)
        self._events.insert_batch("events", event_columns(events, oneid, batch_id=batch_id), batch_id=batch_id)
        if events:
            times = [event.ts for event in events]
            processed = Processed(
                batch_id=batch_id,
                people=batch.root,
                names=frozenset(event.name for event in events),
                ts_ms=(min(times), max(times)),
                duplicates=batch.taken.duplicates,
                unresolved=len(batch.taken.events) - len(events),
            )
            self._on_batch(processed)
        with self._records.begin() as conn:
            conn.execute(sa.delete(pipeline_outbox).where(pipeline_outbox.c.batch_id == batch_id))
            _note_changed(conn, batch)
            erasing.blank_shut(conn, batch_id, batch.taken.shut)
            finish(conn, batch_id, self._clock.now())
        return max(batch.taken.claimed, 1)

    def _change_traits(self, events: Sequence[Event], oneid: NDArray[np.uint32]) -> None:
        """What adds to traits, and who takes all of them back as of a time. Repeats change nothing."""
        self._events.insert("trait_changes", change_columns(events, oneid))
        if gone := deletions(events, oneid):
            self._events.command(survivorship.take_back(gone))

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


def _note_changed(conn: Connection, batch: _Identified) -> None:
    """Say whose profiles changed: the accounts of the events, those that are new, and all of whoever was emptied."""
    new = set(batch.people["oneid"].to_pylist())
    sheets.touch(conn, new, tuple(sheets.Part))
    emptied = {oneid for oneid, _ in deletions(batch.events, batch.oneid)}
    others = Identity.all_accounts(conn, emptied) if emptied else ()
    sheets.touch(conn, {*batch.oneid.tolist(), *others} - new)
    _note_stated(conn, batch)


def _note_stated(conn: Connection, batch: _Identified) -> None:
    """Tell the log of changes whose traits were stated: one entry per source and set of keys."""
    said: dict[tuple[str, tuple[str, ...]], set[int]] = {}
    for event, oneid in zip(batch.events, batch.oneid.tolist(), strict=True):
        if event.traits or event.once or event.changes:
            keys = {*event.traits, *event.once, *(key for _, key, _ in event.changes)}
            said.setdefault((event.source, tuple(sorted(keys))), set()).add(oneid)
    if len(said) > _SHAPES_TOLD:  # sources that state other keys each time
        said = _by_source(said)
    for (source, traits), people in said.items():
        changes.note(conn, changes.Kind.UPDATED, people, detail={"source": source, "traits": traits})


def _by_source(said: Mapping[tuple[str, tuple[str, ...]], set[int]]) -> dict[tuple[str, tuple[str, ...]], set[int]]:
    """The same with the people of each source together, whatever was stated of them."""
    people: dict[tuple[str, tuple[str, ...]], set[int]] = {}
    for (source, _), some in said.items():
        people.setdefault((source, ()), set()).update(some)
    return people


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _unpacked(packed: bytes) -> pa.Table:
    return pa.ipc.open_stream(packed).read_all()


def _note_moved(conn: Connection, accounts: Sequence[int]) -> None:
    """What is kept of accounts whose rows changed must be made anew."""
    sheets.touch(conn, accounts, tuple(sheets.Part))
