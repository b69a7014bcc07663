"""Plans on real stores: what covers a source, what would have happened, what traffic suggests."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support.world import World

from ninefold.base import Error, FixedClock
from ninefold.collect import Event
from ninefold.collect.plans import Checker, Plans, parse_event, parse_plan
from ninefold.collect.plans.rules import with_events
from ninefold.store import Events, Records, retire_definition

ORDER: dict[str, Any] = {
    "key": "order_completed",
    "event": "Order Completed",
    "schema": {
        "properties": {"order_id": {"type": "string"}, "price": {"type": "number", "minimum": 0}},
        "required": ["price"],
    },
}


@pytest.fixture
def plans(records: Records, events: Events, clock: FixedClock) -> Plans:
    return Plans(records, events, clock)


def save(records: Records, clock: FixedClock, *documents: dict[str, Any]) -> None:
    with records.begin() as conn:
        for document in documents:
            store = Plans.save_event if "event" in document else Plans.save_plan
            store(conn, document, now=clock.now())


def test_a_saved_plan_covers_its_sources_and_a_retired_one_no_longer(
    plans: Plans, records: Records, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ninefold.collect.plans.service._FRESH_SECONDS", -1.0)
    plans.refresh()
    assert plans.checker("web") is None
    save(records, clock, {"key": "default"}, ORDER, {"key": "pos_plan", "sources": ["pos"]})
    plans.refresh()
    found = plans.checker("web")
    assert found is not None
    assert (found.plan.key, set(found.plan.events)) == ("default", {"Order Completed"})
    plans.refresh()
    assert plans.checker("web") is found  # nothing changed, nothing is compiled again
    other = plans.checker("pos")
    assert other is not None
    assert (other.plan.key, other.plan.events) == ("pos_plan", {})
    with records.begin() as conn:
        retire_definition(conn, "tracking-plan", "default", now=clock.now())
    plans.refresh()
    assert plans.checker("web") is None


def test_an_event_is_planned_once_per_plan(records: Records, clock: FixedClock) -> None:
    save(records, clock, ORDER)
    save(records, clock, {**ORDER, "schema": {}}, {**ORDER, "key": "other", "plans": ["pos_plan"]})
    with pytest.raises(Error) as caught:
        save(records, clock, {**ORDER, "key": "again"})
    assert caught.value.code == "bad_plan"


def test_an_unknown_plan_is_missing(plans: Plans) -> None:
    with pytest.raises(Error) as caught:
        plans.get("shop")
    assert caught.value.code == "unknown_plan"


def test_a_simulation_says_what_would_have_happened_to_the_last_days(
    plans: Plans, records: Records, events: Events, clock: FixedClock
) -> None:
    world, now = World(events), clock.now()
    for k in range(6):
        world.event(
            1, "Order Completed", now - timedelta(days=1), props={"order_id": f"o{k}"}, nums={"price": float(k)}
        )
    world.event(1, "Order Completed", now - timedelta(hours=3), props={"order_id": "o", "price": "9.90"})
    world.event(
        2, "Order Completed", now - timedelta(hours=2), nums={"price": 1.0}, props={"colour": "red"}, source="app"
    )
    world.event(2, "Order completed", now - timedelta(hours=1))
    world.event(2, "Order Completed", now - timedelta(days=30))  # before the window
    world.event(2, "$page", now, type="page")
    world.flush()
    save(records, clock, ORDER)
    plan = {"key": "default", "unplanned_event": "block", "unplanned_property": "omit", "invalid": "allow"}
    found = plans.simulate(plan, days=7)
    assert (found.events, found.total) == (9, 9)
    assert (found.passed, found.allowed, found.reduced, found.blocked) == (6, 1, 1, 1)
    assert [(one.event, one.fault, one.path, one.events, one.sources) for one in found.tallies] == [
        ("Order Completed", "invalid", "price", 1, ("shop",)),
        ("Order Completed", "unplanned_property", "colour", 1, ("app",)),
        ("Order completed", "unplanned_event", "", 1, ("shop",)),
    ]
    other = {**ORDER, "schema": {"properties": {"order_id": {"type": "string"}}, "additionalProperties": True}}
    assert plans.simulate(plan, [other], days=7).passed == 8
    only_app = plans.simulate({**plan, "sources": ["app"]}, days=7)
    assert (only_app.total, only_app.reduced) == (1, 1)
    sampled = plans.simulate(plan, days=7, most=3)
    assert sampled.total == 9
    assert sampled.events <= 9


def test_a_simulation_judges_what_an_earlier_plan_left_out(
    plans: Plans, records: Records, events: Events, clock: FixedClock
) -> None:
    judge = Checker(with_events(parse_plan({"key": "default", "unplanned_property": "omit"}), [parse_event(ORDER)]))
    event = Event(
        "m", "track", "Order Completed", 1, 1, "shop", "", (), 0, {}, {"colour": "red"}, {"price": 1, "size": 4}
    )
    kept = judge.check(event).event
    world = World(events)
    world.event(1, "Order Completed", clock.now(), props=kept.props, nums=kept.nums)
    world.flush()
    save(records, clock, ORDER)
    found = plans.simulate({"key": "default", "unplanned_property": "block"})
    assert sorted(one.path for one in found.tallies) == ["colour", "size"]
    assert [(one.fault, one.path, one.events) for one in plans.violations()] == [
        ("unplanned_property", "colour", 1),
        ("unplanned_property", "size", 1),
    ]


def test_a_draft_reads_traffic_and_fits_it(plans: Plans, records: Records, events: Events, clock: FixedClock) -> None:
    world = World(events)
    for k in range(120):
        props = {"order_id": f"o{k}", "pay": ("wechat", "alipay")[k % 2], "gift": "true", "lines": '[{"sku":"a"}]'}
        mixed = {"code": "x"} if k % 3 else {}
        nums = {"price": k / 2, "pieces": float(k)} | ({"code": 1.0} if not k % 3 else {})
        world.event(k + 1, "Order Completed", clock.now(), props={**props, **mixed, "context.locale": "zh"}, nums=nums)
    world.event(1, "加购", clock.now(), props={"note": "once"})
    world.flush()
    documents = plans.draft(plan="shop", days=7)
    assert [one["event"] for one in documents] == ["Order Completed", "加购"]
    schema = documents[0]["schema"]
    assert schema["properties"] == {
        "code": {"type": ["string", "integer"]},
        "gift": {"type": "boolean"},
        "lines": {"type": "array"},
        "order_id": {"type": "string"},
        "pay": {"type": "string", "enum": ["alipay", "wechat"]},
        "pieces": {"type": "integer", "minimum": 0},
        "price": {"type": "number", "minimum": 0},
    }
    assert schema["required"] == ["code", "gift", "lines", "order_id", "pay", "pieces", "price"]
    assert "required" not in documents[1]["schema"]
    save(records, clock, *documents)
    strict = {
        "key": "shop",
        "unplanned_event": "block",
        "unplanned_property": "block",
        "invalid": "block",
        "missing": "block",
    }
    found = plans.simulate(strict)
    assert (found.passed, found.blocked) == (121, 0)
