"""Batches of the inbox never change, come back after a crash, and leave when they are old."""

from datetime import timedelta

import pytest

from ninefold.base import Error, FixedClock
from ninefold.collect import Event, append, backlog, claim, finish, load, prune
from ninefold.store import Records


def happened(number: int) -> Event:
    return Event(f"m{number}", "track", "Seen", 1, 2, "shop", "web", (("user_id", "u1"),))


def put(records: Records, clock: FixedClock, *sizes: int) -> list[int]:
    """One inbox row per size."""
    with records.begin() as conn:
        return [
            append(conn, [happened(n) for n in range(size)], source="shop", kind="segment", now=clock.now())
            for size in sizes
        ]


def test_rows_come_back_as_they_were_put(records: Records, clock: FixedClock) -> None:
    (first,) = put(records, clock, 3)
    with records.begin() as conn:
        batch = claim(conn, max_events=10)
        assert batch is not None
        (row,) = load(conn, batch.batch_id)
    assert (row.id, row.source, row.kind, row.event_count) == (first, "shop", "segment", 3)
    assert row.received_at == clock.now()
    assert row.events() == [happened(0), happened(1), happened(2)]


def test_the_oldest_rows_are_taken_up_to_the_size(records: Records, clock: FixedClock) -> None:
    ids = put(records, clock, 4, 5, 2, 20, 1)
    taken = []
    for _ in range(5):
        with records.begin() as conn:
            batch = claim(conn, max_events=10)
            if batch is None:
                break
            rows = load(conn, batch.batch_id)
            assert (batch.row_count, batch.event_count) == (len(rows), sum(row.event_count for row in rows))
            taken.append([row.id for row in rows])
            assert finish(conn, batch.batch_id, clock.now())
    assert taken == [ids[:2], ids[2:3], ids[3:4], ids[4:]]


def test_an_unfinished_batch_is_returned_first_and_never_grows(records: Records, clock: FixedClock) -> None:
    put(records, clock, 2)
    with records.begin() as conn:
        first = claim(conn, max_events=10)
    put(records, clock, 2)
    with records.begin() as conn:
        again = claim(conn, max_events=10)
        assert first is not None
        assert again == first
        assert finish(conn, first.batch_id, clock.now())
        assert not finish(conn, first.batch_id, clock.now())
    with records.begin() as conn:
        following = claim(conn, max_events=10)
    assert following is not None
    assert following.batch_id > first.batch_id


def test_a_claim_that_is_rolled_back_leaves_the_rows(records: Records, clock: FixedClock) -> None:
    ids = put(records, clock, 2, 2)
    with records.engine.connect() as conn:
        assert claim(conn, max_events=10) is not None
        conn.rollback()
    put(records, clock, 2)
    with records.begin() as conn:
        batch = claim(conn, max_events=10)
        assert batch is not None
        assert [row.id for row in load(conn, batch.batch_id)][:2] == ids
        assert batch.row_count == 3


def test_a_row_that_commits_late_is_not_forgotten(records: Records, clock: FixedClock) -> None:
    with records.engine.connect() as slow, slow.begin() as late:
        behind = append(slow, [happened(1)], source="shop", kind="segment", now=clock.now())
        (ahead,) = put(records, clock, 1)
        assert behind < ahead
        with records.begin() as conn:
            batch = claim(conn, max_events=10)
            assert batch is not None
            finish(conn, batch.batch_id, clock.now())
        late.commit()
    with records.begin() as conn:
        batch = claim(conn, max_events=10)
        assert batch is not None
        assert [row.id for row in load(conn, batch.batch_id)] == [behind]


def test_the_backlog_counts_what_is_not_finished(records: Records, clock: FixedClock) -> None:
    with records.begin() as conn:
        empty = backlog(conn)
        assert (empty.rows, empty.events, empty.oldest, empty.quarantined) == (0, 0, None, 0)
        assert claim(conn, max_events=1) is None
    put(records, clock, 3)
    with records.begin() as conn:
        batch = claim(conn, max_events=10)
        assert batch is not None
    clock.advance(timedelta(minutes=1))
    put(records, clock, 4)
    with records.begin() as conn:
        waiting = backlog(conn)
        assert (waiting.rows, waiting.events) == (2, 7)
        assert waiting.oldest == clock.now() - timedelta(minutes=1)
        finish(conn, batch.batch_id, clock.now())
        assert backlog(conn).events == 4


def test_old_rows_are_pruned_and_open_ones_never(records: Records, clock: FixedClock) -> None:
    put(records, clock, 1, 1)
    with records.begin() as conn:
        batch = claim(conn, max_events=10)
        assert batch is not None
        finish(conn, batch.batch_id, clock.now())
    put(records, clock, 1)
    with records.begin() as conn:
        assert prune(conn, clock.now()) == 0
        assert prune(conn, clock.now() + timedelta(seconds=1)) == 2
        assert prune(conn, clock.now() + timedelta(seconds=1)) == 0
        assert load(conn, batch.batch_id) == []
        assert backlog(conn).rows == 1


def test_wrong_use_is_named(records: Records, clock: FixedClock) -> None:
    with records.begin() as conn:
        with pytest.raises(Error, match="needs events"):
            append(conn, [], source="shop", kind="segment", now=clock.now())
        with pytest.raises(Error, match="needs events"):
            claim(conn, max_events=0)
