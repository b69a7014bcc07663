"""Which clusters become one: connected components, held back by caps and by the veto of disagreement.

Pure. Most components offend no rule and are accepted as a whole by vectors; only those that might offend are walked
link by link. Both ways give the same answer: where no rule is offended, every order of links joins everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ninefold.identity.model import NamespaceRule, Reason

from .encode import Flags, Ints, distinct_of, starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Clusters as nodes 0..nodes-1, what they hold, and the links between them.

    Attributes:
        nodes: number of clusters.
        a: one end of each link, shape (k,).
        b: the other end; links are given in the order in which they are to be tried among their kind.
        strong: whether both identifiers of the link are strong.
        holder: cluster of each holding, shape (h,).
        space: namespace code of each holding.
        held: how many values of the namespace the cluster holds.
        rules: rule of each namespace code.
        size_max: a component that holds more in all is looked at closely.
    """

    nodes: int
    a: Ints
    b: Ints
    strong: Flags
    holder: Ints
    space: Ints
    held: Ints
    rules: Sequence[NamespaceRule]
    size_max: int = 1_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """The outcome.

    Attributes:
        label: group of each node, 0..groups-1.
        reason: per link why it was refused (:class:`Reason`); NONE where its ends are in one group.
        space: per refused link the namespace code that forbade it, else -1.
    """

    label: Ints
    reason: Ints
    space: Ints


def components(nodes: int, a: Ints, b: Ints) -> Ints:
    """Connected component of each node."""
    links = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(nodes, nodes))
    _, label = connected_components(links.tocsr(), directed=False)
    return label.astype(np.int64)


def cluster(graph: Graph) -> Clusters:
    """Join clusters along the links as far as the rules allow.

    A link is refused when the joined cluster would hold more values of a namespace than its cap allows, or when the
    link is weak and both sides hold a value of the same strong namespace. Strong links are tried before weak ones,
    each kind in the order given; a refused link is not tried again.
    """
    whole = components(graph.nodes, graph.a, graph.b)
    doubtful, _ = doubts(graph, whole)
    refused = np.zeros(len(graph.a), dtype=np.int64)
    space = np.full(len(graph.a), -1, dtype=np.int64)
    if not doubtful.any():
        return Clusters(label=whole, reason=refused, space=space)
    walk = np.flatnonzero(doubtful[whole[graph.a]])
    walk = walk[np.argsort(~graph.strong[walk], kind="stable")]
    nodes = np.flatnonzero(doubtful[whole])
    label = whole.copy()
    label[nodes], refused[walk], space[walk] = _walk(graph, nodes, walk)
    label[nodes] += len(doubtful)
    _, label = np.unique(label, return_inverse=True)
    together = label[graph.a] == label[graph.b]
    refused[together], space[together] = Reason.NONE, -1
    return Clusters(label=label.astype(np.int64), reason=refused, space=space)


def doubts(graph: Graph, whole: Ints) -> tuple[Flags, Flags]:
    """Which components might offend a rule, and which are held together by weak links only, in part.

    Of the first a cap would be exceeded, or a weak link would meet two holders of a strong namespace. Of the second a
    strong link that is learnt later may take a part away, since strong links are tried first.
    """
    doubtful, loose = (np.zeros(int(whole.max(initial=-1)) + 1, dtype=np.bool_) for _ in range(2))
    if not len(graph.holder):
        return doubtful, loose
    spaces = len(graph.rules)
    caps = np.array([rule.most for rule in graph.rules], dtype=np.int64)
    strong = np.array([rule.strong for rule in graph.rules], dtype=np.bool_)
    key = whole[graph.holder] * spaces + graph.space
    order = np.argsort(key, kind="stable")
    first = starts(key[order])
    total, group = np.add.reduceat(graph.held[order], first), key[order][first]
    doubtful[group[total > caps[group % spaces]] // spaces] = True
    doubtful |= np.bincount(group // spaces, weights=total, minlength=len(doubtful)) > graph.size_max
    if graph.strong.all():
        return doubtful, loose
    firmly = components(graph.nodes, graph.a[graph.strong], graph.b[graph.strong])
    known = strong[graph.space]
    side = firmly[graph.holder[known]]
    held = distinct_of(key[known] * graph.nodes + side) // graph.nodes
    doubtful[held[1:][held[1:] == held[:-1]] // spaces] = True
    owner = np.full(int(firmly.max(initial=-1)) + 1, -1, dtype=np.int64)
    owner[side] = whole[graph.holder[known]]
    loose[:] = np.bincount(owner[owner >= 0], minlength=len(loose)) > 1
    return doubtful, loose


def _walk(graph: Graph, nodes: Ints, walk: Ints) -> tuple[Ints, Ints, Ints]:
    """Try the links of doubtful components one by one: per node its group's first node, per link the refusal."""
    parent = {node: node for node in nodes.tolist()}
    holds: dict[int, dict[int, int]] = {node: {} for node in parent}
    ours = np.isin(graph.holder, nodes)
    for node, space, held in zip(
        graph.holder[ours].tolist(), graph.space[ours].tolist(), graph.held[ours].tolist(), strict=True
    ):
        holds[node][space] = holds[node].get(space, 0) + held
    reasons, spaces = [], []

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    for a, b, strong in zip(graph.a[walk].tolist(), graph.b[walk].tolist(), graph.strong[walk].tolist(), strict=True):
        a, b = root(a), root(b)  # noqa: PLW2901 - the ends are their clusters from here on
        if len(holds[a]) < len(holds[b]):
            a, b = b, a  # noqa: PLW2901
        reason, space = (Reason.NONE, -1) if a == b else _clash(holds[a], holds[b], graph.rules, strong=strong)
        reasons.append(int(reason))
        spaces.append(space)
        if a != b and reason is Reason.NONE:
            parent[b] = a
            for space, held in holds.pop(b).items():
                holds[a][space] = holds[a].get(space, 0) + held
    place = {node: k for k, node in enumerate(parent)}
    label = np.array([place[root(node)] for node in parent], dtype=np.int64)
    return label, np.array(reasons, dtype=np.int64), np.array(spaces, dtype=np.int64)


def _clash(
    large: dict[int, int], small: dict[int, int], rules: Sequence[NamespaceRule], *, strong: bool
) -> tuple[Reason, int]:
    """Why two clusters may not become one, and over which namespace (the strongest such)."""
    for space in sorted(small):
        if space in large:
            if not strong and rules[space].strong:
                return Reason.VETO, space
            if large[space] + small[space] > rules[space].cap:
                return Reason.CAP, space
    return Reason.NONE, -1


def least(label: Ints, groups: int, value: NDArray[np.int64], *, absent: int) -> Ints:
    """The smallest value of each group; `absent` for a group without one."""
    smallest = np.full(groups, absent, dtype=np.int64)
    np.minimum.at(smallest, label, value)
    return smallest
