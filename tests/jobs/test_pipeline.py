"""From the inbox to queryable events: once, whatever is repeated."""

from datetime import timedelta

import pytest

from ninefold.base import FixedClock, to_ms
from ninefold.collect import Event, append, search_quarantine
from ninefold.identity import Identity
from ninefold.jobs import Pipeline, Processed
from ninefold.store import Events, Records, Statement


def event(clock: FixedClock, message_id: str, *identifiers: tuple[str, str], **more: object) -> Event:
    now = to_ms(clock.now())
    return Event(message_id, "track", "Order Completed", now, now, "shop", "web", identifiers, **more)  # type: ignore[arg-type]


@pytest.fixture
def pipeline(records: Records, events: Events, clock: FixedClock) -> Pipeline:
    return Pipeline(records, events, clock)


def put(records: Records, clock: FixedClock, *events: Event) -> None:
    with records.begin() as conn:
        append(conn, events, source="shop", kind="segment", now=clock.now())


def test_events_become_queryable_with_their_person(
    pipeline: Pipeline, records: Records, events: Events, clock: FixedClock
) -> None:
    put(
        records,
        clock,
        event(
            clock,
            "m1",
            ("user_id", "u1"),
            ("anonymous_id", "a1"),
            traits={"city": "上海", "age": 30, "vip": True},
            props={"page": "/x"},
            nums={"price": 1.5},
            revenue_minor=1999,
            currency="CNY",
            order_id="o1",
        ),
        event(clock, "m2", ("anonymous_id", "a1")),
        event(clock, "m3", ("user_id", "u2")),
    )
    assert pipeline.drain() == 3
    assert pipeline.step() == 0
    rows = events.query(
        Statement(
            "SELECT oneid, message_id, revenue_minor, props['page'] AS page, nums['price'] AS price FROM events "
            "ORDER BY message_id"
        )
    ).to_pylist()
    assert [row["message_id"] for row in rows] == ["m1", "m2", "m3"]
    moved = {row["oneid"]: row["root"] for row in events.query(Statement("SELECT * FROM redirects")).to_pylist()}
    first, second, third = (moved.get(row["oneid"], row["oneid"]) for row in rows)
    assert first == second != third
    assert (rows[0]["revenue_minor"], rows[0]["page"], rows[0]["price"]) == (1999, "/x", 1.5)
    traits = events.query(Statement("SELECT key, value, num FROM traits ORDER BY key")).to_pylist()
    assert traits == [
        {"key": "age", "value": "30", "num": 30.0},
        {"key": "city", "value": "上海", "num": None},
        {"key": "vip", "value": "true", "num": 1.0},
    ]
    everyone = "SELECT count() FROM people WHERE oneid NOT IN (SELECT oneid FROM redirects)"
    assert events.count(Statement(everyone)) == 2


def test_repeats_count_once_within_and_between_batches(
    pipeline: Pipeline, records: Records, events: Events, clock: FixedClock
) -> None:
    one = event(clock, "m1", ("user_id", "u1"))
    put(records, clock, one, one, event(clock, "m2", ("user_id", "u1")))
    pipeline.drain()
    clock.advance(timedelta(days=2))
    put(records, clock, event(clock, "m1", ("user_id", "u1")))
    pipeline.drain()
    assert events.count(Statement("SELECT count() FROM events")) == 2


class Crash(Exception):  # noqa: N818 - the death of a process, not an error of ours
    pass


def test_a_crash_after_the_inserts_repeats_the_batch_and_changes_nothing(
    records: Records, events: Events, clock: FixedClock
) -> None:
    seen: list[Processed] = []

    def fall(batch: Processed) -> None:
        seen.append(batch)
        if len(seen) < 3:
            raise Crash

    pipeline = Pipeline(records, events, clock, fall)
    put(records, clock, event(clock, "m1", ("user_id", "u1"), ("phone", "13912340001"), traits={"city": "x"}))
    put(records, clock, event(clock, "m2", ("email", "a@b.cn"), ("phone", "13912340001")))
    for _ in range(2):
        with pytest.raises(Crash):
            pipeline.step()
        # what arrives meanwhile does not join the batch that is repeated
        put(records, clock, event(clock, f"late{len(seen)}", ("user_id", "u9")))
    pipeline.drain()
    assert [batch.batch_id for batch in seen[:3]] == [seen[0].batch_id] * 3
    assert events.count(Statement("SELECT count() FROM events")) == 4
    everyone = "SELECT uniqExact(oneid) FROM people WHERE oneid NOT IN (SELECT oneid FROM redirects)"
    assert events.count(Statement(everyone)) == 2
    assert events.count(Statement("SELECT count() FROM traits FINAL")) == 1


def test_merged_people_are_redirected(pipeline: Pipeline, records: Records, events: Events, clock: FixedClock) -> None:
    put(records, clock, event(clock, "m1", ("email", "a@b.cn")), event(clock, "m2", ("phone", "13912340001")))
    pipeline.drain()
    put(records, clock, event(clock, "m3", ("email", "a@b.cn"), ("phone", "13912340001")))
    pipeline.drain()
    rows = events.query(Statement("SELECT oneid, root FROM redirects")).to_pylist()
    assert len(rows) == 1
    assert rows[0]["oneid"] > rows[0]["root"]


def test_what_operators_changed_is_sent_while_no_events_come(
    pipeline: Pipeline, records: Records, events: Events, clock: FixedClock
) -> None:
    put(records, clock, event(clock, "m1", ("email", "a@b.cn")), event(clock, "m2", ("phone", "13912340001")))
    pipeline.drain()
    with records.begin() as conn:
        identity = Identity.load(conn)
        identity.link(conn, ("email", "a@b.cn"), ("phone", "13912340001"), author="ann", now=clock.now())
    assert events.count(Statement("SELECT count() FROM redirects")) == 0
    assert pipeline.step() == 0
    assert events.count(Statement("SELECT count() FROM redirects")) == 1


def test_an_event_that_names_nobody_is_put_aside_once(records: Records, events: Events, clock: FixedClock) -> None:
    calls: list[int] = []

    def fall(batch: Processed) -> None:
        calls.append(batch.unresolved)
        if len(calls) == 1:
            raise Crash

    pipeline = Pipeline(records, events, clock, fall)
    put(records, clock, event(clock, "m1", ("user_id", "null")), event(clock, "m2", ("user_id", "u1")))
    with pytest.raises(Crash):
        pipeline.step()
    pipeline.drain()
    assert calls == [1, 1]
    with records.begin() as conn:
        entries = search_quarantine(conn)
    assert [(entry.message_id, entry.code) for entry in entries] == [("m1", "identifiers_refused")]


def test_our_own_facts_name_their_person(
    pipeline: Pipeline, records: Records, events: Events, clock: FixedClock
) -> None:
    put(records, clock, event(clock, "m1", ("user_id", "u1")))
    pipeline.drain()
    oneid = events.count(Statement("SELECT oneid FROM people"))
    put(records, clock, event(clock, "m2", oneid=oneid, campaign_id="spring"))
    pipeline.drain()
    assert events.count(Statement("SELECT count() FROM events WHERE oneid = {p:UInt32}", {"p": oneid})) == 2


def test_batches_in_flight_at_a_crash_are_repeated_as_they_were(
    records: Records, events: Events, clock: FixedClock
) -> None:
    seen: list[tuple[int, int]] = []

    def fall(batch: Processed) -> None:
        seen.append((batch.batch_id, len(batch.people)))
        if len(seen) in {1, 3}:
            raise Crash

    pipeline = Pipeline(records, events, clock, fall)
    # The same person in every batch, links that merge across batches, and repeats of messages of batches before.
    for k in range(5):
        put(
            records,
            clock,
            event(clock, f"m{k}", ("user_id", f"u{k}"), ("anonymous_id", f"a{k}")),
            event(clock, f"n{k}", ("user_id", f"u{k}"), ("anonymous_id", f"a{max(k - 1, 0)}")),
            event(clock, f"m{max(k - 1, 0)}", ("user_id", f"u{k}")),
        )
    for _ in range(2):
        with pytest.raises(Crash):
            pipeline.work(max_events=3)
    pipeline.drain()
    ids = [batch_id for batch_id, _ in seen]
    assert ids[0] == ids[1], "the failed batch comes first again"
    assert sorted(set(ids)) == list(dict.fromkeys(ids)), "no batch overtakes another"
    assert [size for _, size in seen] == [2] * 7
    assert events.count(Statement("SELECT count() FROM events")) == 10
    assert events.count(Statement("SELECT uniqExact(message_id) FROM events")) == 10
    assert events.count(Statement("SELECT uniqExact(batch_id) FROM events")) == 5
