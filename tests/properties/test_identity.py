"""Properties of OneID on a real database: order-free, idempotent, never over a cap, equal to a plain reference."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from random import Random

import hypothesis.strategies as st
import numpy as np
import sqlalchemy as sa
from hypothesis import given, settings
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sqlalchemy.engine import Connection
from tests.identity.batches import NOW, START_MS, Event, batch_of, check_consistency, rows, unlimited
from tests.identity.reference import Reference
from tests.properties.histories import examples

from ninefold.identity import Identity, IdentityRules, parse_rules
from ninefold.store import Records

TABLES = ("persons", "identifiers", "identity_assertions", "identity_merges", "identity_reviews")
STRONG, WEAK = {"strength": "strong", "normaliser": "exact"}, {"strength": "weak", "normaliser": "exact"}
TIGHT = parse_rules(
    {
        "identifiers_per_event": 4,
        "namespaces": {
            "user": {**STRONG, "priority": 1, "cap": 1, "storm_limit": 1000},
            "mail": {**STRONG, "priority": 2, "cap": 2, "storm_limit": 1000},
            "card": {**STRONG, "priority": 3, "cap": 1, "storm_limit": 1000},
            "device": {**WEAK, "priority": 9, "cap": 3, "storm_limit": 1000},
            "cookie": {**WEAK, "priority": 9, "cap": 2, "storm_limit": 1000},
        },
    }
)
STORMY = parse_rules(
    {
        "identifiers_per_event": 2,
        "namespaces": {
            "user": {**STRONG, "priority": 1, "cap": 1, "storm_limit": 3},
            "mail": {**STRONG, "priority": 2, "cap": 2, "storm_limit": 2},
            "device": {**WEAK, "priority": 9, "cap": 3, "storm_limit": 2},
        },
    }
)


def events_of(rules: IdentityRules, names: tuple[str, ...], values: int) -> st.SearchStrategy[list[Event]]:
    """Events over few values, so that they meet often."""
    one = st.sampled_from([f"{k}" for k in range(1, values + 1)])
    event = st.dictionaries(st.sampled_from(names), st.lists(one, min_size=1, max_size=2), max_size=4)
    return st.lists(event, min_size=1, max_size=14)


TIGHT_EVENTS = events_of(TIGHT, ("user", "mail", "card", "device", "cookie"), 4)
STORMY_EVENTS = events_of(STORMY, ("user", "mail", "device"), 6)


@contextmanager
def fresh(records: Records) -> Iterator[Connection]:
    """A transaction over empty tables, rolled back at the end; only the numbering goes on."""
    with records.engine.connect() as conn, conn.begin() as transaction:
        yield conn
        transaction.rollback()


def people_by_identifier(conn: Connection) -> dict[tuple[str, str], int | None]:
    found = conn.execute(sa.text("SELECT namespace, value, oneid FROM identifiers"))
    return {(name, value): oneid for name, value, oneid in found}


def partition(owner: dict[tuple[str, str], int | None]) -> set[frozenset[tuple[str, str]]]:
    groups: dict[int, set[tuple[str, str]]] = {}
    for one, person in owner.items():
        if person is not None:
            groups.setdefault(person, set()).add(one)
    return {frozenset(group) for group in groups.values()}


def cut(events: list[Event], cuts: list[int]) -> list[tuple[int, list[Event]]]:
    places = sorted({0, len(events), *(min(place, len(events)) for place in cuts)})
    return [(a, events[a:b]) for a, b in pairwise(places)]


CUTS = st.lists(st.integers(0, 14), max_size=4)


@settings(max_examples=examples(40))
@given(events=events_of(TIGHT, ("a", "b", "c"), 9), cuts=CUTS, seed=st.integers(0, 2**32))
def test_without_limits_people_are_connected_components(
    records: Records, events: list[Event], cuts: list[int], seed: int
) -> None:
    """Whatever the order of events and however they are cut into batches."""
    nodes: dict[tuple[str, str], int] = {}
    ends: list[tuple[int, int]] = []
    for event in events:
        found = [nodes.setdefault((name, one), len(nodes)) for name, values in event.items() for one in values]
        ends += [(found[0], other) for other in found[1:]]
    a, b = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    _, label = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(len(nodes), len(nodes))).tocsr())
    expected = partition({one: int(label[node]) for one, node in nodes.items()})
    identity = Identity(unlimited("a", "b", "c"))
    Random(seed).shuffle(events)
    with fresh(records) as conn:
        for start, part in cut(events, cuts):
            identity.resolve(conn, batch_of(part, start=start), now=NOW)
        assert partition(people_by_identifier(conn)) == expected
        check_consistency(conn, identity)


@settings(max_examples=examples(40))
@given(events=TIGHT_EVENTS, cuts=CUTS, times=st.lists(st.integers(0, 5), min_size=14, max_size=14))
def test_resolution_equals_a_plain_reference(
    records: Records, events: list[Event], cuts: list[int], times: list[int]
) -> None:
    """Caps, vetoes, order of links and unowned values, over several batches with equal and late times."""
    identity, reference = Identity(TIGHT), Reference(TIGHT)
    with fresh(records) as conn:
        for start, part in cut(events, cuts):
            ts_ms = [START_MS + at for at in times[start : start + len(part)]]
            found = identity.resolve(conn, batch_of(part, start=start, ts_ms=ts_ms), now=NOW).root.tolist()
            expected = reference.resolve(part, ts_ms)
            assert [one == 0 for one in found] == [one == 0 for one in expected]
            assert len(set(zip(found, expected, strict=True))) == len(set(found)) == len(set(expected))
            stored = people_by_identifier(conn)
            assert partition(stored) == partition(reference.owner)
            assert {one for one, who in stored.items() if who is None} == {
                one for one, who in reference.owner.items() if who is None
            }
        check_consistency(conn, identity)


@settings(max_examples=examples(40))
@given(events=STORMY_EVENTS | TIGHT_EVENTS, cuts=CUTS, stormy=st.booleans())
def test_twice_is_once_and_no_cap_is_ever_exceeded(
    records: Records, events: list[Event], cuts: list[int], stormy: bool
) -> None:
    identity = Identity(STORMY if stormy else TIGHT)
    with fresh(records) as conn:
        for start, part in cut(events, cuts):
            batch = batch_of(part, start=start)
            once = identity.resolve(conn, batch, now=NOW)
            check_consistency(conn, identity)
            before = {table: rows(conn, table) for table in TABLES}
            again = identity.resolve(conn, batch, now=NOW)
            assert np.array_equal(once.oneid, again.oneid)
            assert np.array_equal(once.unresolved, again.unresolved)
            assert {table: rows(conn, table) for table in TABLES} == before
            assert len(again.redirects.oneid) == len(again.new_people.oneid) == again.counts.blocked == 0


@settings(max_examples=examples(40))
@given(
    events=STORMY_EVENTS | TIGHT_EVENTS,
    times=st.lists(st.integers(0, 3), min_size=14, max_size=14),
    seed=st.integers(0, 2**32),
    stormy=st.booleans(),
)
def test_the_order_of_rows_in_a_batch_does_not_matter(
    records: Records, events: list[Event], times: list[int], seed: int, stormy: bool
) -> None:
    identity = Identity(STORMY if stormy else TIGHT)
    ts_ms = [START_MS + at for at in times[: len(events)]]
    order = list(range(len(events)))
    Random(seed).shuffle(order)
    batches = [
        batch_of(events, ts_ms=ts_ms),
        batch_of([events[k] for k in order], ts_ms=[ts_ms[k] for k in order]),
    ]
    outcomes = []
    for batch in batches:
        with fresh(records) as conn:
            found = identity.resolve(conn, batch, now=NOW)
            before = int(found.new_people.oneid.min(initial=1_000_000)) - 1
            stored = {one: who and who - before for one, who in people_by_identifier(conn).items()}
            outcomes.append((found.oneid.astype(int) - before * (found.oneid > 0), stored))
    (straight, owners), (shuffled, owners_shuffled) = outcomes
    assert shuffled.tolist() == straight[order].tolist()
    assert owners_shuffled == owners


@settings(max_examples=examples(40))
@given(events=STORMY_EVENTS | TIGHT_EVENTS, cuts=CUTS)
def test_every_change_of_a_root_is_told(records: Records, events: list[Event], cuts: list[int]) -> None:
    """Who applies new people and redirects alone knows every root: the events store does exactly that."""
    identity = Identity(TIGHT)
    root: dict[int, tuple[int, int]] = {}
    raw: list[tuple[int, str, str]] = []
    with fresh(records) as conn:
        for start, part in cut(events, cuts):
            found = identity.resolve(conn, batch_of(part, start=start), now=NOW)
            root |= {one: (one, 0) for one in found.new_people.oneid.tolist()}
            moved = found.redirects
            for one, to, version in zip(moved.oneid.tolist(), moved.root.tolist(), moved.version.tolist(), strict=True):
                assert version > root[one][1]
                root[one] = (to, version)
            for event, oneid in zip(part, found.oneid.tolist(), strict=True):
                raw += [(oneid, name, values[0]) for name, values in event.items() if name == "user"]
        persons = conn.execute(sa.text("SELECT oneid, coalesce(merged_into, oneid) FROM persons"))
        stored = {int(one): int(to) for one, to in persons}
        assert {one: to for one, (to, _) in root.items()} == stored
        owner = people_by_identifier(conn)
        assert all(owner["user", value] == root[oneid][0] for oneid, _, value in raw)
