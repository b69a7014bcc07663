"""Each (source, message id) counts once, and a repeated batch gets the same answer."""

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.base import FixedClock
from ninefold.collect import Event, append, claim, drop_duplicates, finish, forget_messages, message_status
from ninefold.store import Records

KEY = st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["shop", "app"]))


def happened(message_id: str, source: str = "shop") -> Event:
    return Event(message_id, "track", "Seen", 1, 2, source, "web", (("user_id", "u1"),))


def new(records: Records, batch_id: int, *events: Event) -> list[bool]:
    with records.begin() as conn:
        mask = drop_duplicates(conn, batch_id, events)
    assert mask.dtype == np.bool_
    return [bool(value) for value in mask]


def test_the_first_of_a_source_counts(records: Records) -> None:
    assert new(records, 1, happened("a"), happened("b"), happened("a"), happened("a", "app")) == [
        True, True, False, True,
    ]  # fmt: skip
    assert new(records, 2, happened("c"), happened("b"), happened("c")) == [True, False, False]
    assert new(records, 3) == []


def test_a_repeated_batch_gets_the_same_answer(records: Records) -> None:
    batches = [[happened("a"), happened("b"), happened("a")], [happened("b"), happened("c")], [happened("c")]]
    first = [new(records, number, *events) for number, events in enumerate(batches)]
    again = [new(records, number, *events) for number, events in reversed(list(enumerate(batches)))]
    assert first == again[::-1] == [[True, True, False], [False, True], [False]]


def test_a_batch_rolled_back_remembers_nothing(records: Records) -> None:
    with records.engine.connect() as conn:
        assert drop_duplicates(conn, 1, [happened("a")]).all()
        assert not drop_duplicates(conn, 2, [happened("a")]).any()
        conn.rollback()
    assert new(records, 2, happened("a")) == [True]


def test_strange_ids_are_ids(records: Records) -> None:
    odd = [happened(text) for text in ("", "\x00", "\ud800", "é", "e\u0301", "x" * 10_000)]
    assert new(records, 1, *odd) == [True] * len(odd)
    assert new(records, 2, *odd) == [False] * len(odd)


@settings(max_examples=30)
@given(st.lists(st.lists(KEY, max_size=8), max_size=6))
def test_any_batches_agree_with_a_set(records: Records, batches: list[list[tuple[str, str]]]) -> None:
    with records.engine.connect() as conn:
        seen: set[tuple[str, str]] = set()
        for number, batch in enumerate(batches, start=1):
            expected = []
            for key in batch:
                expected.append(key not in seen)
                seen.add(key)
            mask = drop_duplicates(conn, number, [happened(*key) for key in batch])
            assert mask.tolist() == expected
        conn.rollback()


def test_the_status_of_a_message(records: Records, clock: FixedClock) -> None:
    with records.begin() as conn:
        assert message_status(conn, "shop", "a").verdict is None
        append(conn, [happened("a")], source="shop", kind="segment", now=clock.now())
        batch = claim(conn, max_events=10)
        assert batch is not None
        drop_duplicates(conn, batch.batch_id, [happened("a")])
        taken = message_status(conn, "shop", "a")
        assert (taken.verdict, taken.batch_id, taken.finished) == ("ok", batch.batch_id, False)
        finish(conn, batch.batch_id, clock.now())
        assert message_status(conn, "shop", "a").finished
        assert message_status(conn, "app", "a").verdict is None


def test_old_messages_are_forgotten(records: Records, clock: FixedClock) -> None:
    with records.begin() as conn:
        append(conn, [happened("a")], source="shop", kind="segment", now=clock.now())
        batch = claim(conn, max_events=10)
        assert batch is not None
        drop_duplicates(conn, batch.batch_id, [happened("a")])
        finish(conn, batch.batch_id, clock.now())
        assert forget_messages(conn, clock.now()) == 0
        assert forget_messages(conn, clock.now() + timedelta(seconds=1)) == 1
        assert drop_duplicates(conn, batch.batch_id + 1, [happened("a")]).all()
