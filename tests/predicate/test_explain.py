"""Why in, why not: each clause with the person's own value, by the segment's own SQL."""

from datetime import timedelta

import pytest

from ninefold.base import Error, Kind
from ninefold.predicate import explain, parse
from ninefold.store import Events
from tests.predicate.reference import NOW, EventRow, TagRow, TraitRow, World

ZONE = "Asia/Shanghai"
DAY = timedelta(days=1)


def world() -> World:
    world = World(people=[1, 2, 3, 4], redirects={2: 1}, runs=[("level", 1)], segments=[("vip", 1, [2, 3])])
    world.traits = [
        TraitRow("city", 1, "crm", "Beijing", None, NOW - DAY),
        TraitRow("city", 2, "app", "Shanghai", None, NOW),
        TraitRow("age", 3, "crm", "", None, NOW, deleted=True),
    ]
    world.tags = [TagRow("level", 1, 2, "gold"), TagRow("level", 1, 1, "silver")]
    world.events = [
        EventRow(1, "order", NOW - 2 * DAY, revenue_minor=10000, currency="CNY", channel="app"),
        EventRow(2, "order", NOW - DAY, revenue_minor=5050, currency="CNY", channel="store"),
        EventRow(2, "order", NOW + DAY, revenue_minor=999900, currency="CNY"),
    ]
    return world


DOCUMENT = {
    "all": [
        {"trait": "city", "op": "eq", "value": "Shanghai"},
        {"any": [{"tag": "level", "op": "in", "value": ["gold"]}, {"in_segment": "vip"}]},
        {"event": "order", "measure": "count", "op": "gte", "value": 3, "within": "30d"},
        {"event": "order", "measure": "sum", "of": "revenue", "op": "gt", "value": 150},
        {"event": "order", "measure": "last", "of": "channel", "op": "eq", "value": "store"},
        {"event": "order", "measure": "first", "of": "time", "op": "within_last", "value": "7d"},
        {"not": {"event": "app_opened"}},
        {"trait": "age", "op": "gt", "value": 18},
        {"event": "order", "measure": "max", "of": "price", "op": "gt", "value": 1},
        {"everyone": True},
    ]
}


def test_clause_by_clause(events: Events) -> None:
    world().load(events)
    found = explain(parse(DOCUMENT), 2, events, now=NOW, zone=ZONE)  # 2 is 1 since the merge
    assert (found.oneid, found.verdict) == (1, False)
    assert found.lines("en", ZONE) == (
        "✗ all of",
        '  ✓ city is "Shanghai": Shanghai, app, 2026-06-01 16:00',
        "  ✓ any of",
        '    ✗ tag level is one of "gold": silver, 2026-06-01 16:00',
        '    ✓ is in the segment "vip": in' + found.lines("en", ZONE)[4].partition(": in")[2],
        '  ✗ did "order" at least 3 times in the last 30 days: 2, 2026-05-31 16:00',
        '  ✓ total revenue of "order" is more than 150: 150.5, 2026-05-31 16:00',
        '  ✓ channel of the last "order" is "store": store, 2026-05-31 16:00',
        '  ✓ the first "order" is within the last 7 days: 2026-05-30 16:00:00, 2026-05-31 16:00',
        "  ✓ not",
        '    ✗ did "app_opened": 0',
        "  ✗ age is more than 18: -",
        '  ✗ largest price of "order" is more than 1: -',
        "  ✓ everyone: -",
    )
    assert found.lines("zh", ZONE)[0] == "✗ 全部满足"
    assert found.lines("zh", ZONE)[5] == "  ✗ 最近 30 天内做“order”的次数大于等于 3 次: 2, 2026-05-31 16:00"


def test_required_and_actual_stand_side_by_side(events: Events) -> None:
    world().load(events)
    parts = explain(parse(DOCUMENT), 1, events, now=NOW, zone=ZONE).tree.parts
    assert [(part.required, part.actual) for part in parts if not part.parts] == [
        ("eq Shanghai", "Shanghai"),
        ("gte 3", "2"),
        ("gt 150", "150.5"),
        ("eq store", "store"),
        ("within_last 7d", "2026-05-30 16:00:00"),
        ("gt 18", None),
        ("gt 1", None),
        ("", None),
    ]
    assert (parts[1].parts[0].required, parts[1].parts[0].actual) == ("in [gold]", "silver")
    assert (parts[1].parts[1].required, parts[1].parts[1].actual) == ("in", "in")
    assert (parts[6].parts[0].required, parts[6].parts[0].actual) == ("gte 1", "0")
    assert parts[0].source == "app"
    assert parts[0].at == NOW
    assert parts[6].parts[0].at is None


def test_somebody_without_any_data(events: Events) -> None:
    world().load(events)
    found = explain(parse(DOCUMENT), 4, events, now=NOW, zone=ZONE)
    assert [part.actual for part in found.tree.parts if not part.parts] == [
        None,
        "0",
        "0",
        None,
        None,
        None,
        None,
        None,
    ]


def test_nobody(events: Events) -> None:
    world().load(events)
    with pytest.raises(Error) as caught:
        explain(parse(DOCUMENT), 99, events, now=NOW, zone=ZONE)
    assert caught.value.kind is Kind.MISSING
