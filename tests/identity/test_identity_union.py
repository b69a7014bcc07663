"""The joining of clusters: the vectorised way against the plain walk, and against scipy where nothing is forbidden."""

from random import Random

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from ninefold.identity import Action, Reason
from ninefold.identity.model import NamespaceRule
from ninefold.identity.rules.encode import numbers, place_in_group, starts
from ninefold.identity.rules.pairs import EVER, NEVER, Pairs, pairs_of
from ninefold.identity.rules.union import Graph, cluster, components

RULES = [
    NamespaceRule(name="one", priority=1, cap=1, strong=True, storm_limit=10),
    NamespaceRule(name="two", priority=2, cap=2, strong=True, storm_limit=10),
    NamespaceRule(name="weak", priority=3, cap=2, strong=False, storm_limit=10),
]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    nodes = draw(st.integers(2, 12))
    node = st.integers(0, nodes - 1)
    links = draw(st.lists(st.tuples(node, node, st.booleans()).filter(lambda link: link[0] != link[1]), max_size=16))
    held = draw(st.lists(st.tuples(node, st.integers(0, 2)), max_size=14))
    a, b, strong = (np.array([link[k] for link in links], dtype=np.int64) for k in range(3))
    holder, space = (np.array([one[k] for one in held], dtype=np.int64) for k in range(2))
    return Graph(nodes=nodes, a=a, b=b, strong=strong.astype(np.bool_), holder=holder, space=space,
                 held=np.ones(len(held), dtype=np.int64), rules=RULES)  # fmt: skip


def walk(graph: Graph) -> tuple[list[set[int]], list[Reason]]:
    """Every link one by one, with sets."""
    holds = [[0, 0, 0] for _ in range(graph.nodes)]
    for node, space in zip(graph.holder.tolist(), graph.space.tolist(), strict=True):
        holds[node][space] += 1
    group = [{node} for node in range(graph.nodes)]
    reasons = [Reason.NONE] * len(graph.a)
    for k in sorted(range(len(graph.a)), key=lambda k: not graph.strong[k]):
        ours, theirs = group[int(graph.a[k])], group[int(graph.b[k])]
        if ours is theirs:
            continue
        for space, rule in enumerate(RULES):
            here, there = (sum(holds[node][space] for node in side) for side in (ours, theirs))
            if here and there and rule.strong and not graph.strong[k]:
                reasons[k] = Reason.VETO
                break
            if here and there and here + there > rule.cap:
                reasons[k] = Reason.CAP
                break
        else:
            ours |= theirs
            for node in theirs:
                group[node] = ours
    return group, reasons


@given(graph=graphs())
def test_the_fast_way_equals_the_plain_walk(graph: Graph) -> None:
    verdict = cluster(graph)
    group, reasons = walk(graph)
    for node in range(graph.nodes):
        assert set(np.flatnonzero(verdict.label == verdict.label[node]).tolist()) == group[node]
    assert sorted(set(verdict.label.tolist())) == list(range(len(set(verdict.label.tolist()))))
    together = verdict.label[graph.a] == verdict.label[graph.b]
    assert all(verdict.reason[together] == Reason.NONE)
    assert verdict.reason[~together].tolist() == [reasons[k] for k in np.flatnonzero(~together).tolist()]
    assert ((verdict.space >= 0) == ~together).all()


@given(graph=graphs())
def test_without_holdings_groups_are_components(graph: Graph) -> None:
    nothing = np.empty(0, dtype=np.int64)
    free = Graph(nodes=graph.nodes, a=graph.a, b=graph.b, strong=graph.strong, holder=nothing, space=nothing,
                 held=nothing, rules=RULES)  # fmt: skip
    assert np.array_equal(cluster(free).label, components(graph.nodes, graph.a, graph.b))


def test_a_large_doubtful_component_is_walked_once() -> None:
    """A chain of 100,000 holders of a cap of one: no link holds, and the walk stays quick."""
    size = 100_000
    chain = Graph(
        nodes=size, a=np.arange(size - 1), b=np.arange(1, size), strong=np.ones(size - 1, dtype=np.bool_),
        holder=np.arange(size), space=np.zeros(size, dtype=np.int64), held=np.ones(size, dtype=np.int64), rules=RULES,
    )  # fmt: skip
    verdict = cluster(chain)
    assert len(set(verdict.label.tolist())) == size
    assert set(verdict.reason.tolist()) == {Reason.CAP}


def test_small_tools() -> None:
    groups = np.array([3, 3, 5, 9, 9, 9])
    assert starts(groups).tolist() == [0, 2, 3]
    assert place_in_group(groups).tolist() == [0, 1, 0, 0, 1, 2]
    assert place_in_group(groups[:0]).tolist() == []
    code, distinct = numbers(["b", "a", "b"])
    assert (code.tolist(), distinct) == ([0, 1, 0], ["b", "a"])


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6), st.sampled_from([1, 2, 3, 6, 7]), st.integers(0, 5))),
    st.sampled_from([0, 2**40]),
    st.randoms(use_true_random=False),
)
def test_statements_amount_to_the_same_in_any_order_and_however_large_their_numbers(
    said: list[tuple[int, int, int, int]], base: int, random: Random
) -> None:
    rows = [
        [base + min(a, b), base + max(a, b), action, 0, at, n]
        for n, (a, b, action, at) in enumerate(said, start=1)
        if a != b
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 6)
    there = pairs_of(table)
    random.shuffle(rows)
    again = pairs_of(np.array(rows, dtype=np.int64).reshape(-1, 6))
    for name in Pairs.__slots__:
        assert getattr(there, name).tolist() == getattr(again, name).tolist()
    for k, (a, b) in enumerate(zip(there.a.tolist(), there.b.tolist(), strict=True)):
        mine = [row for row in table.tolist() if row[:2] == [a, b]]
        gone = max((row[4] for row in mine if row[2] == Action.RETRACT), default=-1)
        met = [row for row in mine if row[2] in {Action.ASSERT, Action.REFUSE} and row[4] > gone]
        first = min(((row[4], row[5]) for row in met), default=(EVER, 0))
        assert (there.seen_ms[k], there.assertion[k]) == first
        assert there.last_ms[k] == max((row[4] for row in met), default=NEVER)
        words = [row[2] for row in mine if row[2] >= Action.MUST]
        assert there.must[k] == (words[-1:] == [Action.MUST])
