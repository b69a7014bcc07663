"""A town of people in the real stores, and matching over them."""

from collections.abc import Sequence
from typing import Any

import pytest

from ninefold.base import FixedClock
from ninefold.governance import org
from ninefold.identity import Identity, IdentityDesk, joining, publish
from ninefold.matching import Matching, Means, People, ReviewDesk
from ninefold.matching.tables import match_candidates as table
from ninefold.profiles import memberships
from ninefold.store import Events, Records
from tests.support.world import World, day

from . import house


class Town:
    """Stores with people, a matching document, and the desk of identity."""

    def __init__(self, records: Records, events: Events, clock: FixedClock) -> None:
        self.records, self.events, self.clock = records, events, clock
        self.world = World(events)
        self.identity = IdentityDesk(records, events)
        self.tree = org.Org()
        self.memberships = memberships.Memberships(Identity(), self.tree)
        self.people = People(records, events, self.memberships, zone="UTC")
        self.matching = Matching(
            records, events, clock, self.people, joining.Joining(), means=Means(memory_mb=400, threads=2)
        )
        self.desk = ReviewDesk(records, events, clock, self.people, joining.Joining())
        self.numbers: list[int] = []

    def apply(self, **changes: Any) -> None:
        with self.records.begin() as conn:
            Matching.save(conn, house.DOCUMENT | changes, now=self.clock.now(), author="test")

    def arrive(self, people: Sequence[house.Someone], *, namespace: str = "card", at: float = 1) -> list[int]:
        """Each person under an identifier of its own, with what is known as traits."""
        first = len(self.numbers)
        seen = [[(namespace, f"n{first + k}")] for k in range(len(people))]
        found = self.world.meet(self.records, *seen, at=day(at))
        publish(self.records, self.events)
        for number, one in zip(found, people, strict=True):
            for key, value in one.traits.items():
                if value:
                    self.world.trait(number, key, value, day(at))
        self.world.flush()
        self.numbers += found
        return found

    def root(self, number: int) -> int:
        with self.records.begin() as conn:
            return joining.Joining.roots(conn, [number])[number]

    def rows(self, **where: Any) -> list[dict[str, Any]]:
        with self.records.begin() as conn:
            wanted = table.select().order_by(table.c.id)
            for name, value in where.items():
                wanted = wanted.where(table.c[name] == value)
            return [dict(row) for row in conn.execute(wanted).mappings()]


@pytest.fixture
def town(records: Records, events: Events, clock: FixedClock) -> Town:
    found = Town(records, events, clock)
    found.apply()
    return found
