"""What conditions mean, case by case: edges of windows, nothing, merges, kinds of values, hostile names."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ninefold.base import Error
from ninefold.predicate import bitmap_select, count, explain, members, parse, tree
from ninefold.store import Events, Statement
from tests.predicate.reference import NOW, EventRow, TagRow, TraitRow, World, evaluate

ZONE = "Asia/Shanghai"
MS = timedelta(milliseconds=1)


def who(document: object, events: Events, *, now: datetime = NOW, only: Sequence[int] | None = None) -> list[int]:
    statement = members(parse(document), now=now, zone=ZONE, only=only)
    return sorted(events.query(statement).column("oneid").to_pylist())


def orders(*rows: EventRow) -> World:
    return World(people=[1, 2, 3, 4, 5], events=list(rows))


def order(oneid: int, ts: datetime = NOW, **more: object) -> EventRow:
    return replace(EventRow(oneid, "order", ts), **more)  # type: ignore[arg-type]


def trait(oneid: int, value: str, num: float | None = None, **more: object) -> TraitRow:
    return replace(TraitRow("t", oneid, "crm", value, num, NOW), **more)  # type: ignore[arg-type]


def test_a_rolling_window_is_closed_at_both_ends(events: Events) -> None:
    start = NOW - timedelta(days=30)
    orders(order(1, start - MS), order(2, start), order(3, NOW), order(4, NOW + MS)).load(events)
    assert who({"event": "order", "within": "30d"}, events) == [2, 3]
    assert who({"event": "order"}, events) == [1, 2, 3]  # the future does not count
    assert who({"event": "order", "measure": "did_not", "within": {"last": "30d"}}, events) == [1, 4, 5]
    assert who({"event": "order", "within": "720h"}, events) == [2, 3]


def test_now_within_a_millisecond(events: Events) -> None:
    orders(order(1, NOW)).load(events)
    assert who({"event": "order"}, events, now=NOW + timedelta(microseconds=500)) == [1]
    assert who({"event": "order"}, events, now=NOW - timedelta(microseconds=500)) == []


def test_dates_are_whole_days_in_the_business_zone(events: Events) -> None:
    midnight = datetime(2026, 5, 9, 16, tzinfo=UTC)  # 10 May in Shanghai
    day = timedelta(days=1)
    orders(order(1, midnight - MS), order(2, midnight), order(3, midnight + day - MS), order(4, midnight + day)).load(
        events
    )
    on_that_day = {"event": "order", "within": {"from": "2026-05-10", "to": "2026-05-10"}}
    assert who(on_that_day, events) == [2, 3]
    assert who({"event": "order", "within": {"since": "2026-05-10"}}, events) == [2, 3, 4]
    assert who({"event": "order", "within": {"before": "2026-05-10"}}, events) == [1]
    to_the_minute = {"event": "order", "within": {"from": "2026-05-10T00:00", "to": "2026-05-10T16:00:00Z"}}
    assert who(to_the_minute, events) == [2, 3, 4]  # an end with a time is in, to the millisecond


CALENDARS = {
    "today": [1],
    "yesterday": [2],
    "this_month": [1],
    "last_month": [2, 3],
    "this_quarter": [1, 2, 3],
    "last_quarter": [],
    "this_week": [1],
    "last_week": [2],
    "this_year": [1, 2, 3],
    "last_year": [4],
}


def test_calendar_windows(events: Events) -> None:
    at = datetime(2026, 6, 1, 2, tzinfo=UTC)  # Monday, 10 o'clock in Shanghai
    day = timedelta(days=1)
    orders(order(1, at), order(2, at - day), order(3, at - 20 * day), order(4, at - 200 * day)).load(events)
    found = {each: who({"event": "order", "within": each}, events, now=at) for each in CALENDARS}
    assert found == CALENDARS


def test_a_day_of_25_hours(events: Events) -> None:
    day = datetime(2026, 10, 25, tzinfo=UTC)
    first, step = day - timedelta(hours=2), timedelta(hours=12, minutes=30)
    orders(*(order(n + 1, first + n * step) for n in range(3))).load(events)
    window = {"from": "2026-10-25", "to": "2026-10-25"}
    condition = parse({"event": "order", "within": window})
    statement = members(condition, now=day + timedelta(days=9), zone="Europe/Berlin")
    assert sorted(events.query(statement).column("oneid").to_pylist()) == [1, 2]  # 22:00 Z is in, 23:00 Z next day out


def test_nothing_is_zero_for_counts_and_sums_and_no_value_else(events: Events) -> None:
    orders(order(1, nums={"n": 4.0}), order(1, nums={"n": 2.0}), order(2), order(3, name="other")).load(events)
    at_most = {"event": "order", "op": "lte"}
    assert who({**at_most, "measure": "count", "value": 1}, events) == [2, 3, 4, 5]
    assert who({**at_most, "measure": "sum", "of": "n", "value": 5}, events) == [2, 3, 4, 5]
    assert who({**at_most, "measure": "sum", "of": "n", "value": -1}, events) == []
    for measure in ("avg", "min", "max", "first", "last"):
        assert who({**at_most, "measure": measure, "of": "n", "value": 100}, events) == [1]
    assert who({"event": "order", "measure": "count", "op": "eq", "value": 0}, events) == [3, 4, 5]
    assert who({"event": "order", "measure": "count", "op": "ne", "value": 2}, events) == [2, 3, 4, 5]
    assert who({"event": "order", "measure": "count", "op": "in", "value": [0, 2]}, events) == [1, 3, 4, 5]
    assert who({"event": "order", "measure": "count", "op": "gte", "value": 0}, events) == [1, 2, 3, 4, 5]
    assert who({"event": "order", "measure": "count", "op": "gt", "value": -1}, events) == [1, 2, 3, 4, 5]


def test_negative_operators_need_a_value(events: Events) -> None:
    world = World(people=[1, 2, 3, 4], traits=[trait(1, "a"), trait(2, "b"), trait(3, "", deleted=True)])
    world.load(events)
    assert who({"trait": "t", "op": "ne", "value": "a"}, events) == [2]
    assert who({"trait": "t", "op": "not_in", "value": ["a", "x"]}, events) == [2]
    assert who({"trait": "t", "op": "not_contains", "value": "a"}, events) == [2]
    assert who({"not": {"trait": "t", "op": "eq", "value": "a"}}, events) == [2, 3, 4]
    assert who({"trait": "t", "op": "not_exists"}, events) == [3, 4]
    assert who({"trait": "t"}, events) == [1, 2]


def test_the_empty_text_is_a_value(events: Events) -> None:
    World(people=[1, 2], traits=[trait(1, "")]).load(events)
    assert who({"trait": "t"}, events) == [1]
    assert who({"trait": "t", "op": "eq", "value": ""}, events) == [1]
    assert who({"trait": "t", "op": "matches", "value": "^$"}, events) == [1]


def test_five_and_text_five(events: Events) -> None:
    world = World(people=[1, 2, 3, 4], traits=[trait(1, "5", 5.0), trait(2, "5"), trait(3, "true", 1.0)])
    world.events = [order(1, nums={"n": 5.0}), order(2, props={"n": "5"}), order(3, props={"n": "true"})]
    world.load(events)
    assert who({"trait": "t", "op": "eq", "value": 5}, events) == [1]
    assert who({"trait": "t", "op": "eq", "value": "5"}, events) == [1, 2]
    assert who({"trait": "t", "op": "eq", "value": True}, events) == [3]
    where = {"event": "order"}
    assert who({**where, "where": [{"property": "n", "op": "eq", "value": 5}]}, events) == [1]
    assert who({**where, "where": [{"property": "n", "op": "eq", "value": "5"}]}, events) == [2]
    assert who({**where, "where": [{"property": "n", "op": "eq", "value": True}]}, events) == [3]
    assert who({**where, "where": [{"property": "n", "op": "ne", "value": 4}]}, events) == [1]
    assert who({**where, "where": [{"property": "n"}]}, events) == [1, 2, 3]


def test_true_and_one_are_two_conditions(events: Events) -> None:
    World(people=[1, 2], traits=[trait(1, "true"), trait(2, "1", 1.0)]).load(events)
    either = {"any": [{"trait": "t", "op": "eq", "value": True}, {"trait": "t", "op": "eq", "value": 1}]}
    assert who(either, events) == [1, 2]


def test_latest_trait_over_sources_and_merged_people(events: Events) -> None:
    earlier = NOW - timedelta(days=1)
    world = World(people=[1, 2, 3], redirects={2: 1})
    world.traits = [trait(1, "old", ts=earlier), trait(2, "new", source="app"), trait(3, "old")]
    world.load(events)
    assert who({"trait": "t", "op": "eq", "value": "new"}, events) == [1]
    assert who({"trait": "t", "op": "eq", "value": "old"}, events) == [3]
    world.traits = [trait(3, "gone", deleted=True, ts=NOW + MS)]
    World(traits=world.traits).load(events)
    assert who({"trait": "t"}, events) == [1]


def test_a_merge_and_its_undoing_count_at_once(events: Events) -> None:
    world = World(people=[1, 2, 3], events=[order(1), order(2), order(2)])
    world.segments = [("s", 1, [2, 3])]
    world.load(events)
    thrice = {"event": "order", "measure": "count", "op": "gte", "value": 3}
    assert who(thrice, events) == []
    assert who({"in_segment": "s"}, events) == [2, 3]
    redirect = "INSERT INTO redirects VALUES (2, {root:UInt32}, {version:UInt64})"
    events.command(Statement(redirect, {"root": 1, "version": 1}))
    assert who(thrice, events) == [1]
    assert who({"in_segment": "s"}, events) == [1, 3]
    assert who({"everyone": True}, events) == [1, 3]
    assert who({"event": "order", "measure": "did_not"}, events) == [3]
    assert who(thrice, events, only=[1]) == [1]
    assert who(thrice, events, only=[2]) == []  # 2 is nobody now
    events.command(Statement(redirect, {"root": 2, "version": 2}))
    assert who(thrice, events) == []
    assert who({"in_segment": "s"}, events) == [2, 3]


def test_a_merged_person_has_one_tag_value(events: Events) -> None:
    world = World(people=[1, 2, 3, 4, 5], redirects={2: 1, 4: 3, 5: 3}, runs=[("t", 1), ("t", 2)])
    world.tags = [
        TagRow("t", 1, 1, "stale"), TagRow("t", 3, 1, "unpublished"),
        TagRow("t", 2, 1, "gold"), TagRow("t", 2, 2, "silver"), TagRow("t", 2, 4, "silver"), TagRow("t", 2, 5, "gold"),
    ]  # fmt: skip
    world.load(events)
    assert who({"tag": "t", "op": "eq", "value": "gold"}, events) == [1, 3]
    assert who({"tag": "t", "op": "eq", "value": "silver"}, events) == []
    assert who({"tag": "t", "op": "ne", "value": "gold"}, events) == []
    assert who({"tag": "t", "op": "in", "value": ["stale", "unpublished"]}, events) == []


def test_a_tag_of_several_values(events: Events) -> None:
    world = World(people=[1, 2], runs=[("likes", 1)])
    world.tags = [TagRow("likes", 1, 1, "tea"), TagRow("likes", 1, 1, "coffee"), TagRow("likes", 1, 2, "tea")]
    world.load(events)
    assert who({"tag": "likes", "op": "eq", "value": "tea"}, events) == [1, 2]
    assert who({"tag": "likes", "op": "ne", "value": "coffee"}, events) == [2]
    assert who({"tag": "likes", "op": "not_in", "value": ["coffee", "tea"]}, events) == []


def test_an_erased_person_is_in_no_old_segment_or_tag(events: Events) -> None:
    world = World(people=[1], runs=[("t", 1)], tags=[TagRow("t", 1, 9, "a"), TagRow("t", 1, 1, "a")])
    world.segments = [("s", 1, [1, 9])]
    world.load(events)
    assert who({"in_segment": "s"}, events) == [1]
    assert who({"tag": "t"}, events) == [1]


def test_money_is_exact_in_every_currency(events: Events) -> None:
    world = orders(
        *(order(1, revenue_minor=10, currency="CNY") for _ in range(3)),
        *(order(2, revenue_minor=100, currency="JPY") for _ in range(3)),
        *(order(3, revenue_minor=100, currency="KWD") for _ in range(3)),
        order(4, revenue_minor=0, currency="CNY"),
    )
    world.load(events)
    total = {"event": "order", "measure": "sum", "of": "revenue", "op": "eq"}
    assert who({**total, "value": 0.3}, events) == [1, 3]
    assert who({**total, "value": 300}, events) == [2]
    assert who({**total, "value": 0}, events) == [4, 5]
    assert who({"event": "order", "measure": "avg", "of": "revenue", "op": "eq", "value": 0.1}, events) == [1, 3]
    assert who({"event": "order", "measure": "min", "of": "revenue", "op": "eq", "value": 0}, events) == [4]
    assert who({"event": "order", "where": [{"property": "revenue"}]}, events) == [1, 2, 3, 4]


def test_sums_of_fractions_are_not_noise(events: Events) -> None:
    orders(*(order(1, nums={"n": each}) for each in (0.1, 0.2)), *(order(2, nums={"n": 0.1}) for _ in range(10))).load(
        events
    )
    total = {"event": "order", "measure": "sum", "of": "n", "op": "eq"}
    assert who({**total, "value": 0.3}, events) == [1]
    assert who({**total, "value": 1}, events) == [2]


def test_first_and_last_look_at_events_that_carry_the_property(events: Events) -> None:
    day = timedelta(days=1)
    orders(
        order(1, NOW - 3 * day, props={"shop": "a"}), order(1, NOW - 2 * day, props={"shop": "b"}), order(1, NOW - day),
        order(2, NOW - day, props={"shop": "a"}), order(2, NOW - day, props={"shop": "b"}),
    ).load(events)  # fmt: skip
    last = {"event": "order", "measure": "last", "of": "shop", "op": "eq"}
    first = {**last, "measure": "first"}
    assert who({**last, "value": "b"}, events) == [1, 2]  # of two at one instant, the greater
    assert who({**first, "value": "a"}, events) == [1, 2]
    assert who({**last, "op": "ne", "value": "a"}, events) == [1, 2]
    recent = {"event": "order", "measure": "first", "of": "time", "op": "within_last", "value": "2d"}
    assert who(recent, events) == [2]


def test_own_property_named_like_a_field(events: Events) -> None:
    orders(order(1, channel="app", props={"channel": "tv"}), order(2, channel="tv")).load(events)
    assert who({"event": "order", "where": [{"property": "channel", "op": "eq", "value": "tv"}]}, events) == [2]
    own = {"property": "properties.channel", "op": "eq", "value": "tv"}
    assert who({"event": "order", "where": [own]}, events) == [1]


def test_only_iso_texts_are_times(events: Events) -> None:
    values = ["2026-05-31", "5", "20260531", "31.5.2026", "2026-05-31T10:00:00+08:00"]
    World(people=[1, 2, 3, 4, 5], traits=[trait(n + 1, value) for n, value in enumerate(values)]).load(events)
    assert who({"trait": "t", "op": "within_last", "value": "30d"}, events) == [1, 5]
    assert who({"trait": "t", "op": "not_within_last", "value": "1h"}, events) == [1, 5]
    assert who({"trait": "t", "op": "after", "value": "2026-05-31"}, events) == []
    assert who({"trait": "t", "op": "before", "value": "2026-05-31T00:00:01"}, events) == [1]


HOSTILE = [
    "it's",
    'say "x"',
    "a`b",
    "{p:String}",
    "back\\slash\\",
    "';DROP TABLE events;--",
    "%s %(a)s",
    "名前😀",
    "\n\t",
    "$$",
]


def test_hostile_names_and_values_stay_names_and_values(events: Events) -> None:
    world = World(people=[1, 2], runs=[(text, 1) for text in HOSTILE], segments=[(text, 1, [1]) for text in HOSTILE])
    world.traits = [trait(1, text, key=text) for text in HOSTILE]
    world.tags = [TagRow(text, 1, 1, text) for text in HOSTILE]
    world.events = [order(1, name=text, props={text: text}) for text in HOSTILE]
    world.load(events)
    for text in HOSTILE:
        where = [{"property": f"properties.{text}", "op": "contains", "value": text}]
        document = {
            "all": [
                {"trait": text, "op": "eq", "value": text},
                {"tag": text, "op": "in", "value": [text, "x"]},
                {"in_segment": text},
                {"event": text, "where": where},
                {"event": text, "measure": "last", "of": f"properties.{text}", "op": "ends_with", "value": text},
            ]
        }
        statement = members(parse(document), now=NOW, zone=ZONE)
        assert text == "\n\t" or text not in statement.text
        assert who(document, events) == [1]
    assert explain(parse(document), 1, events, now=NOW, zone=ZONE).verdict
    assert not explain(parse(document), 2, events, now=NOW, zone=ZONE).verdict


def test_every_form_of_the_answer_agrees(events: Events) -> None:
    orders(order(1), order(3)).load(events)
    condition = parse({"event": "order"})
    assert events.count(count(condition, now=NOW, zone=ZONE)) == 2
    bitmap = bitmap_select(condition, now=NOW, zone=ZONE)
    text = f"SELECT arrayJoin(bitmapToArray(members)) AS oneid FROM ({bitmap.text})"
    assert events.query(Statement(text, bitmap.parameters)).column("oneid").to_pylist() == [1, 3]
    insert = (
        "INSERT INTO segment_versions (segment, version, definition_version, built_at, size, members) "
        f"SELECT 'made', 1, 1, now64(3), bitmapCardinality(members), members FROM ({bitmap.text})"
    )
    events.command(Statement(insert, bitmap.parameters))
    assert who({"in_segment": "made"}, events) == [1, 3]


def test_an_empty_world(events: Events) -> None:
    for document in (
        {"everyone": True}, {"trait": "t"}, {"tag": "t"}, {"in_segment": "s"}, {"event": "e"},
        {"not": {"event": "e"}}, {"event": "e", "measure": "sum", "of": "revenue", "op": "lt", "value": 1},
    ):  # fmt: skip
        assert who(document, events) == []
        assert who(document, events, only=[1]) == []
        assert who(document, events, only=[]) == []
        assert evaluate(parse(document), World()) == set()


LARGEST = (
    {"trait": "city", "op": "not_within_last"},
    {"tag": "city", "op": "not_in"},
    {"in_segment": "city"},
    {"event": "order", "measure": "last", "of": "city", "op": "not_contains"},
    {"event": "order", "measure": "avg", "of": "revenue", "op": "not_in"},
)
VALUES: dict[str, Callable[[int], object]] = {
    "not_within_last": lambda n: f"{n}d",
    "not_in": lambda n: [n, -n],
    "not_contains": lambda n: f"v{n}",
}


@pytest.mark.parametrize("clause", LARGEST)
def test_the_largest_conditions_are_small_enough_for_the_store(clause: dict[str, str]) -> None:
    clauses: list[dict[str, object]] = []
    for n in range(1, 201):
        each: dict[str, object] = dict(clause)
        if "op" in clause:
            each["value"] = VALUES[clause["op"]](n)
        if "in_segment" in clause:
            each["in_segment"] = f"s{n}"
        if "event" in clause:
            each["within"] = {"from": f"{1980 + n // 10}-01-01", "to": "2026-01-01"}
        clauses.append(each)
    statement = bitmap_select(parse({"any": clauses}), now=NOW, zone=ZONE, only=range(10_000))
    assert len(statement.text) < 250_000


def test_a_condition_of_200_clauses_runs(events: Events) -> None:
    orders(order(1)).load(events)
    many = [{"event": "order", "where": [{"property": "n", "op": "ne", "value": n}]} for n in range(50)]
    document = {"any": [*many, {"event": "order"}, *({"not": each} for each in many[:49])]}
    assert who(document, events) == [1, 2, 3, 4, 5]
    assert explain(parse(document), 1, events, now=NOW, zone=ZONE).verdict


def test_a_tree_built_wrong_is_refused_by_the_compiler() -> None:
    with pytest.raises(Error, match="needs"):
        members(tree.TraitClause(key="a", op=tree.Op.GT, value="x"), now=NOW, zone=ZONE)
