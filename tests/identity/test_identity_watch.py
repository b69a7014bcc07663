"""The merge-storm breaker end to end: speed, made-up values, unbelievable people, and what operators decide."""

from collections.abc import Sequence

import pytest
from sqlalchemy.engine import Connection

from ninefold.base import Error
from ninefold.identity import Identity, Review, parse_rules
from ninefold.identity.desk.reviewing import decide
from ninefold.store import Records
from tests.identity.batches import NOW, START_MS, Event, batch_of, check_consistency

HOUR = 3_600_000
FAST = parse_rules(
    {"identifiers_per_event": 4, "namespaces": {"device_id": {"velocity": {"per_hour": 4, "per_day": 6}}}}
)


def see(
    conn: Connection, identity: Identity, events: Sequence[Event], times: Sequence[int], source: str = "web"
) -> None:
    for k, (event, at) in enumerate(zip(events, times, strict=True)):
        identity.resolve(conn, batch_of([event], start=k, ts_ms=[START_MS + at], source=source), now=NOW)


def of_kind(conn: Connection, identity: Identity, kind: str) -> list[Review]:
    return [review for review in identity.reviews(conn) if review.kind == kind]


def kiosk(count: int, device: str = "ipad-7f") -> list[Event]:
    return [{"user_id": f"u{k}", "device_id": device} for k in range(count)]


@pytest.mark.parametrize(
    ("times", "blocked"),
    [
        ([k * 60_000 for k in range(5)], True),  # five people within an hour
        ([k * HOUR for k in range(5)], False),
        ([k * 3 * HOUR for k in range(7)], True),  # seven within a day
        ([k * 5 * HOUR for k in range(7)], False),
        ([4 * 60_000, 0, 3 * 60_000, 60_000, 2 * 60_000], True),  # the first five again, late and in disorder
    ],
)
def test_a_device_that_meets_people_too_fast_is_blocked(records: Records, times: list[int], blocked: bool) -> None:
    identity = Identity(FAST)
    with records.begin() as conn:
        see(conn, identity, kiosk(len(times)), times)
        assert (identity.counts(conn).blocked == 1) is blocked
        assert len(of_kind(conn, identity, "storm")) == blocked
        assert identity.counts(conn).people == len(times)
        check_consistency(conn, identity)


def test_the_same_in_one_batch(records: Records) -> None:
    identity = Identity(FAST)
    with records.begin() as conn:
        identity.resolve(conn, batch_of(kiosk(5)), now=NOW)
        (storm,) = of_kind(conn, identity, "storm")
        assert (storm.value, storm.detail["values"]) == ("ipad-7f", 5)
        assert len(storm.people) == 5


def test_a_released_value_takes_part_again_for_good(records: Records) -> None:
    identity = Identity(FAST)
    times = [k * 60_000 for k in range(5)]
    with records.begin() as conn:
        see(conn, identity, kiosk(5), times)
        assert identity.find(conn, "device_id", "ipad-7f") is None
        (storm,) = of_kind(conn, identity, "storm")
        decide(conn, storm.id, "release", author="ann", now=NOW)
        assert identity.find(conn, "device_id", "ipad-7f") == identity.find(conn, "user_id", "u0")
        see(conn, identity, kiosk(9)[5:], [k * 60_000 for k in range(5, 9)])
        assert identity.find(conn, "device_id", "ipad-7f") is not None
        assert of_kind(conn, identity, "storm") == []
        with pytest.raises(Error, match="decided already"):
            decide(conn, storm.id, "release", author="ben", now=NOW)


def test_a_confirmed_value_stays_blocked(records: Records) -> None:
    identity = Identity(FAST)
    with records.begin() as conn:
        see(conn, identity, kiosk(5), [0] * 5)
        (storm,) = of_kind(conn, identity, "storm")
        decide(conn, storm.id, "confirm", author="ann", now=NOW)
        assert identity.find(conn, "device_id", "ipad-7f") is None
        assert of_kind(conn, identity, "storm") == []


def test_a_made_up_value_that_many_share_is_proposed_and_may_be_refused(records: Records) -> None:
    identity = Identity()
    with records.begin() as conn:
        events: list[Event] = [{"user_id": f"u{k}", "device_id": "store-till"} for k in range(6)]
        identity.resolve(conn, batch_of(events), now=NOW)
        (found,) = of_kind(conn, identity, "learned_value")
        assert (found.value, found.detail["made_up"], found.detail["values"]) == ("store-till", True, 6)
        assert len(found.people) == 6
        assert identity.find(conn, "device_id", "store-till") is not None
        decide(conn, found.id, "release", author="ann", now=NOW)
        identity.resolve(conn, batch_of(events, start=50), now=NOW)
        assert of_kind(conn, identity, "learned_value") == []


def test_a_proposal_confirmed_is_a_blocked_value(records: Records) -> None:
    identity = Identity()
    with records.begin() as conn:
        events: list[Event] = [{"user_id": f"u{k}", "email": "test@shop.example"} for k in range(6)]
        identity.resolve(conn, batch_of(events), now=NOW)
        (found,) = of_kind(conn, identity, "learned_value")
        decide(conn, found.id, "confirm", author="ann", now=NOW)
        assert identity.find(conn, "email", "test@shop.example") is None


def test_a_storm_in_two_sources_is_proposed(records: Records) -> None:
    identity = Identity()
    with records.begin() as conn:
        identity.resolve(conn, batch_of(kiosk(12), source="web"), now=NOW)
        identity.resolve(conn, batch_of(kiosk(22)[12:], start=12, source="pos"), now=NOW)
        (found,) = of_kind(conn, identity, "learned_value")
        assert (found.detail["sources"], found.detail["storm"]) == (["pos", "web"], True)


def test_a_cap_is_not_released_but_linked_over(records: Records) -> None:
    identity = Identity()
    with records.begin() as conn:
        identity.resolve(conn, batch_of([{"user_id": f"u{k}", "email": "a@example.org"} for k in range(2)]), now=NOW)
        (breach,) = of_kind(conn, identity, "cap_breach")
        with pytest.raises(Error, match="keeps two people apart"):
            decide(conn, breach.id, "release", author="ann", now=NOW)
        decide(conn, breach.id, "confirm", author="ann", now=NOW)
        with pytest.raises(Error, match="no such review"):
            decide(conn, 999, "confirm", author="ann", now=NOW)


def test_a_person_of_too_many_merges_is_put_to_an_operator(records: Records) -> None:
    identity = Identity(parse_rules({"breaker": {"merges_per_person": 3}}))
    with records.begin() as conn:
        alone: list[Event] = [{"anonymous_id": f"a{k}"} for k in range(6)]
        identity.resolve(conn, batch_of(alone), now=NOW)
        identity.resolve(conn, batch_of([{**one, "user_id": "u"} for one in alone], start=10), now=NOW)
        (shape,) = of_kind(conn, identity, "shape")
        assert shape.detail["limit"] == 3
        assert shape.people == (identity.find(conn, "user_id", "u"),)
