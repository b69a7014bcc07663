"""Distribution and interval: against plain Python on a random shop, and who is behind each bin."""

from datetime import date
from typing import Any

import pytest

from ninefold.analysis import Analyses
from ninefold.analysis.distribution import DistributionResult
from ninefold.analysis.interval import IntervalResult
from ninefold.analysis.slices import Slice
from ninefold.base import Error
from tests.support.world import World, day

from .answers import agrees
from .shop import Row, grouped, shop

NOW = day(60)
OVER = {"from": "2026-01-06", "to": "2026-01-15"}
START, END = 1767628800000, 1768492800000  # in Shanghai
NET = {
    "event": "Order Completed",
    "plus": "Order Completed (adjusted)",
    "less": "Order Refunded",
    "property": "revenue",
}


def inside(rows: list[Row]) -> list[Row]:
    return [row for row in rows if START <= row.at < END]


def values(one: Slice) -> dict[float | None, int]:
    return {each.low: each.count for each in one.bins if each.count}


@pytest.mark.parametrize("of", ["events", "sum", "days", "hours"])
def test_distribution_equals_plain_python(analyses: Analyses, world: World, of: str) -> None:
    rows = inside(shop(world, 6))
    own: dict[str, Any] = NET if of == "sum" else {"event": ["View", "Cart"], "of": of}
    split = {"split": "week", "by": {"property": "channel"}}
    bins = [-20, 0, 10, 30, 60] if of == "sum" else [1, 2, 3, 5]
    document = {"method": "distribution", "over": OVER, "distribution": {**own, **split, "bins": bins}}
    answer = analyses.run(document, now=NOW)
    assert isinstance(answer.result, DistributionResult)
    agrees(analyses, document, answer)

    def measured(mine: list[Row]) -> float:
        if of == "sum":
            return sum(-row.amount if row.name == "Order Refunded" else row.amount for row in mine)
        if of == "events":
            return len(mine)
        return len({row.local.strftime("%Y-%m-%d" if of == "days" else "%Y-%m-%d %H") for row in mine})

    wanted = [row for row in rows if (row.amount if of == "sum" else row.name in {"View", "Cart"})]
    for one in answer.result.slices:
        mine = wanted
        if one.grouped:
            mine = [row for row in wanted if row.channel == (one.value or "")]
        if one.period:
            mine = [row for row in wanted if f"{row.local:%G-%V}" == week(one.period)]
        each = sorted(measured(rows_of) for rows_of in grouped(mine, lambda row: row.person).values())
        assert (one.count, one.people) == (len(each), len(each))
        assert one.spread is None or one.spread.mean == pytest.approx(sum(each) / len(each))
        for bin_ in one.bins:
            high = float("inf") if bin_.high is None else bin_.high
            low = float("-inf") if bin_.low is None else bin_.low
            assert bin_.count == sum(low <= value < high for value in each)


def week(first: str) -> str:
    return f"{date.fromisoformat(first):%G-%V}"


def test_a_chosen_crowd_shows_those_who_did_nothing(analyses: Analyses, world: World) -> None:
    shop(world, 6)
    document = {
        "method": "distribution", "over": OVER, "distribution": {"event": "Nothing"},
        "who": {"trait": "city", "op": "eq", "value": "上海"},
    }  # fmt: skip
    answer = analyses.run(document, now=NOW)
    assert isinstance(answer.result, DistributionResult)
    assert (answer.result.without, answer.result.slices[0].people) == (2, 0)
    agrees(analyses, document, answer)


def pairs(rows: list[Row], pairing: str, within: int, names: tuple[str, str]) -> tuple[list[int], int]:
    """Times between pairs, and how many beginnings are unmatched; one event after the other."""
    took, open_ = [], 0
    for own in grouped(rows, lambda row: row.person).values():
        starts = [row.at for row in own if row.name == names[0]]
        ends = [row.at for row in own if row.name == names[1]]
        chosen = [at for at in starts if START <= at < END]
        if pairing == "first":
            chosen = chosen[:1]
        for at in chosen:
            after = [end for end in ends if end > at]
            found = after[0] if after and after[0] - at <= within else None
            if pairing == "nearest" and found is not None and any(at < other < found for other in starts):
                found = None
            if found is None:
                open_ += 1
            else:
                took.append(found - at)
    return took, open_


@pytest.mark.parametrize("names", [("View", "Order Completed"), ("View", "View")])
def test_interval_equals_plain_python(analyses: Analyses, world: World, names: tuple[str, str]) -> None:
    rows = shop(world, 7)
    for pairing in ("nearest", "first", "every"):
        own = {"start": names[0], "end": names[1], "pairing": pairing, "within": "3d", "split": "day"}
        document = {"method": "interval", "over": OVER, "interval": {**own, "by": {"property": "channel"}}}
        answer = analyses.run(document, now=NOW)
        assert isinstance(answer.result, IntervalResult)
        agrees(analyses, document, answer)
        took, unmatched = pairs(rows, pairing, 3 * 86_400_000, names)
        whole = answer.result.slices[0]
        assert (whole.count, answer.result.unmatched) == (len(took), unmatched), pairing
        assert whole.spread is not None
        assert whole.spread.mean == pytest.approx(sum(took) / len(took) / 1000)
        assert sum(one.count for one in answer.result.slices if one.period) == len(took)
        assert sum(one.count for one in answer.result.slices if one.grouped) == len(took)
        assert sum(one.count for one in whole.bins) == len(took)


def test_a_held_value_pairs_orders_with_their_refunds(analyses: Analyses, world: World) -> None:
    for order, at, back in (("o1", 6, 9), ("o2", 7, 8)):
        world.order(1, 100, day(at), order_id=order)
        world.event(1, "Order Refunded", day(back), order_id=order)
    world.flush()
    own = {"start": "Order Completed", "end": "Order Refunded", "hold": "order_id"}
    answer = analyses.run({"method": "interval", "over": OVER, "interval": own}, now=NOW)
    assert isinstance(answer.result, IntervalResult)
    spread = answer.result.slices[0].spread
    assert spread is not None
    assert (spread.p10, round(spread.p90), answer.result.unmatched) == (86_400 * 1.2, 241_920, 0)


@pytest.mark.parametrize(
    ("method", "own", "code"),
    [
        ("distribution", {"event": "A", "of": "sum"}, "bad_distribution"),
        ("distribution", {"event": "A", "bins": [2, 1]}, "bad_bins"),
        ("distribution", {"event": "A", "less": "B"}, "bad_distribution"),
        ("interval", {"start": "A", "end": "B", "pairing": "any"}, "bad_pairing"),
        ("interval", {"start": "A", "end": "B", "within": "900d"}, "bad_span"),
        ("session", {"gap": "3d"}, "bad_span"),
        ("session", {"of": "sum"}, "bad_session"),
        ("path", {"clean": [{"match": "(", "to": ""}]}, "bad_pattern"),
        ("path", {"start": "A", "end": "B"}, "bad_path"),
    ],
)
def test_what_has_no_meaning_is_refused(analyses: Analyses, method: str, own: Any, code: str) -> None:
    with pytest.raises(Error) as refused:
        analyses.run({"method": method, "over": OVER, method: own}, now=NOW)
    assert refused.value.code == code
