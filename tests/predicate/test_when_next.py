"""When somebody comes in or goes out because time passes: case by case, and against asking at every moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.base import Error
from ninefold.predicate import parse, tree, when_next
from ninefold.store import Events
from tests.predicate.reference import NOW, ZONE, EventRow, TraitRow, World, holds, random_world
from tests.predicate.strategies import event_clauses, sequences

DAY = timedelta(days=1)
MS = timedelta(milliseconds=1)
MIDNIGHT = datetime(2026, 6, 1, 16, tzinfo=UTC)  # of 2 June in Shanghai


def turn(document: object, events: Events, *, now: datetime = NOW, oneid: int = 1) -> tuple[bool, datetime | None]:
    found = when_next(parse(document), oneid, events, now=now, zone=ZONE)
    return found.verdict, found.at


@pytest.fixture
def one(events: Events) -> Events:
    world = World(people=[1], events=[EventRow(1, "order", NOW - 10 * DAY), EventRow(1, "order", NOW - 3 * DAY)])
    world.events.append(EventRow(1, "visit", NOW + 2 * DAY))
    world.traits = [
        TraitRow("born", 1, "crm", "1990-06-05", None, NOW),
        TraitRow("until", 1, "crm", "2026-06-04", None, NOW),
    ]
    world.load(events)
    return events


CASES = [
    ({"event": "order", "within": "30d"}, True, NOW + 27 * DAY + MS),  # its last day, to the millisecond
    ({"event": "order", "measure": "count", "op": "gte", "value": 2, "within": "30d"}, True, NOW + 20 * DAY + MS),
    ({"event": "order", "measure": "did_not", "within": "30d"}, False, NOW + 27 * DAY + MS),
    ({"event": "order", "within": "last_month"}, True, datetime(2026, 6, 30, 16, tzinfo=UTC)),
    ({"event": "order", "within": {"full": "weeks", "count": 2}}, True, datetime(2026, 6, 14, 16, tzinfo=UTC)),
    ({"event": "order"}, True, None),
    ({"event": "visit"}, False, NOW + 2 * DAY),
    ({"sequence": [{"event": "order"}], "then_not": {"event": "visit", "within": "4d"}}, True, None),
    ({"sequence": [{"event": "order", "where": [{"property": "time", "op": "within_last", "value": "5d"}]}],
      "then_not": {"event": "pay", "within": "4d"}}, False, NOW + DAY + MS),
    ({"trait": "born", "op": "anniversary", "value": "today"}, False, MIDNIGHT + 3 * DAY),
    ({"trait": "born", "op": "anniversary", "value": "7d"}, True, MIDNIGHT + 4 * DAY),
    ({"trait": "until", "op": "within_last", "value": "1d"}, False, MIDNIGHT + 2 * DAY),
    ({"all": [{"event": "order", "within": "30d"}, {"trait": "born", "op": "anniversary", "value": "today"}]}, False,
     MIDNIGHT + 3 * DAY),
]  # fmt: skip


def test_the_moment_of_the_next_change(one: Events) -> None:
    for document, inside, at in CASES:
        assert turn(document, one) == (inside, at), document


def test_what_turns_is_named_and_what_cannot_be_foreseen_is_said(one: Events) -> None:
    both = parse({"all": [{"event": "order"}, {"event": "order", "within": "30d"}]})
    found = when_next(both, 1, one, now=NOW, zone=ZONE)
    assert isinstance(both, tree.AllOf)
    assert (found.because, found.others) == ((both.parts[1],), False)
    lot = parse({"limit": 1, "of": {"event": "order", "within": "30d"}, "by": {"random": "a"}})
    assert when_next(lot, 1, one, now=NOW, zone=ZONE).others
    with pytest.raises(Error, match="no such person"):
        when_next(both, 77, one, now=NOW, zone=ZONE)


@pytest.mark.parametrize("seed", [4])
def test_nothing_turns_before_and_it_turns_then(seed: int, events: Events) -> None:
    world = random_world(seed, people=8)
    world.load(events)
    hours = [NOW + timedelta(hours=3 * n) for n in range(1, 8 * 60)]

    @settings(max_examples=12)
    @given(st.one_of(event_clauses(), sequences()), st.sampled_from(sorted(world.present)))
    def agree(clause: tree.Condition, person: int) -> None:
        found = when_next(clause, person, events, now=NOW, zone=ZONE)
        assert found.verdict == holds(clause, person, world, NOW, ZONE)
        until = found.at or found.until
        asked = [hour for hour in hours if hour < until] + ([until - MS] if found.at and until - MS > NOW else [])
        assert all(holds(clause, person, world, moment, ZONE) == found.verdict for moment in asked)
        if found.at:
            assert holds(clause, person, world, found.at, ZONE) != found.verdict

    agree()
