"""Silences and unbinds in any order: the same people from any arrival, and from a rebuild."""

from itertools import pairwise
from random import Random

import hypothesis.strategies as st
import numpy as np
import sqlalchemy as sa
from hypothesis import given, settings
from sqlalchemy.engine import Connection
from tests.identity.batches import DAY_MS, NOW, Event, batch_of
from tests.properties.histories import examples
from tests.properties.test_identity import STRONG, WEAK, fresh

from ninefold.identity import IdentifierBatch, Identity, IdentityRules, parse_rules
from ninefold.identity.desk.rebuilding import judge_all, read, rebuild
from ninefold.store import Records

_USER = {**STRONG, "priority": 1, "cap": 1, "storm_limit": 1000}
_PHONE = {**STRONG, "priority": 2, "cap": 2, "storm_limit": 1000, "recycle_after_days": 5, "ttl_days": 15}
_CARD = {**STRONG, "priority": 3, "cap": 1, "storm_limit": 1000, "recycle_after_days": 8}
_DEVICE = {**WEAK, "priority": 9, "cap": 3, "storm_limit": 1000, "ttl_days": 4}
_COOKIE = {**WEAK, "priority": 9, "cap": 2, "storm_limit": 1000, "ttl_days": 7, "shared": "last_login"}
NAMES = ("user", "phone", "card", "device", "cookie")
QUIET = parse_rules(
    {
        "identifiers_per_event": 4,
        "namespaces": dict(zip(NAMES, (_USER, _PHONE, _CARD, _DEVICE, _COOKIE), strict=True)),
    }
)
STORMY = parse_rules(
    {
        "identifiers_per_event": 3,
        "namespaces": {
            "user": {**_USER, "storm_limit": 4},
            "phone": {**_PHONE, "storm_limit": 3},
            "card": {**_CARD, "storm_limit": 3},
            "device": {**_DEVICE, "storm_limit": 3},
            "cookie": {**_COOKIE, "storm_limit": 3, "shared": "refuse"},
        },
    }
)
_VALUE = st.sampled_from("123")
EVENTS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(NAMES), _VALUE, min_size=1, max_size=3), st.integers(0, 40), st.integers(0, 11)
    ),
    min_size=2,
    max_size=16,
)
Happened = tuple[Event, int, int]


def arrive(conn: Connection, identity: Identity, events: list[Happened], cuts: list[int]) -> None:
    """Events in batches; each happened on its day, whenever it arrives, and some of them unbind."""
    places = sorted({0, len(events), *(min(place, len(events)) for place in cuts)})
    for a, b in pairwise(places):
        part = events[a:b]
        plain = batch_of([event for event, _, _ in part], start=a)
        batch = IdentifierBatch(
            row=plain.row, namespace=plain.namespace, value=plain.value, source=plain.source,
            ts_ms=np.array([day * DAY_MS + kind * 3_600_000 for _, day, kind in part]),
            message_id=plain.message_id, unbind=np.array([kind == 0 for _, _, kind in part]),
        )  # fmt: skip
        identity.resolve(conn, batch, now=NOW)


def people(conn: Connection, rules: IdentityRules) -> set[frozenset[tuple[str, str, int]]]:
    """Who is one, span by span, each named by its first meeting; spans in which nobody was met are left out."""
    whole = read(conn)
    label = dict(zip(whole.region.id.tolist(), judge_all(conn, whole, rules).label.tolist(), strict=True))
    rows = conn.execute(
        sa.text(
            """
            SELECT i.id, i.namespace, i.value, i.state, min(l.seen_ms) AS met
            FROM identifiers i JOIN identity_assertions l ON (l.a = i.id OR l.b = i.id) AND l.a <> l.b
            WHERE i.since_ms < i.until_ms AND l.source <> 'ninefold/spans' GROUP BY i.id
            """
        )
    )
    groups: dict[int, set[tuple[str, str, int]]] = {}
    for row in rows:
        groups.setdefault(label[row.id] if row.state == 0 else -row.id, set()).add((row.namespace, row.value, row.met))
    return {frozenset(group) for group in groups.values()}


def check_parts(conn: Connection) -> None:
    """The spans of each identifier leave no time out, and what became a part of another is its person's."""
    rows = conn.execute(
        sa.text("SELECT * FROM identifiers WHERE since_ms < until_ms ORDER BY namespace, value, since_ms")
    )
    spans: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row in rows:
        spans.setdefault((row.namespace, row.value), []).append((row.since_ms, row.until_ms))
    for bounds in spans.values():
        assert bounds[0][0] == -(2**63)
        assert bounds[-1][1] == 2**63 - 1
        assert all(one[1] == other[0] for one, other in pairwise(bounds))
    parts = conn.execute(
        sa.text(
            """
            SELECT p.oneid, i.oneid AS owner, i.state + p.state AS state FROM identifiers p
            LEFT JOIN identity_assertions l ON l.reason = 8 AND l.source = 'ninefold/spans' AND p.id IN (l.a, l.b)
            LEFT JOIN identifiers i ON i.id IN (l.a, l.b) AND i.id <> p.id
            WHERE p.since_ms = p.until_ms
            """
        )
    )
    assert all(row.state is not None and (row.state or row.oneid == row.owner) for row in parts)


@settings(max_examples=examples(20))
@given(events=EVENTS, cuts=st.lists(st.integers(0, 16), max_size=5), seed=st.integers(0, 2**32), stormy=st.booleans())
def test_any_order_of_arrival_gives_the_same_spans_and_people(
    records: Records, events: list[Happened], cuts: list[int], seed: int, *, stormy: bool
) -> None:
    rules = STORMY if stormy else QUIET
    shuffled = Random(seed).sample(events, len(events))
    outcomes = []
    for history, how in (
        (sorted(events, key=lambda one: (one[1], one[2])), []),
        (shuffled, cuts),
        (events, [*range(16)]),
    ):
        with fresh(records) as conn:
            arrive(conn, Identity(rules), history, how)
            check_parts(conn)
            outcomes.append(people(conn, rules))
            found = rebuild(conn, rules, now=NOW, storms=stormy)
            assert (found.moved, found.merged, found.split) == (0, 0, 0)
    assert outcomes[0] == outcomes[1] == outcomes[2]
