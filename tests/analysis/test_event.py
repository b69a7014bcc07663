"""Event analysis: against plain Python on a random shop; refunds and changes of orders; formulas, comparisons."""

from datetime import UTC, datetime, timedelta
from statistics import mean, median
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.analysis import Analyses
from ninefold.analysis.counting import quantiles
from ninefold.analysis.event import EventResult, EventSeries
from ninefold.analysis.event.formula import evaluate, read_formula
from ninefold.base import Error
from tests.support.world import World, day

from .answers import agrees
from .shop import WALL, Row, grouped, shop

NOW = day(40)
OVER = {"from": "2026-01-06", "to": "2026-01-15"}
FIRST, AFTER = datetime(2026, 1, 6, tzinfo=WALL), datetime(2026, 1, 16, tzinfo=WALL)
NET = {
    "event": "Order Completed",
    "plus": "Order Completed (adjusted)",
    "less": "Order Refunded",
    "property": "revenue",
}


def asked(*measures: Any, over: Any = OVER, **more: Any) -> dict[str, Any]:
    return {"method": "event", "over": over, "event": {"measures": list(measures), **more}}


def series(analyses: Analyses, document: dict[str, Any], now: datetime = NOW) -> tuple[EventSeries, ...]:
    answer = analyses.run(document, now=now)
    assert isinstance(answer.result, EventResult)
    agrees(analyses, document, answer)
    return answer.result.series


def net(rows: list[Row]) -> float:
    return sum(-row.amount if row.name == "Order Refunded" else row.amount for row in rows)


def orders(rows: list[Row]) -> list[tuple[Row, float]]:
    """Each order with what it came to: its first row and the net of all its rows."""
    own = [row for row in rows if row.name.startswith("Order")]
    found = [(row, row.amount) for row in own if row.name == "Order Completed" and not row.order]
    for rows_of in grouped([row for row in own if row.order], lambda row: row.order).values():
        main = [row for row in rows_of if row.name == "Order Completed"]
        if main:
            found.append((main[0], net(rows_of)))
    return found


MEASURES: dict[str, Any] = {
    "count": {"event": ["View", "Cart"]},
    "people": {"event": ["View", "Cart"], "take": "people"},
    "sum": {**NET, "take": "sum"},
    "avg": {"event": "Order Completed", "take": "avg", "property": "revenue"},
    "p90": {"event": "Order Completed", "take": "p90", "property": "revenue"},
    "distinct": {"event": "*", "take": "distinct", "property": "order_id"},
    "each": {"event": "View", "take": "avg", "per": "person"},
    "order": {**NET, "take": "median", "per": "order"},
}


def truth(rows: list[Row], start: datetime = FIRST, end: datetime = AFTER) -> dict[str, Any]:
    """Each measure by plain Python, of rows in a span of time; rows of an order stand at its first one."""
    rows = [row for row in rows if start <= row.local < end]
    looked = [row for row in rows if row.name in {"View", "Cart"}]
    paid = [row.amount for row in rows if row.name == "Order Completed"]
    views = grouped([row for row in rows if row.name == "View"], lambda row: row.person)
    return {
        "count": len(looked),
        "people": len({row.person for row in looked}),
        "sum": net([row for row in rows if row.amount]),
        "avg": mean(paid) if paid else None,
        "p90": float(np.quantile(paid, 0.9)) if paid else None,
        "distinct": len({row.order for row in rows if row.order}),
        "each": mean(len(own) for own in views.values()) if views else None,
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_measures_equal_plain_python_over_days_and_groups(analyses: Analyses, world: World, seed: int) -> None:
    rows = shop(world, seed)
    found = series(analyses, asked(*MEASURES.values(), split="day", by={"property": "channel"}))
    inside = [row for row in rows if FIRST <= row.local < AFTER]
    booked = orders(inside)
    for one in found:
        name = list(MEASURES)[one.measure - 1]
        if name != "order":
            own = [row for row in rows if not one.grouped or row.channel == (one.value or "")]
            assert one.total.value == pytest.approx(truth(own)[name]), (name, one.value)
            for place, point in enumerate(one.points):
                start = FIRST + timedelta(days=place)
                assert point.period == f"{start:%Y-%m-%d}"
                wanted = truth(own, start, start + timedelta(days=1))[name]
                assert point.number.value == pytest.approx(wanted), (name, one.value, point)
        else:
            mine = [(row, total) for row, total in booked if not one.grouped or row.channel == (one.value or "")]
            assert one.total.value == (pytest.approx(median(t for _, t in mine)) if mine else None)
            for place, point in enumerate(one.points):
                totals = [total for row, total in mine if row.local.date() == (FIRST + timedelta(days=place)).date()]
                assert point.number.value == (pytest.approx(median(totals)) if totals else None)
    assert {one.value for one in found if one.grouped} == {"web", "app", "shop", None}


def test_a_window_is_compared_with_the_one_before_and_formulas_go_along(analyses: Analyses, world: World) -> None:
    rows = shop(world, 3)
    document = asked(
        MEASURES["sum"], {"event": "Order Completed"}, formulas=[{"text": "a / b", "label": "net per order"}],
        compare="previous", split="day", by={"trait": "city"},
    )  # fmt: skip
    found = {(one.measure, one.value, one.grouped): one for one in series(analyses, document)}
    before = [row for row in rows if FIRST - timedelta(days=10) <= row.local < FIRST]
    now = [row for row in rows if FIRST <= row.local < AFTER]
    total = found[1, None, False].total
    assert total.value == pytest.approx(net([row for row in now if row.amount]))
    assert total.before == pytest.approx(net([row for row in before if row.amount]))
    assert total.value is not None
    assert total.before is not None
    assert total.change == pytest.approx((total.value - total.before) / abs(total.before))
    count = sum(row.name == "Order Completed" for row in now)
    assert found[3, None, False].total.value == pytest.approx(total.value / count)
    here = found[2, "上海", True].total
    assert here.value == sum(row.name == "Order Completed" and row.person in {3, 4} for row in now)
    assert here.before == sum(row.name == "Order Completed" and row.person in {3, 4} for row in before)


def test_refunds_and_changes_of_orders_are_counted_right(analyses: Analyses, world: World) -> None:
    """An order of 100 grows by 20, 30 is given back (written with either sign): 90 net, one order."""
    for person, sign in ((1, 1), (2, -1)):
        bought = {"order_id": f"o{person}"}
        world.order(person, 10_000, day(6), **bought)
        for name, minor, at in (("Order Completed (adjusted)", 2_000, 7), ("Order Refunded", sign * 3_000, 8)):
            world.event(person, name, day(at), revenue_minor=minor, currency="CNY", **bought)
    world.event(3, "Order Refunded", day(8), revenue_minor=500, currency="CNY", order_id="older")
    world.flush()
    document = asked(
        {**NET, "take": "sum"}, {"event": "Order Completed"}, {**NET, "take": "avg", "per": "order"},
        {**NET, "take": "max", "per": "person"}, split="day",
    )  # fmt: skip
    net_sum, count, average, largest = series(analyses, document)
    assert (net_sum.total.value, net_sum.total.people) == (175.0, 3)
    assert count.total.value == 2
    assert (average.total.value, average.total.people) == (90.0, 2)
    assert [point.number.value for point in average.points if point.number.people] == [90.0]
    assert largest.total.value == 90.0


def test_several_currencies_are_told(analyses: Analyses, world: World) -> None:
    world.order(1, 100, day(6))
    world.order(2, 100, day(6), currency="USD")
    world.flush()
    answer = analyses.run(asked({**NET, "take": "sum"}), now=NOW)
    assert any("CNY, USD" in note for note in answer.stamp.notes)


def test_hours_weeks_and_months_and_two_groupings(analyses: Analyses, world: World) -> None:
    rows = shop(world, 4)
    for split, length in (("hour", 240), ("week", 2), ("month", 1)):
        (whole, *_) = series(analyses, asked("View", split=split))
        assert len(whole.points) == length
        assert sum(point.number.value or 0 for point in whole.points) == whole.total.value
    by = [{"property": "channel"}, {"trait": "city"}]
    found = series(analyses, asked("View", by=by, over={"since": "2026-01-01"}))
    sizes = {one.value: one.total.value for one in found if one.grouped}
    city = {2: "北京", 3: "上海", 4: "上海"}
    views = [row for row in rows if row.name == "View"]
    wanted: dict[str | None, int] = {}
    for row in views:
        label = f"{row.channel or '–'} / {city.get(row.person, '–')}" if row.channel or row.person in city else None
        wanted[label] = wanted.get(label, 0) + 1
    assert sizes == wanted


def test_a_crowd_on_the_spot_and_a_change_of_the_clock(analyses: Analyses, world: World) -> None:
    shop(world, 5)
    who = {"trait": "city", "op": "eq", "value": "上海"}
    document = {**asked({"event": "*", "take": "people"}, over={"since": "2026-01-01"}), "who": who}
    (whole,) = series(analyses, document)
    assert whole.total.value == 2


@pytest.mark.parametrize(
    ("measure", "code", "field"),
    [
        ({"event": "A", "take": "middle"}, "bad_take", "event.measures[0].take"),
        ({"event": "A", "take": "sum"}, "bad_measure", "event.measures[0].property"),
        ({"event": "A", "take": "count", "less": "B"}, "bad_measure", "event.measures[0].less"),
        ({"event": "A", "take": "avg", "property": "x", "less": "B"}, "bad_measure", "event.measures[0].per"),
        ({"event": "A", "take": "count", "property": "x"}, "bad_measure", "event.measures[0].property"),
        ({"event": "A", "taken": "count"}, "unknown_field", "event.measures[0].taken"),
    ],
)
def test_wrong_measures_are_refused(analyses: Analyses, measure: Any, code: str, field: str) -> None:
    with pytest.raises(Error) as refused:
        analyses.run(asked(measure), now=NOW)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize("text", ["a +", "z", "__import__('os')", "a ** 2", "a.b", "(" * 300, "a if b else a", "'a'"])
def test_wrong_formulas_are_refused(text: str) -> None:
    with pytest.raises(Error) as refused:
        read_formula(text, "", "ab", "f")
    assert refused.value.code == "bad_formula"


def test_formulas_are_arithmetic_and_know_nothing_of_zero() -> None:
    values = {"a": np.array([6.0, 1.0, np.nan]), "b": np.array([3.0, 0.0, 1.0])}
    found = evaluate(read_formula("-(a - 2) / b + 1.5", "", "ab", "f").tree, values)
    assert found[0] == pytest.approx(-4 / 3 + 1.5)
    assert np.isnan(found[1:]).all()


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-50, 50)), max_size=40), st.integers(0, 100))
def test_quantiles_of_cells(rows: list[tuple[int, int]], percent: int) -> None:
    cell, values = np.array([c for c, _ in rows], np.int64), np.array([v for _, v in rows], np.float64)
    found = quantiles(cell, values, 4, percent / 100)
    for place in range(4):
        own = values[cell == place]
        assert found[place] == pytest.approx(np.quantile(own, percent / 100)) if len(own) else np.isnan(found[place])


def test_a_year_before_is_the_same_dates(analyses: Analyses, world: World) -> None:
    world.event(1, "View", datetime(2025, 1, 10, tzinfo=UTC))
    world.event(2, "View", datetime(2026, 1, 10, tzinfo=UTC))
    world.flush()
    (whole,) = series(analyses, asked("View", compare="year"))
    assert (whole.total.value, whole.total.before, whole.total.change) == (1, 1, 0)
