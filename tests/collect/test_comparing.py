"""Two SDKs side by side: what is missing, extra, or told otherwise is named; what agrees is not."""

from datetime import date, timedelta
from typing import Any

import pytest
from tests.governance.conftest import Api, api
from tests.support.world import World, day

from ninefold.base import Error
from ninefold.collect import comparing
from ninefold.store import Events

__all__ = ["api"]
NOW = day(6) + timedelta(hours=12)


def compare(events: Events, **more: Any) -> comparing.Comparison:
    return comparing.compare(events, "old", "new", **{"days": 7, "now": NOW, "zone": "UTC", **more})


def test_what_agrees_is_told_to_agree(events: Events) -> None:
    world = World(events)
    for source in ("old", "new"):
        for person in (1, 2):
            world.event(person, "Seen", day(person), source=source, props=[("city", "Wuhan")], nums=[("n", 1.0)])
    world.event(9, "Seen", day(1), source="other")
    world.flush()
    found = compare(events)
    assert found.agrees
    assert (found.days, found.properties, found.cut) == ((), (), False)
    assert found.people == comparing.PeopleCount(in_both=2, left_only=0, right_only=0)
    assert found.types == {"track": (2, 2)}
    assert (found.first, found.last) == (date(2026, 1, 1), date(2026, 1, 7))


def test_what_differs_is_named(events: Events) -> None:
    world = World(events)
    for person in (1, 2, 3):
        world.event(person, "Paid", day(1), source="old", props=[("sku", "a"), ("revenue", "9.5"), ("coupon", "x")])
    world.event(1, "Paid", day(1), source="new", props=[("sku", "a")], nums=[("revenue", 9.5)])
    world.event(12, "Paid", day(2), source="new", props=[("sku", "a")], nums=[("revenue", 9.5)])
    world.event(1, "Left", day(3), source="old", props=[("only", "here")])
    world.merge(12, 2)
    world.flush()
    found = compare(events)
    assert not found.agrees
    names = {one.name: one for one in found.names}
    paid = names["Paid"]
    assert (paid.left_events, paid.right_events) == (3, 2)
    assert (paid.left_people, paid.right_people, paid.both_people) == (3, 2, 2), "12 was merged into 2"
    assert (names["Left"].left_events, names["Left"].right_events) == (1, 0)
    assert [(one.day.day, one.name, one.missing, one.extra) for one in found.days] == [
        (2, "Paid", 2, 0), (3, "Paid", 0, 1), (4, "Left", 1, 0),
    ]  # fmt: skip
    assert [(one.path, one.left_share, one.right_share, one.types) for one in found.properties] == [
        ("coupon", 1.0, 0.0, ("text", "")), ("revenue", 1.0, 1.0, ("text", "number")),
    ], "of names that both tell"  # fmt: skip
    assert found.people == comparing.PeopleCount(in_both=2, left_only=1, right_only=0)


def test_days_are_business_days_up_to_now(events: Events) -> None:
    world = World(events)
    for at in (day(-1), day(0), day(6), day(7)):
        world.event(1, "Seen", at, source="old")
    world.event(1, "Seen", day(0) - timedelta(hours=1), source="new")
    world.flush()
    assert [one.left_events for one in compare(events, zone="Asia/Shanghai").names] == [2]
    assert [(one.day.day, one.missing) for one in compare(events, zone="Asia/Shanghai").days] == [(7, 1)]
    assert compare(events, zone="Asia/Shanghai").names[0].right_events == 1, "it was day 1 in Shanghai already"


def test_what_cannot_be_compared_says_why(events: Events) -> None:
    world = World(events)
    world.event(1, "Seen", day(1), source="old")
    world.flush()
    for more, code in (({"days": 0}, "bad_days"), ({"days": 91}, "bad_days"), ({}, "unknown_source")):
        with pytest.raises(Error) as caught:
            compare(events, **more)
        assert caught.value.code == code
    with pytest.raises(Error) as caught:
        comparing.compare(events, "old", "old", days=1, now=NOW, zone="UTC")
    assert caught.value.code == "same_source"


def test_two_wires_over_http(api: Api) -> None:
    order = {"order_id": "o1", "revenue": 9.5}
    item = {"type": "track", "event": "Order Completed", "userId": "u1", "messageId": "1", "properties": order}
    api.collect(item, source="new")
    key = api.ninefold.keys.ensure_write_key("old", channel="web")
    event = {"event": "Order Completed", "distinct_id": "u1", "uuid": "1", "properties": {**order, "revenue": "9.5"}}
    assert api.call("POST", "/batch/", json={"api_key": key, "batch": [event]}).status_code == 200
    api.ninefold.pipeline.drain()
    found = api.ok("GET", "/v1/wires/compare", params={"left": "old", "right": "new"})
    assert found["names"][0]["agrees"], found
    assert found["people"]["in_both"] == 1
    told = {one["path"]: (one["left_type"], one["right_type"]) for one in found["properties"]}
    assert told == {"revenue": ("text", "number")}
    answer = api.call("GET", "/v1/wires/compare", params={"left": "old", "right": "nw"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_source")
