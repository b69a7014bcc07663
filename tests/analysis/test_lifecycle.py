"""Life cycle and stickiness: against plain Python on random people."""

from datetime import date, timedelta
from typing import Any

import pytest

from ninefold.analysis import Analyses
from ninefold.analysis.lifecycle import LifecycleResult
from tests.support.world import World, day

from .answers import agrees
from .shop import shop

OVER = {"from": "2026-01-12", "to": "2026-01-22"}
DAYS = [date(2026, 1, 12) + timedelta(days=k) for k in range(11)]


def monday(at: date) -> date:
    return at - timedelta(days=at.weekday())


@pytest.mark.parametrize("grain", ["day", "week"])
def test_lifecycle_equals_plain_python(analyses: Analyses, world: World, grain: str) -> None:
    rows = shop(world, 8, count=60)
    document: dict[str, Any] = {"method": "lifecycle", "over": OVER, "lifecycle": {"event": "*", "grain": grain}}
    answer = analyses.run(document, now=day(60))
    found = answer.result
    assert isinstance(found, LifecycleResult)
    agrees(analyses, document, answer)
    active: dict[int, set[date]] = {}
    for row in rows:
        if row.local.date() <= DAYS[-1]:
            active.setdefault(row.person, set()).add(row.local.date())
    length = timedelta(days=7 if grain == "week" else 1)
    spans = [DAYS[0], DAYS[0] + timedelta(days=7)] if grain == "week" else DAYS
    periods = {who: {monday(one) if grain == "week" else one for one in own} for who, own in active.items()}
    for one, span in zip(found.periods, spans, strict=True):
        here = {who for who, own in periods.items() if span in own}
        before = {who for who, own in periods.items() if span - length in own}
        new = {who for who in here if min(periods[who]) == span}
        assert one.period == span.isoformat()
        assert (one.active, one.new, one.returning) == (len(here), len(new), len(here & before))
        assert (one.resurrected, one.dormant) == (len(here - before - new), len(before - here))
    for each, at in zip(found.days, DAYS, strict=True):
        counts = [
            sum(any(at - timedelta(days=span) < one <= at for one in own) for own in active.values())
            for span in (1, 7, 30)
        ]
        assert [each.daily, each.weekly, each.monthly] == counts
    times = [len(own & set(spans)) for own in periods.values()]
    assert [one.people for one in found.sticky] == [times.count(k + 1) for k in range(len(spans))]
