"""What is stated of a person only where nothing else is: the earliest holds, whatever arrives first."""

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
