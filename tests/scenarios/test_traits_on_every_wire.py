"""The same operations on a person, told by the wires of several vendors, give the same traits - in any order."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from tests.scenarios.test_one_person_on_every_wire import Said, request

from ninefold.base import FixedClock, to_ms
from ninefold.collect import Collector, items_of
from ninefold.collect.wires import POSTHOG, REST, SEGMENT, SENSORS
from ninefold.governance import Keys
from ninefold.identity import Identity
from ninefold.jobs import Pipeline
from ninefold.profiles import ByIdentifier, Profiles
from ninefold.store import Events, Records

MINUTE = 60_000


def sensors(at: int, kind: str, **properties: object) -> Said:
    record = {"type": kind, "distinct_id": "u1", "time": at, "properties": {"$is_login_id": True, **properties}}
    return SENSORS, "data", record


def rest(at: int, **said: object) -> Said:
    return REST, "", {"type": "identify", "identifiers": {"user_id": "u1"}, "time": at, "message_id": f"r{at}", **said}


def posthog(at: int, **said: object) -> Said:
    return POSTHOG, "capture", {"event": "$set", "distinct_id": "u1", "timestamp": at, "uuid": f"p{at}", **said}


def segment(at: int, **traits: object) -> Said:
    return SEGMENT, "identify", {"userId": "u1", "timestamp": at, "messageId": f"s{at}", "traits": traits}


def story(way: str, start: int) -> list[Said]:
    """Set, set once, unset, increment, append: by one vendor, or each by another."""
    at = [start + number * MINUTE for number in range(8)]
    if way == "sensors":
        return [
            sensors(at[0], "profile_set", level="gold", city="SH", points=10),
            sensors(at[1], "profile_set_once", level="none", first="shop"),
            sensors(at[2], "profile_unset", city=True),
            sensors(at[3], "profile_increment", points=5),
            sensors(at[4], "profile_append", likes=["tea", "milk"]),
            sensors(at[5], "profile_append", likes=["tea"]),
            sensors(at[6], "profile_increment", points=-2),
        ]
    if way == "rest":
        return [
            rest(at[0], traits={"level": "gold", "city": "SH", "points": 10}),
            rest(at[1], traits_once={"level": "none", "first": "shop"}),
            rest(at[2], traits_unset=["city"]),
            rest(at[3], traits_add={"points": 5}),
            rest(at[4], traits_append={"likes": ["tea", "milk"]}),
            rest(at[5], traits_append={"likes": "tea"}),
            rest(at[6], traits_add={"points": -2}),
        ]
    return [
        segment(at[0], level="gold", city="SH", points=10),
        posthog(at[1], **{"$set_once": {"level": "none", "first": "shop"}}),
        posthog(at[2], **{"$unset": ["city"]}),
        sensors(at[3], "profile_increment", points=5),
        rest(at[4], traits_append={"likes": ["tea", "milk"]}),
        sensors(at[5], "profile_append", likes=["tea"]),
        rest(at[6], traits_add={"points": -2}),
    ]


@pytest.fixture
def told(records: Records, events: Events, clock: FixedClock) -> Any:
    """Tells a story through the wires and the pipeline; returns the traits of its one person."""
    keys = Keys(records, clock)
    key = keys.issue("write", "shop", channel="web")

    def tell(said: Sequence[Said]) -> dict[str, object]:
        async def send(collector: Collector) -> None:
            for one in said:
                answer = await collector.accept(request(one, key), one[0])
                assert answer.status == 200, answer.body

        with Collector(records, keys, clock) as collector:
            asyncio.run(send(collector))
        Pipeline(records, events, clock).drain()
        with records.begin() as conn:
            identity = Identity.load(conn)
        profiles = Profiles(records, events, identity, zone="UTC")
        found = profiles.read(ByIdentifier(namespace="user_id", value="u1"), now=clock.now())
        profiles.close()
        return {trait.key: trait.value for trait in found.traits}

    return tell


@pytest.mark.parametrize("way", ["sensors", "rest", "every vendor"])
@pytest.mark.parametrize("order", [1, -1], ids=["in order", "backwards"])
def test_the_same_operations_give_the_same_traits(told: Any, way: str, order: int, clock: FixedClock) -> None:
    said = story(way, to_ms(clock.now()) - 60 * MINUTE)[::order]
    traits = told([*said, said[3]])  # one of them is sent twice
    assert traits == {"level": "gold", "first": "shop", "points": 13.0, "likes": '["tea","milk"]'}


def test_deleting_a_profile_keeps_what_is_said_later(told: Any, clock: FixedClock) -> None:
    at = to_ms(clock.now()) - 60 * MINUTE
    said = [
        sensors(at, "profile_set", level="gold", points=10),
        sensors(at + MINUTE, "profile_delete"),
        sensors(at + 2 * MINUTE, "profile_increment", points=1),
    ]
    assert told(said) == {"points": 1.0}


def test_items_are_kept_in_order_of_time_and_told_once(records: Records, clock: FixedClock, told: Any) -> None:
    at = to_ms(clock.now()) - 60 * MINUTE

    def item(minutes: int, kind: str, item_id: str, **properties: object) -> Said:
        return SENSORS, "data", {"type": kind, "item_type": "sku", "item_id": item_id, "time": at + minutes * MINUTE,
                                 "properties": properties}  # fmt: skip

    said = [
        item(0, "item_set", "s1", price=9, name="scale", old=True),
        item(1, "item_set", "s1", price=8),
        item(0, "item_set", "s2", price=1),
        item(1, "item_delete", "s2"),
        item(2, "item_set", "s3", price=5),
        item(1, "item_delete", "s3"),
        sensors(at, "profile_set", level="gold"),
    ]
    told([*reversed(said), *said])
    with records.begin() as conn:
        found = {one.item_id: one.properties for one in items_of(conn, "sku")}
        assert [one.item_id for one in items_of(conn, "sku", after="s1")] == ["s3"]
        assert items_of(conn, "sku", item_id="s2") == ()
    assert found == {"s1": {"price": 8, "name": "scale", "old": True}, "s3": {"price": 5}}
