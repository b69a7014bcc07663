"""Sequences, regularity, first times, pauses, limits and days that come back, case by case."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from lunar_python import Solar

from ninefold.base import Error
from ninefold.predicate import describe, explain, members, parse, tree
from ninefold.predicate.anniversaries import lunar_births, lunar_days, solar_days
from ninefold.predicate.anniversaries.lunar import lunar_day
from ninefold.store import Events
from tests.predicate.reference import NOW, ZONE, EventRow, TraitRow, World, siphash

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MS = timedelta(milliseconds=1)


def who(document: object, events: Events, *, now: datetime = NOW, only: list[int] | None = None) -> list[int]:
    table = events.query(members(parse(document), now=now, zone=ZONE, only=only))
    return sorted(table.column("oneid").to_pylist())


def told(*ways: str, step: timedelta = HOUR) -> World:
    """One person per text: each letter is an event, a step after the one before; '.' only lets time pass."""
    rows = [
        EventRow(oneid, name, NOW - 40 * DAY + step * place, session_id="s")
        for oneid, way in enumerate(ways, start=1)
        for place, name in enumerate(way)
        if name != "."
    ]
    return World(people=list(range(1, len(ways) + 1)), events=rows)


def steps(names: str, **more: object) -> dict[str, object]:
    return {"sequence": [{"event": name} for name in names], **more}


def test_one_event_is_one_step(events: Events) -> None:
    told("AB", "AAB", "BA", "AXB", "ACB", "A").load(events)
    assert who(steps("AB"), events) == [1, 2, 4, 5]
    assert who(steps("AAB"), events) == [2]  # windowFunnel alone would find the first too
    assert who(steps("AA"), events) == [2]
    kept_apart = {"sequence": [{"event": "A"}, {"event": "B", "without": [{"event": "C"}]}]}
    assert who(kept_apart, events) == [1, 2, 4]
    assert who({"not": steps("AB")}, events) == [3, 6]


def test_an_exclusion_is_between_and_a_later_start_may_avoid_it(events: Events) -> None:
    told("ACAB", "CABC", "ACB", "AACB").load(events)
    without = {"sequence": [{"event": "A"}, {"event": "B", "without": [{"event": "C"}]}]}
    assert who(without, events) == [1, 2]
    at_once = World(people=[9], events=[EventRow(9, "A", NOW), EventRow(9, "C", NOW), EventRow(9, "B", NOW + MS)])
    at_once.load(events)
    assert 9 in who(without, events, now=NOW + DAY)  # what happens at the moment of a step is not between


def test_spans_of_steps_and_of_the_whole(events: Events) -> None:
    told("A.B.C", "A...B.C", "A.B....C", "AA.B..C").load(events)
    assert who(steps("ABC", span="4h"), events) == [1]
    assert who(steps("ABC", span="5h"), events) == [1, 4]  # from its second A
    near = {"sequence": [{"event": "A"}, {"event": "B", "within": "2h"}, {"event": "C", "within": "2h"}]}
    assert who(near, events) == [1]
    assert who(steps("ABC"), events) == [1, 2, 3, 4]


def test_events_of_one_way_belong_together(events: Events) -> None:
    world = told("AB", "AB")
    world.events[1] = replace(world.events[1], session_id="other")
    world.load(events)
    assert who(steps("AB", same="session_id"), events) == [2]
    assert who(steps("AB", same="session_id"), events, only=[1]) == []
    world = World(people=[7, 8], redirects={8: 7})
    world.events = [EventRow(7, "A", NOW - DAY, order_id="1"), EventRow(8, "B", NOW - HOUR, order_id="1")]
    world.load(events)
    assert who(steps("AB", same="order_id"), events) == [7]  # of two accounts that are one person


def test_a_cart_that_was_left(events: Events) -> None:
    left = {"sequence": [{"event": "cart"}], "then_not": {"event": "order", "within": "1d"}}
    rows = [
        EventRow(1, "cart", NOW - 2 * DAY), EventRow(1, "order", NOW - HOUR),
        EventRow(2, "cart", NOW - 2 * DAY), EventRow(2, "order", NOW - DAY),
        EventRow(3, "cart", NOW - HOUR),
        EventRow(4, "cart", NOW - 2 * DAY), EventRow(4, "order", NOW - 2 * DAY + HOUR), EventRow(4, "cart", NOW - HOUR),
    ]  # fmt: skip
    World(people=[1, 2, 3, 4], events=rows).load(events)
    assert who(left, events) == [1]
    assert who(left, events, now=NOW + DAY) == [1, 3, 4]  # a day has passed since theirs, to the millisecond:
    assert who(left, events, now=NOW - HOUR + DAY) == [1]


def test_how_far_somebody_came(events: Events) -> None:
    told("ABAB", "AC").load(events)
    found = explain(parse(steps("ABC")), 2, events, now=NOW, zone=ZONE)
    assert (found.verdict, found.tree.actual, found.tree.required) == (False, "1/3", "gte 3")
    assert explain(parse(steps("AB")), 1, events, now=NOW, zone=ZONE).tree.actual == "2/2"


def test_regularity(events: Events) -> None:
    monday = datetime(2026, 5, 24, 16, tzinfo=UTC)  # in Shanghai
    weekly = [EventRow(1, "open", monday - 7 * n * DAY) for n in range(1, 4)]
    sunday = [EventRow(2, "open", monday - MS), EventRow(2, "open", monday), EventRow(2, "open", monday + DAY)]
    World(people=[1, 2, 3], events=[*weekly, *sunday]).load(events)
    weeks = {"event": "open", "measure": "weeks", "op": "gte"}
    assert who({**weeks, "value": 2}, events) == [1, 2]
    assert who({**weeks, "value": 3, "within": {"full": "weeks", "count": 4}}, events) == [1]
    assert who({**weeks, "op": "lt", "value": 1}, events) == [3]  # nothing is 0
    assert who({"event": "open", "measure": "days", "op": "eq", "value": 3}, events) == [1, 2]
    assert who({"event": "open", "measure": "months", "op": "eq", "value": 1}, events) == [1, 2]


def test_first_times_and_pauses(events: Events) -> None:
    rows = [EventRow(1, "order", NOW - DAY), EventRow(2, "order", NOW - DAY), EventRow(2, "order", NOW - 100 * DAY)]
    World(people=[1, 2, 3], events=rows).load(events)
    assert who({"event": "order", "measure": "first_time", "within": "30d"}, events) == [1]
    again = {"event": "order", "measure": "resumed", "within": "30d"}
    assert who({**again, "gap": "99d"}, events) == [2]
    assert who({**again, "gap": "100d"}, events) == []
    assert explain(parse({**again, "gap": "100d"}), 2, events, now=NOW, zone=ZONE).tree.actual == "99d"


def test_a_lot_is_the_same_for_ever_and_whoever_else_is_there(events: Events) -> None:
    World(people=list(range(1, 201))).load(events)
    lot = {"limit": 50, "of": {"everyone": True}, "by": {"random": "spring"}}
    drawn = who(lot, events)
    assert drawn == sorted(sorted(range(1, 201), key=lambda person: siphash(f"spring:{person}"))[:50])
    assert who(lot, events, only=[*drawn[:3], 201]) == drawn[:3]
    assert who({**lot, "by": {"random": "autumn"}}, events) != drawn
    share = {"share": 0.25, "of": {"everyone": True}, "by": {"random": "spring"}}
    part = who(share, events)
    World(people=list(range(201, 401))).load(events)
    assert [person for person in who(share, events) if person <= 200] == part
    inside = {"all": [lot, {"not": {"limit": 10, "of": lot, "by": {"random": "x"}}}]}
    assert len(who(inside, events)) == 40


def test_the_first_by_a_figure(events: Events) -> None:
    world = World(people=[1, 2, 3, 4], redirects={4: 3})
    world.traits = [TraitRow("age", n, "crm", str(n), float(n), NOW) for n in (1, 2, 3)]
    world.events = [
        EventRow(n, "order", NOW, nums={"n": value}) for n, value in ((1, 5.0), (2, 1.0), (3, 2.0), (4, 4.0))
    ]
    world.load(events)
    total = {"event": "order", "measure": "sum", "of": "n"}
    assert who({"limit": 1, "of": {"everyone": True}, "by": {"highest": total}}, events) == [3]
    assert who({"limit": 1, "of": {"everyone": True}, "by": {"lowest": total}}, events) == [2]
    assert who({"limit": 2, "of": {"event": "order"}, "by": {"highest": {"trait": "age"}}}, events) == [2, 3]
    assert who({"limit": 9, "of": {"everyone": True}, "by": {"highest": {"trait": "none"}}}, events) == []


def test_birthdays(events: Events) -> None:
    born = ["1990-06-03", "1988-02-29", "06-01", "--06-08", "1990-06-03T10:00:00Z", "June 3", "1990-06-09"]
    traits = [TraitRow("born", n, "crm", each, None, NOW) for n, each in enumerate(born, 1)]
    World(people=list(range(1, 8)), traits=traits).load(events)

    def kept(days: str, now: datetime = NOW) -> list[int]:
        return who({"trait": "born", "op": "anniversary", "value": days}, events, now=now)

    assert kept("7d") == [1, 3, 4, 5]
    assert kept("today") == [3]
    assert kept("next_month", now=datetime(2027, 1, 15, tzinfo=UTC)) == [2]  # on 28 February where there is no 29th
    assert kept("today", now=datetime(2028, 2, 28, tzinfo=UTC)) == []


def test_birthdays_by_the_chinese_calendar(events: Events) -> None:
    World(people=[1, 2, 3], traits=[
        TraitRow("born", 1, "crm", "1990-05-28", None, NOW), TraitRow("born", 2, "crm", "05-05", None, NOW),
        TraitRow("born", 3, "crm", "1990-06-19", None, NOW),
    ]).load(events)  # fmt: skip
    dragon_boat = datetime(2026, 6, 19, 4, tzinfo=UTC)
    assert who({"trait": "born", "op": "lunar_anniversary", "value": "today"}, events, now=dragon_boat) == [1]
    assert who({"trait": "born", "op": "lunar_day", "value": "today"}, events, now=dragon_boat) == [2]


def test_the_table_of_the_chinese_calendar_is_right() -> None:
    first = date(1900, 1, 31)
    for ordinal in range(first.toordinal(), date(2100, 12, 31).toordinal(), 97):
        day = date.fromordinal(ordinal)
        there = Solar.fromYmd(day.year, day.month, day.day).getLunar()
        assert lunar_day(day) == (abs(there.getMonth()), there.getDay(), there.getMonth() < 0)
    assert lunar_day(first - DAY) is None


def test_everybody_has_one_birthday_in_a_chinese_year() -> None:
    new_year, next_one = date(2023, 1, 22), date(2024, 2, 10)  # with a leap month
    days = [new_year + n * DAY for n in range((next_one - new_year).days)]
    found = [birth for day in days for birth in lunar_births(day, day) if "1950" < birth < "2020"]
    assert len(found) == len(set(found)) == (date(2019, 12, 31) - date(1949, 12, 31)).days
    assert len([text for day in days for text in lunar_days(day, day)]) == 360
    assert (
        len([text for n in range(365) for text in solar_days(date(2027, 1, 1) + n * DAY, date(2027, 1, 1) + n * DAY)])
        == 366
    )


READ = [
    (
        {"sequence": [{"event": "view"}, {"event": "order", "within": "2h", "without": [{"event": "leave"}]}],
         "span": "1d", "same": "session_id", "within": "30d"},
        (
            'did "view", then "order" within 2 hours without "leave" in between, from the first to the last within '
            "1 day, all with the same session_id in the last 30 days"
        ),
        (
            "最近 30 天内依次做“view”，然后做“order”（2 小时内）（其间没有做“leave”），"
            "首尾相隔不超过 1 天，且 session_id 相同"
        ),
    ),
    (
        {"event": "open", "measure": "weeks", "op": "gte", "value": 3, "within": {"full": "weeks", "count": 4}},
        'in how many calendar weeks they did "open" in the 4 full weeks before this one is at least 3',
        "前 4 个完整自然周做“open”的自然周数大于等于 3",
    ),
    (
        {"limit": 1000, "of": {"event": "order"},
         "by": {"highest": {"event": "order", "measure": "sum", "of": "revenue"}}},
        'the 1,000 people with the highest total revenue of "order" of (did "order")',
        "（做过“order”）中“order”的 revenue 合计最高的 1,000 人",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("document", "english", "chinese"), READ)
def test_read_aloud(document: object, english: str, chinese: str) -> None:
    condition = parse(document)
    assert describe(condition) == english
    assert describe(condition, "zh") == chinese


WRONG = [
    ({"sequence": [{"event": "a"}]}, "bad_sequence", "condition.sequence"),
    ({"sequence": [{"event": "a", "within": "1d"}, {"event": "b"}]}, "needless_field", "condition.sequence[0]"),
    ({"sequence": [{"event": "a"}, {"event": "b"}], "span": "soon"}, "bad_span", "condition.span"),
    ({"sequence": [{"event": "a"}, {"event": "b"}], "same": "revenue"}, "bad_property", "condition.same"),
    ({"event": "a", "measure": "first_time"}, "missing_field", "condition.within"),
    ({"event": "a", "measure": "resumed"}, "missing_field", "condition.gap"),
    ({"event": "a", "gap": "3d"}, "needless_field", "condition.gap"),
    ({"event": "a", "within": {"full": "weeks", "count": 0}}, "bad_window", "condition.within.count"),
    ({"limit": 0, "of": {"everyone": True}, "by": {"random": "x"}}, "bad_limit", "condition.limit"),
    ({"limit": 1, "of": {"everyone": True}}, "missing_field", "condition.by"),
    ({"share": 2, "of": {"everyone": True}, "by": {"random": "x"}}, "bad_share", "condition.share"),
    ({"share": 0.5, "of": {"everyone": True}, "by": {"highest": {"trait": "a"}}}, "bad_order", "condition.by"),
    ({"limit": 1, "of": {"everyone": True}, "by": {"highest": {"event": "a"}}}, "not_a_figure",
     "condition.by.highest.measure"),
    ({"trait": "born", "op": "anniversary", "value": "someday"}, "bad_value", "condition.value"),
    ({"event": "a", "where": [{"property": "p", "op": "anniversary", "value": "today"}]}, "bad_op",
     "condition.where[0].op"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "code", "field"), WRONG)
def test_what_is_wrong_is_said(document: object, code: str, field: str) -> None:
    with pytest.raises(Error) as caught:
        parse(document)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_clause_in_python_is_the_same_tree() -> None:
    pick = tree.EventPick(event="a")
    assert parse(steps("aa")) == tree.SequenceClause(steps=(tree.Step(pick=pick), tree.Step(pick=pick)))
