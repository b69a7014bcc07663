"""A service on a fresh pair of stores, and a small world of shoppers."""

import pytest

from ninefold.analysis import Analyses
from ninefold.identity import Identity
from ninefold.segments import Segments
from ninefold.store import Events, Records
from tests.support.world import World


@pytest.fixture
def segments(records: Records, events: Events) -> Segments:
    return Segments(records, events, Identity())


@pytest.fixture
def analyses(records: Records, events: Events, segments: Segments) -> Analyses:
    return Analyses(records, events, Identity(), segments, zone="Asia/Shanghai")


@pytest.fixture
def world(records: Records, events: Events) -> World:
    """People 1 to 20, who did nothing yet."""
    world = World(events)
    ids = world.meet(records, *[[("member_no", f"M{n:02}")] for n in range(1, 21)])
    assert ids == list(range(1, 21))
    return world
