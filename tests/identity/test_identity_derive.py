"""The derivation of clusters against a plain walk over sets, and its freedom from any order of arrival."""

from dataclasses import dataclass

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from ninefold.identity import Reason
from ninefold.identity.model import NamespaceRule
from ninefold.identity.rules.derive import Meetings, derive
from tests.properties.histories import examples

RULES = [
    NamespaceRule(name="one", priority=1, cap=1, strong=True, storm_limit=10),
    NamespaceRule(name="two", priority=2, cap=2, strong=True, storm_limit=10),
    NamespaceRule(name="weak", priority=3, cap=2, strong=False, storm_limit=10),
]


@dataclass(frozen=True)
class Case:
    """Identifiers as (namespace, value, span), pairs as (one, other, time, must)."""

    nodes: list[tuple[int, int, int]]
    usable: list[bool]
    pairs: list[tuple[int, int, int, bool]]
    apart: list[tuple[int, int]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    nodes = sorted(draw(st.sets(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 1)), min_size=2)))
    node = st.integers(0, len(nodes) - 1)
    two = st.tuples(node, node).filter(lambda ends: ends[0] < ends[1])
    ends = draw(st.sets(two, max_size=16))
    times = st.integers(0, 5)
    pairs = [(a, b, draw(times), draw(st.integers(0, 9)) == 0) for a, b in sorted(ends)]
    usable = [draw(st.integers(0, 9)) > 0 for _ in nodes]
    return Case(nodes, usable, pairs, sorted(draw(st.sets(two, max_size=2))))


def meetings(case: Case, order: list[int]) -> Meetings:
    """The case with its identifiers numbered in another order, and its pairs listed backwards."""
    place = np.argsort(order)
    a, b, seen, must = (np.array([pair[k] for pair in case.pairs], dtype=np.int64) for k in range(4))
    node = np.array(case.nodes, dtype=np.int64)[order]
    return Meetings(
        space=node[:, 0], value=node[:, 0] * 10 + node[:, 1], tie=np.array(order),
        usable=np.array(case.usable)[order], a=place[b][::-1], b=place[a][::-1], seen_ms=seen[::-1],
        must=must[::-1].astype(np.bool_), apart=place[np.array(case.apart, dtype=np.int64).reshape(-1, 2)], rules=RULES,
    )  # fmt: skip


def walk(case: Case) -> tuple[set[frozenset[int]], dict[tuple[int, int], Reason]]:
    """Every pair one by one, with sets."""
    group = {k: {k} for k in range(len(case.nodes))}
    verdict: dict[tuple[int, int], Reason] = {}

    def strong(a: int, b: int) -> bool:
        return RULES[case.nodes[a][0]].strong and RULES[case.nodes[b][0]].strong

    def holds(cluster: set[int], space: int) -> set[int]:
        return {case.nodes[k][1] for k in cluster if case.nodes[k][0] == space}

    grown: set[int] = set()

    def attempt(a: int, b: int, *, must: bool = False, again: bool = False) -> None:
        ours, theirs = group[a], group[b]
        if again and not (ours & grown or theirs & grown):
            return
        if not (case.usable[a] and case.usable[b]):
            verdict[a, b] = Reason.BLOCKED
            return
        verdict[a, b] = Reason.NONE
        if ours is theirs:
            return
        if any((x in ours and y in theirs) or (x in theirs and y in ours) for x, y in case.apart):
            verdict[a, b] = Reason.MANUAL
            return
        for space, rule in enumerate(RULES):
            here, there = holds(ours, space), holds(theirs, space)
            if must or not here or not there or here <= there or there <= here:
                continue
            if rule.strong and not strong(a, b):
                verdict[a, b] = Reason.VETO
                break
            if len(here | there) > rule.cap:
                verdict[a, b] = Reason.CAP
                break
        if verdict[a, b] is Reason.NONE:
            ours |= theirs
            for k in theirs:
                group[k] = ours
            if must:
                grown.update(ours)

    ordered = sorted(case.pairs, key=lambda p: (not strong(p[0], p[1]), p[2], p[0], p[1]))
    for pair in ordered:
        attempt(*pair[:2])
    said = [p for p in ordered if p[3]]
    for a, b, _, _ in said:
        attempt(a, b, must=True)
    for a, b, _, _ in ordered:
        if verdict[a, b] is not Reason.NONE and (a, b) not in {p[:2] for p in said}:
            attempt(a, b, again=True)
    for ends in verdict:
        if group[ends[0]] is group[ends[1]]:
            verdict[ends] = Reason.NONE
    return {frozenset(one) for one in group.values()}, verdict


@settings(max_examples=examples(1000))
@given(case=cases(), data=st.data())
def test_the_fast_way_equals_the_plain_walk_however_things_are_numbered(case: Case, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(case.nodes))))
    found = derive(meetings(case, list(order)))
    groups: dict[int, set[int]] = {}
    for place, label in enumerate(found.label.tolist()):
        groups.setdefault(label, set()).add(order[place])
    clusters, verdict = walk(case)
    assert {frozenset(one) for one in groups.values()} == clusters
    assert sorted(groups) == list(range(len(groups)))
    reasons = {pair[:2]: Reason(code) for pair, code in zip(case.pairs[::-1], found.reason.tolist(), strict=True)}
    assert reasons == verdict


@settings(max_examples=examples(500))
@given(case=cases())
def test_no_cluster_holds_two_that_an_operator_keeps_apart(case: Case) -> None:
    found = derive(meetings(case, list(range(len(case.nodes)))))
    assert all(found.label[one] != found.label[other] for one, other in case.apart)


@settings(max_examples=examples(500))
@given(case=cases())
def test_a_must_link_only_ever_joins_people_as_they_are(case: Case) -> None:
    """Without it there are the same people or smaller ones: it pushes nothing out of anybody."""
    unsaid = Case(case.nodes, case.usable, [(a, b, at, False) for a, b, at, _ in case.pairs], case.apart)
    order = list(range(len(case.nodes)))
    before, after = derive(meetings(unsaid, order)).label, derive(meetings(case, order)).label
    assert len({*zip(before.tolist(), after.tolist(), strict=True)}) == len({*before.tolist()})


def test_a_must_link_joins_over_a_cap_and_the_veto() -> None:
    nodes = [(0, 1, 0), (0, 2, 0), (2, 1, 0)]
    shared = [(0, 2, 1, False), (1, 2, 2, False)]
    assert walk(Case(nodes, [True] * 3, shared, []))[0] == {frozenset({0, 2}), frozenset({1})}
    both = derive(meetings(Case(nodes, [True] * 3, [*shared, (0, 1, 9, True)], []), [0, 1, 2]))
    assert both.label.tolist() == [0, 0, 0]


def test_spans_of_one_identifier_may_come_together_again() -> None:
    """Bound, taken away, bound again: the same user id twice is one value."""
    again = Case([(0, 1, 0), (0, 1, 1), (1, 1, 0)], [True] * 3, [(0, 2, 1, False), (1, 2, 9, False)], [])
    assert derive(meetings(again, [0, 1, 2])).label.tolist() == [0, 0, 0]
