"""The log of changes: one order without holes, whoever commits when."""

import random
import threading
import time
from datetime import timedelta

import numpy as np

from ninefold.base import FixedClock
from ninefold.store import Records, changes
from ninefold.store.changes import Entry, Kind, Position


def _read(records: Records, place: Position) -> tuple[list[Entry], Position]:
    with records.begin() as conn:
        head = changes.head(conn).seq
        found = changes.entries(conn, place, upto=head, most=100)
    return found, Position(found[-1].seq + 1) if found else place


def test_an_entry_holds_many_changes_and_comes_back_as_it_was(records: Records, clock: FixedClock) -> None:
    people = np.arange(1, 120_001, dtype=np.uint32)
    with records.begin() as conn:
        changes.note(conn, Kind.LINKED, people, refs=people.astype(np.int64) * 10**10, detail={"source": "pos"})
        changes.note(conn, Kind.CREATED, [])
    assert changes.assign(records, now=clock.now()) == 3
    assert changes.assign(records, now=clock.now()) == 0
    with records.begin() as conn:
        first = changes.entries(conn, Position(1), upto=9, most=1)
        every = changes.entries(conn, Position(1), upto=9, most=10**6)
    assert len(first) == 1, "one entry at least"
    assert np.array_equal(np.concatenate([one.accounts for one in every]), people)
    assert np.array_equal(np.concatenate([one.refs for one in every]), people.astype(np.int64) * 10**10)
    assert {one.kind for one in every} == {Kind.LINKED}
    assert [one.seq for one in every] == [1, 2, 3]


def test_a_reader_misses_nothing_that_commits_late(records: Records, clock: FixedClock) -> None:
    """Many writers hold their transactions open for different times, some give up; several assigners work at once."""
    stop = threading.Event()
    kept: list[set[int]] = []

    def write(seed: int) -> None:
        chance = random.Random(seed)
        own: set[int] = set()
        for turn in range(30):
            number = seed * 1_000 + turn
            try:
                with records.begin() as conn:
                    changes.note(conn, Kind.CREATED, [number])
                    time.sleep(chance.choice([0, 0.001, 0.01]))
                    changes.note(conn, Kind.UPDATED, [number])
                    if chance.random() < 0.2:
                        raise LookupError
                own.add(number)
            except LookupError:
                continue
        kept.append(own)

    def number() -> None:
        while not stop.is_set():
            changes.assign(records, now=clock.now())

    seen: list[Entry] = []
    place = Position(1)
    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(1, 9)]
    assigners = [threading.Thread(target=number) for _ in range(2)]
    for thread in (*writers, *assigners):
        thread.start()
    while any(thread.is_alive() for thread in writers):
        found, place = _read(records, place)
        seen += found
    stop.set()
    for thread in (*writers, *assigners):
        thread.join()
    changes.assign(records, now=clock.now())
    while True:
        found, place = _read(records, place)
        if not found:
            break
        seen += found
    told = [(one.kind, int(one.accounts[0])) for one in seen]
    written = set().union(*kept)
    assert len(told) == len(set(told)) == 2 * len(written)
    assert {number for _, number in told} == written
    assert [one.seq for one in seen] == list(range(1, len(seen) + 1))
    spot = {one: k for k, one in enumerate(told)}
    assert all(spot[Kind.CREATED, one] < spot[Kind.UPDATED, one] for one in written), "a writer's own order stays"


def test_what_is_old_is_forgotten_from_the_oldest_on(records: Records, clock: FixedClock) -> None:
    for day in range(4):
        with records.begin() as conn:
            changes.note(conn, Kind.CREATED, [day + 1])
        changes.assign(records, now=clock.now())
        clock.advance(timedelta(days=1))
    with records.begin() as conn:
        assert changes.prune(conn, older_than=clock.now() - timedelta(days=2)) == 2
        assert changes.head(conn) == changes.Head(seq=4, floor=2)
        assert changes.prune(conn, older_than=clock.now() + timedelta(days=9)) == 2
        assert changes.head(conn) == changes.Head(seq=4, floor=4)
        changes.note(conn, Kind.CREATED, [9])
    changes.assign(records, now=clock.now())
    found, _ = _read(records, Position(1))
    assert [one.seq for one in found] == [5], "numbers are never given again"
