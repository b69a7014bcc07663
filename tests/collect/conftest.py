"""A collector on a fresh inbox, with one source."""

from collections.abc import Iterator

import pytest

from ninefold.base import FixedClock
from ninefold.collect import Collector
from ninefold.governance import Keys
from ninefold.store import Records


@pytest.fixture
def keys(records: Records, clock: FixedClock) -> Keys:
    return Keys(records, clock)


@pytest.fixture
def write_key(keys: Keys) -> str:
    return keys.issue("write", "shop", channel="web")


@pytest.fixture
def collector(records: Records, keys: Keys, clock: FixedClock) -> Iterator[Collector]:
    with Collector(records, keys, clock) as collector:
        yield collector
