"""What is stated only where nothing else is, what is added, what is taken back: the same in any order of arrival."""

from datetime import timedelta
from typing import Any

import pytest

from ninefold.base import FixedClock, to_ms
from ninefold.collect import Event, append
from ninefold.identity import Identity
from ninefold.jobs import Pipeline
from ninefold.profiles import ByIdentifier, Profiles
from ninefold.store import Events, Records


def told(clock: FixedClock, minute: int, **said: Any) -> Event:
    at = to_ms(clock.now() + timedelta(minutes=minute))
    return Event(f"m{minute}", "identify", "$identify", at, at, "shop", "web", (("user_id", "u1"),), **said)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 0, 2)], ids=str)
@pytest.mark.parametrize("at_once", [True, False])
def test_the_earliest_holds_until_a_trait_is_stated(
    records: Records, events: Events, clock: FixedClock, order: tuple[int, ...], at_once: bool
) -> None:
    said = [
        told(clock, 0, once={"first": "a", "plan": "free"}),
        told(clock, 1, once={"first": "b"}),
        told(clock, 2, traits={"plan": "gold"}),
        told(clock, 3, once={"plan": "late", "first": "c"}),
    ]
    pipeline = Pipeline(records, events, clock)
    for number in order:
        with records.begin() as conn:
            append(conn, [said[number]], source="shop", kind="segment", now=clock.now())
        if not at_once:
            pipeline.drain()
    pipeline.drain()
    profiles = Profiles(records, events, Identity())
    profile = profiles.read(ByIdentifier(namespace="user_id", value="u1"), now=clock.now())
    profiles.close()
    assert {trait.key: (trait.value, trait.chosen.at) for trait in profile.traits} == {
        "first": ("a", clock.now()),
        "plan": ("gold", clock.now() + timedelta(minutes=2)),
    }


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 4, 0, 3, 1)], ids=str)
@pytest.mark.parametrize("at_once", [True, False])
def test_changes_are_replayed_in_order_of_time_whatever_arrives_first(
    records: Records, events: Events, clock: FixedClock, order: tuple[int, ...], at_once: bool
) -> None:
    said = [
        told(clock, 0, changes=(("add", "visits", 2.0), ("append", "likes", "tea"))),
        told(clock, 1, changes=(("delete", "", ""),)),
        told(clock, 2, traits={"visits": 10}, changes=(("append", "likes", "silk"), ("append", "likes", "jade"))),
        told(clock, 3, changes=(("add", "visits", 5.0), ("add", "visits", -1.5), ("append", "likes", "silk"))),
        told(clock, 4, once={"visits": 99}, changes=(("unheard of", "visits", 1.0),)),
    ]
    pipeline = Pipeline(records, events, clock)
    for number in order if at_once else (0, *order):
        with records.begin() as conn:
            append(conn, [said[number]], source="shop", kind="segment", now=clock.now())
        if not at_once:
            pipeline.drain()
    pipeline.drain()
    profiles = Profiles(records, events, Identity())
    profile = profiles.read(ByIdentifier(namespace="user_id", value="u1"), now=clock.now())
    profiles.close()
    found = {trait.key: (trait.value, trait.policy) for trait in profile.traits}
    assert found == {
        "likes": ('["silk","jade"]', "newest and what was added"),
        "visits": (13.5, "newest and what was added"),
    }
