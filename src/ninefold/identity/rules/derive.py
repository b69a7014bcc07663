"""Who is whom: a pure function of everything that is known of some identifiers, whatever the order it arrived in.

Nodes are identifiers (an identifier that was taken from its person once is one node per span of time), edges are
pairs that met. Edges are tried in one fixed order and join as far as caps, the veto of disagreement and operators'
decisions allow:

    must-links, then strong before weak, then by the time of the first meeting, then by the identifiers themselves.

Incremental resolution, full rebuild and simulation of other rules all call :func:`derive`; nothing else decides.
A further constraint belongs into :func:`_clash` (may these two clusters become one?), another order into
:func:`_order`; a rule that ends an identifier's belonging at a time cuts the identifier into two nodes beforehand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ninefold.identity.model import NamespaceRule, Reason

from .encode import Flags, Ints
from .union import Clusters, Graph, components, doubtful_components

_NO_PAIRS = np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meetings:
    """Identifiers 0..n-1 and the pairs of them that met, with all of their times and rules.

    Attributes:
        space: namespace code of each identifier, shape (n,).
        value: number of each identifier's value: two spans of one identifier have the same, shape (n,).
        tie: place of each identifier in the fixed order (priority, namespace, value, start of its span), shape (n,).
        usable: whether each identifier takes part; a blocked one joins nobody, shape (n,).
        a: one end of each distinct pair that met, shape (k,).
        b: the other end.
        seen_ms: when they met first, as far as it was not taken back.
        must: whether an operator said that the two are one; such a pair joins against caps and veto.
        apart: pairs of which an operator said that they are not one, shape (m, 2).
        rules: rule of each namespace code.
    """

    space: Ints
    value: Ints
    tie: Ints
    usable: Flags
    a: Ints
    b: Ints
    seen_ms: Ints
    must: Flags
    apart: Ints = field(default_factory=lambda: _NO_PAIRS)
    rules: Sequence[NamespaceRule]

    @property
    def strong(self) -> Flags:
        """Whether both ends of each pair are of a strong namespace."""
        firm = np.array([rule.strong for rule in self.rules], dtype=np.bool_)[self.space]
        return firm[self.a] & firm[self.b]


def derive(known: Meetings) -> Clusters:
    """The clusters of identifiers, and the verdict on every pair.

    Returns:
        `label` per identifier; per pair the reason it was refused (NONE where its ends are in one cluster), and the
        namespace over which it was.
    """
    live = known.usable[known.a] & known.usable[known.b]
    whole, doubtful = suspicious(known, live)
    reason = np.where(live, int(Reason.NONE), int(Reason.BLOCKED)).astype(np.int64)
    space = np.full(len(known.a), -1, dtype=np.int64)
    if not doubtful.any():
        return Clusters(label=whole, reason=reason, space=space)
    walk = np.flatnonzero(live & doubtful[whole[known.a]])
    walk = walk[_order(known, walk)]
    nodes = np.flatnonzero(doubtful[whole])
    label = whole.copy()
    label[nodes], reason[walk], space[walk] = _walk(known, nodes, walk)
    label[nodes] += len(doubtful)
    label = np.unique(label, return_inverse=True)[1].astype(np.int64)
    together = live & (label[known.a] == label[known.b])
    reason[together], space[together] = Reason.NONE, -1
    return Clusters(label=label, reason=reason, space=space)


def suspicious(known: Meetings, live: Flags) -> tuple[Ints, Flags]:
    """The component of each identifier over the live pairs, and which components might offend a rule.

    Only of those do the order of the pairs and `tie` count; all others are joined as a whole.
    """
    size = len(known.space)
    a, b = known.a[live], known.b[live]
    whole = components(size, a, b)
    graph = Graph(
        nodes=size, a=a, b=b, strong=known.strong[live], holder=np.arange(size), space=known.space,
        held=np.ones(size, dtype=np.int64), rules=known.rules,
    )  # fmt: skip
    doubtful = doubtful_components(graph, whole)
    if len(known.apart):
        one, other = whole[known.apart[:, 0]], whole[known.apart[:, 1]]
        doubtful[one[one == other]] = True
    return whole, doubtful


def _order(known: Meetings, pairs: Ints) -> Ints:
    """The order in which pairs are tried, as places of `pairs`."""
    one, other = known.tie[known.a[pairs]], known.tie[known.b[pairs]]
    return np.lexsort(
        (
            np.maximum(one, other),
            np.minimum(one, other),
            known.seen_ms[pairs],
            ~known.strong[pairs],
            ~known.must[pairs],
        )
    )


@dataclass(slots=True)
class _Cluster:
    """What a growing cluster holds: values by namespace, and the nodes it may not meet."""

    values: dict[int, set[int]]
    foes: set[int]
    nodes: list[int]


def _walk(known: Meetings, nodes: Ints, walk: Ints) -> tuple[Ints, Ints, Ints]:
    """Try pairs one by one: per node the number of its cluster, per pair the refusal and its namespace."""
    at: dict[int, _Cluster] = {}
    for node, space, value in zip(
        nodes.tolist(), known.space[nodes].tolist(), known.value[nodes].tolist(), strict=True
    ):
        at[node] = _Cluster(values={space: {value}}, foes=set(), nodes=[node])
    for one, other in known.apart.tolist():
        if one in at and other in at:
            at[one].foes.add(other)
            at[other].foes.add(one)
    reasons, spaces = [], []
    columns = (known.a, known.b, known.strong, known.must)
    for a, b, strong, must in zip(*(column[walk].tolist() for column in columns), strict=True):
        large, small = at[a], at[b]
        if large is small:
            reasons.append(int(Reason.NONE))
            spaces.append(-1)
            continue
        if len(large.nodes) < len(small.nodes):
            large, small = small, large
        reason, space = _clash(large, small, at, known.rules, strong=strong, must=must)
        reasons.append(int(reason))
        spaces.append(space)
        if reason is Reason.NONE:
            _absorb(large, small, at)
    number = {id(cluster): k for k, cluster in enumerate({id(one): one for one in at.values()}.values())}
    label = np.array([number[id(at[node])] for node in nodes.tolist()], dtype=np.int64)
    return label, np.array(reasons, dtype=np.int64), np.array(spaces, dtype=np.int64)


def _absorb(large: _Cluster, small: _Cluster, at: dict[int, _Cluster]) -> None:
    for node in small.nodes:
        at[node] = large
    large.nodes += small.nodes
    large.foes |= small.foes
    for space, values in small.values.items():
        held = large.values.setdefault(space, values)
        held |= values


def _clash(
    large: _Cluster,
    small: _Cluster,
    at: dict[int, _Cluster],
    rules: Sequence[NamespaceRule],
    *,
    strong: bool,
    must: bool,
) -> tuple[Reason, int]:
    """Why two clusters may not become one, and over which namespace (the strongest such, -1 for an operator's word)."""
    fewer, others = (large, small) if len(large.foes) < len(small.foes) else (small, large)
    if any(at[foe] is others for foe in fewer.foes):
        return Reason.MANUAL, -1
    if must:
        return Reason.NONE, -1
    for space in sorted(small.values):
        if space not in large.values:
            continue
        here, there = small.values[space], large.values[space]
        if here <= there or there <= here:  # spans of one identifier come together again
            continue
        if not strong and rules[space].strong:
            return Reason.VETO, space
        if len(here | there) > rules[space].cap:
            return Reason.CAP, space
    return Reason.NONE, -1
