"""Lifetime value and RFM: against plain Python on a random shop; open cells, refunds, cuts."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from ninefold.analysis import Analyses
from ninefold.analysis.ltv import LtvResult
from ninefold.analysis.rfm import RfmResult
from ninefold.base import Error
from tests.support.world import World, day

from .answers import agrees
from .shop import Row, grouped, shop

SIGN = {"Order Completed": 1, "Order Completed (adjusted)": 1, "Order Refunded": -1}


def monday(row: Row) -> date:
    return row.local.date() - timedelta(days=row.local.weekday())


@pytest.mark.parametrize("birth", ["first", "first_ever"])
def test_ltv_equals_plain_python(analyses: Analyses, world: World, birth: str) -> None:
    rows = shop(world, 9)
    over = {"from": "2026-01-12", "to": "2026-01-25"}
    own: dict[str, Any] = {"start": "View", "grain": "week", "columns": 3, "birth": birth}
    document = {"method": "ltv", "over": over, "ltv": own}
    now = day(31.5)  # noon of the 1st of February in UTC: the week of the 26th of January is still open
    answer = analyses.run(document, now=now)
    found = answer.result
    assert isinstance(found, LtvResult)
    agrees(analyses, document, answer)
    cohorts = [date(2026, 1, 12), date(2026, 1, 19)]
    for place, cohort in enumerate(found.cohorts):
        mine: list[tuple[Row, list[Row]]] = []
        for of in grouped(rows, lambda row: row.person).values():
            views = [row for row in of if row.name == "View"]
            inside = [row for row in views if date(2026, 1, 12) <= row.local.date() <= date(2026, 1, 25)]
            start = inside[0] if inside and (birth == "first" or inside[0] is views[0]) else None
            if start and monday(start) == cohorts[place]:
                mine.append((start, of))
        assert cohort.people == len(mine)
        for cell in cohort.cells:
            last = cohorts[place] + timedelta(weeks=cell.column)
            sums = [
                [
                    SIGN[row.name] * row.amount
                    for row in of
                    if row.name in SIGN and row.at >= start.at and monday(row) <= last
                ]
                for start, of in mine
            ]
            complete = last + timedelta(days=7) < date(2026, 2, 1)
            assert cell.complete == complete
            assert cell.people == sum(bool(one) for one in sums)
            assert cell.amount == (pytest.approx(sum(map(sum, sums))) if complete else None)
    first = found.columns[0]
    assert (first.cohorts, first.began) == (2, sum(one.people for one in found.cohorts))
    assert found.columns[3].cohorts == 0
    assert found.columns[3].per_person is None


@pytest.mark.parametrize("cuts", [{}, {"recency": [3, 7], "frequency": [2, 3], "money": [20, 60]}])
def test_rfm_equals_plain_python(analyses: Analyses, world: World, cuts: dict[str, list[int]]) -> None:
    rows = shop(world, 10)
    document = {"method": "rfm", "over": {"from": "2026-01-01", "to": "2026-01-25"}, "rfm": {"levels": 3, **cuts}}
    answer = analyses.run(document, now=day(60))
    found = answer.result
    assert isinstance(found, RfmResult)
    agrees(analyses, document, answer)
    orders: dict[int, dict[str, tuple[date, float]]] = {}
    for order, of in grouped([row for row in rows if row.amount], lambda row: row.order or str(row.at)).items():
        main = [row for row in of if row.name == "Order Completed"]
        if main:
            total = sum(SIGN[row.name] * row.amount for row in of)
            orders.setdefault(main[0].person, {})[order] = (main[0].local.date(), total)
    axes = np.array(
        [
            [(max(at for at, _ in own.values()) - date(2026, 1, 25)).days for own in orders.values()],
            [len(own) for own in orders.values()],
            [round(sum(total for _, total in own.values()), 6) for own in orders.values()],
        ]
    )
    levels = []
    for name, axis in zip(("recency", "frequency", "money"), axes, strict=True):
        if cuts:
            points = [-one for one in cuts[name]] if name == "recency" else cuts[name]
            levels.append([1 + sum(value >= one for one in points) for value in axis])
        else:
            borders = [sorted(axis)[-(-k * len(axis) // 3) - 1] for k in (1, 2)]
            levels.append([1 + sum(value > one for one in borders) for value in axis])
    wanted: dict[tuple[int, int, int], int] = {}
    for cell in zip(*levels, strict=True):
        wanted[cell] = wanted.get(cell, 0) + 1
    assert {(one.recency, one.frequency, one.money): one.people for one in found.cells} == wanted
    assert sum(one.people for one in found.grid) == found.people == len(orders)
    assert found.amount == pytest.approx(axes[2].sum())


@pytest.mark.parametrize(
    ("method", "own", "code"),
    [
        ("ltv", {"amount": {"event": "A"}}, "bad_amount"),
        ("ltv", {"columns": 0}, "bad_columns"),
        ("rfm", {"money": [2, 1]}, "bad_points"),
        ("rfm", {"levels": 1}, "bad_levels"),
        ("lifecycle", {"grain": "hour"}, "bad_grain"),
        ("attribution", {"touches": "A", "lookback": "2y"}, "bad_span"),
    ],
)
def test_what_has_no_meaning_is_refused(analyses: Analyses, method: str, own: Any, code: str) -> None:
    with pytest.raises(Error) as refused:
        analyses.run({"method": method, "over": "30d", method: own}, now=day(60))
    assert refused.value.code == code
