"""What holds for every method: numbers equal their people, also computed anew after late events; merges restate."""

from typing import Any

import pytest

from ninefold.analysis import METHODS, Analyses
from ninefold.identity import Identity
from ninefold.segments import Segments
from ninefold.store import Events, Records
from tests.support.world import World, day

from .answers import numbers
from .shop import shop

NOW = day(30)
OVER = {"from": "2026-01-06", "to": "2026-01-15"}
NET = {
    "event": "Order Completed",
    "plus": "Order Completed (adjusted)",
    "less": "Order Refunded",
    "property": "revenue",
}
PARTS: dict[str, dict[str, Any]] = {
    "event": {"measures": [{**NET, "take": "avg", "per": "order"}, "View"], "by": {"property": "channel"}},
    "distribution": {**NET, "split": "week"},
    "interval": {"start": "View", "end": "Order Completed", "by": {"trait": "city"}},
    "funnel": {"steps": ["View", "Order Completed"], "breakdown": {"property": "channel"}, "split": "week"},
    "retention": {"start": "View", "columns": 3},
    "path": {"gap": "24h", "against": {"trait": "city", "op": "eq", "value": "上海"}},
    "session": {"gap": "12h", "by": {"property": "channel"}},
    "lifecycle": {"grain": "day"},
    "attribution": {"touches": "View"},
    "ltv": {"start": "View", "grain": "week", "columns": 2},
    "rfm": {"levels": 3},
}


def test_every_method_is_here() -> None:
    assert set(PARTS) == set(METHODS)


@pytest.mark.parametrize("method", PARTS)
def test_numbers_and_people_agree_whatever_comes_later(
    analyses: Analyses, world: World, segments: Segments, records: Records, events: Events, method: str
) -> None:
    shop(world, 14, count=160)
    document = {"method": method, "over": OVER, method: PARTS[method]}
    answer = analyses.run(document, now=NOW)
    world.event(1, "View", day(7), batch_id=5)
    world.order(1, 900, day(8), batch_id=5)
    world.flush()
    fresh = Analyses(records, events, Identity(), segments, zone="Asia/Shanghai")  # knows nothing of the answer
    found = list(numbers(answer.result))
    assert len(found) > 3
    for number, crowd in found[:: len(found) // 20 + 1]:
        people, restated = fresh.audience(document, answer.stamp.pin, crowd)
        assert (len(people), restated) == (number, False), crowd
    again = fresh.run(document, now=NOW)
    assert again.stamp.pin.watermark == 5
    world.merge(3, 4)
    world.flush()
    for _, crowd in found[:: len(found) // 5 + 1]:
        people, restated = fresh.audience(document, answer.stamp.pin, crowd)
        assert restated
        assert 3 not in people.tolist()
    assert answer.stamp.sql
    assert answer.stamp.notes
