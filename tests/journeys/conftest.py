"""A brand to run campaigns for."""

import pytest

from ninefold.base import FixedClock
from ninefold.store import Events, Records

from .house import House


@pytest.fixture
def house(records: Records, events: Events, clock: FixedClock) -> House:
    return House(records, events, clock)
