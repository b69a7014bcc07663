"""A collector by the machine's clock, with one source for servers."""

from collections.abc import Iterator

import pytest

from ninefold.base import FixedClock, SystemClock
from ninefold.collect import Collector
from ninefold.governance import Keys
from ninefold.store import Records


@pytest.fixture
def write_key(records: Records, clock: FixedClock) -> str:
    return Keys(records, clock).issue("write", "server", channel="server")


@pytest.fixture
def collector(records: Records, clock: FixedClock) -> Iterator[Collector]:
    with Collector(records, Keys(records, clock), SystemClock()) as collector:
        yield collector
