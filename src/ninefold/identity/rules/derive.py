"""Who is whom: a pure function of everything that is known of some identifiers, whatever the order it arrived in.

Nodes are identifiers (an identifier that was taken from its person once is one node per span of time), edges are
pairs that met. Edges are tried in one fixed order and join as far as caps, the veto of disagreement and operators'
decisions allow:

    one value in two hash states, then strong before weak, then by the time of the first meeting (of the last one for a
    device that belongs to its last login), then by the identifiers themselves; spans of one identifier follow, and
    must-links come last: they join people as they are, against caps and veto, and so never push anything out of a
    person. What was refused to somebody whom a must-link made larger is tried once more.

Incremental resolution, full rebuild and simulation of other rules all call :func:`derive`; nothing else decides.
A further constraint belongs into :class:`Limits` (may these two clusters become one?), another order into
:func:`_order`; a rule that ends an identifier's belonging at a time cuts the identifier into two nodes beforehand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ninefold.identity.model import NamespaceRule, Reason
from ninefold.identity.ruleset import Breaker, Period, Shared

from .encode import Flags, Ints
from .limits import Cluster, Limits
from .union import Clusters, Graph, components, doubts

_NO_PAIRS = np.empty((0, 2), dtype=np.int64)
_UNSAID = np.empty(0, dtype=np.int64)
_NONE = np.empty(0, dtype=np.bool_)
EVER = np.iinfo(np.int64).max


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
        rules: rule of each namespace code, the strongest first.
        first_ms: when each identifier was seen first; needed where a cap has a period.
        last_ms: when each pair met last; needed where a device belongs to its last login.
        ended: whether each identifier's span is over: it stays where it is and no longer counts, shape (n,).
        follows: whether each pair is two spans of one identifier of which the later goes on with the earlier one's
            person unless something speaks against it, shape (k,).
        same: whether each pair is one value in two hash states, shape (k,).
        breaker: limits on sizes, None for none.
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
    first_ms: Ints = field(default_factory=lambda: _UNSAID)
    last_ms: Ints = field(default_factory=lambda: _UNSAID)
    ended: Flags = field(default_factory=lambda: _NONE)
    follows: Flags = field(default_factory=lambda: _NONE)
    same: Flags = field(default_factory=lambda: _NONE)
    breaker: Breaker | None = None

    @property
    def special(self) -> Flags:
        """Whether each pair is there for another reason than a meeting: its people are always derived anew."""
        found = self.must
        for more in (self.same, self.follows):
            found = found | more if len(more) else found
        return found

    @property
    def strong(self) -> Flags:
        """Whether both ends of each pair are of a strong namespace."""
        firm = np.array([rule.strong for rule in self.rules], dtype=np.bool_)[self.space]
        both: Flags = firm[self.a] & firm[self.b]
        return both & ~self.follows if len(self.follows) else both

    @property
    def counted(self) -> Flags:
        """Whether each identifier counts among its person's values: its span goes on, or nothing may replace it."""
        if not len(self.ended):
            return np.ones(len(self.space), dtype=np.bool_)
        kept = np.array([rule.immutable for rule in self.rules], dtype=np.bool_)
        return ~self.ended | kept[self.space]


def derive(known: Meetings) -> Clusters:
    """The clusters of identifiers, and the verdict on every pair.

    Returns:
        `label` per identifier; per pair the reason it was refused (NONE where its ends are in one cluster), and the
        namespace over which it was.
    """
    live = known.usable[known.a] & known.usable[known.b]
    whole, doubtful, _ = suspicious(known, live)
    reason = np.where(live, int(Reason.NONE), int(Reason.BLOCKED)).astype(np.int64)
    space = np.full(len(known.a), -1, dtype=np.int64)
    if not doubtful.any():
        return Clusters(label=whole, reason=reason, space=space)
    walk = np.flatnonzero(live & doubtful[whole[known.a]])
    nodes = np.flatnonzero(doubtful[whole])
    label = whole.copy()
    label[nodes], reason[walk], space[walk] = _walk(known, nodes, walk)
    label[nodes] += len(doubtful)
    label = np.unique(label, return_inverse=True)[1].astype(np.int64)
    together = live & (label[known.a] == label[known.b])
    reason[together], space[together] = Reason.NONE, -1
    return Clusters(label=label, reason=reason, space=space)


def suspicious(known: Meetings, live: Flags) -> tuple[Ints, Flags, Flags]:
    """The component of each identifier over the live pairs, which components might offend a rule, which are loose.

    Only of the first do the order of the pairs and `tie` count; all others are joined as a whole. For the second see
    :func:`.union.doubts`.
    """
    size = len(known.space)
    a, b = known.a[live], known.b[live]
    whole = components(size, a, b)
    graph = Graph(
        nodes=size, a=a, b=b, strong=known.strong[live], holder=np.arange(size), space=known.space,
        held=np.ones(size, dtype=np.int64), rules=known.rules,
        size_max=size if known.breaker is None else known.breaker.size_max,
    )  # fmt: skip
    doubtful, loose = doubts(graph, whole)
    if len(known.apart):
        one, other = whole[known.apart[:, 0]], whole[known.apart[:, 1]]
        doubtful[one[one == other]] = True
    return whole, doubtful, loose


def _order(known: Meetings, pairs: Ints) -> Ints:
    """The order in which pairs are tried, as places of `pairs`."""
    one, other = known.tie[known.a[pairs]], known.tie[known.b[pairs]]
    late, at = np.zeros(len(pairs), dtype=np.bool_), known.seen_ms[pairs]
    if len(known.last_ms):
        last = np.array([rule.shared is Shared.LAST_LOGIN for rule in known.rules], dtype=np.bool_)[known.space]
        late = (last[known.a[pairs]] | last[known.b[pairs]]) & ~known.strong[pairs]
        at = np.where(late, -known.last_ms[pairs], at)
    return np.lexsort(
        (
            np.maximum(one, other),
            np.minimum(one, other),
            at,
            late,
            known.follows[pairs] if len(known.follows) else late,
            ~known.strong[pairs],
        )
    )


class _Walk:
    """Tries pairs one by one."""

    def __init__(self, known: Meetings, nodes: Ints) -> None:
        timed = any(rule.period is not Period.EVER for rule in known.rules) and len(known.first_ms) > 0
        first = known.first_ms[nodes].tolist() if timed else [None] * len(nodes)
        self.limits = Limits(rules=known.rules, breaker=known.breaker)
        self.known = known
        self.at: dict[int, Cluster] = {}
        for node, space, value, counted, at in zip(
            nodes.tolist(), known.space[nodes].tolist(), known.value[nodes].tolist(), known.counted[nodes].tolist(),
            first, strict=True,
        ):  # fmt: skip
            self.at[node] = Cluster(
                values={space: {value}} if counted else {}, foes=set(), nodes=[node],
                first={} if at is None else {value: at},
            )  # fmt: skip
        for one, other in known.apart.tolist():
            if one in self.at and other in self.at:
                self.at[one].foes.add(other)
                self.at[other].foes.add(one)

    def attempt(self, pairs: Ints, *, must: bool = False, again: bool = False) -> tuple[list[int], list[int]]:
        """Join pairs in the order given where the rules allow: per pair the refusal and its namespace.

        Args:
            pairs: the pairs.
            must: whether an operator, or the very value, says that they are one.
            again: only those of people whom a must-link made larger; of the others the refusal is -1.
        """
        reasons, spaces = [], []
        known, at = self.known, self.at
        columns = (known.a, known.b, known.strong)
        for a, b, strong in zip(*(column[pairs].tolist() for column in columns), strict=True):
            large, small = at[a], at[b]
            if len(large.nodes) < len(small.nodes):
                large, small = small, large
            if again and not (large.grown or small.grown):
                reasons.append(-1)
                spaces.append(-1)
                continue
            reason, space = (Reason.NONE, -1) if large is small else self._verdict(large, small, strong, must)
            reasons.append(int(reason))
            spaces.append(space)
            if large is not small and reason is Reason.NONE:
                large.absorb(small)
                large.grown |= must
                at.update(dict.fromkeys(small.nodes, large))
        return reasons, spaces

    def _verdict(self, large: Cluster, small: Cluster, strong: bool, must: bool) -> tuple[Reason, int]:  # noqa: FBT001 - columns of a pair
        fewer, others = (large, small) if len(large.foes) < len(small.foes) else (small, large)
        if any(self.at[foe] is others for foe in fewer.foes):
            return Reason.MANUAL, -1
        return self.limits.fixed(large, small) if must else self.limits.clash(large, small, strong=strong)

    def shun(self, pairs: Ints) -> Ints:
        """Mark the clusters of shared devices that must not guess their owner; these devices."""
        met = self._users(pairs)
        shared = [one for one, people in met.items() if self._disagree(people)]
        rules = self.known.rules
        free = [one for one in shared if not any(rules[space].strong for space in self.at[one].values)]
        for one in free:  # not one that an operator gave to somebody
            self.at[one].shunned.add(one)
        return np.array(sorted(free), dtype=np.int64)

    def forgive(self, pairs: Ints) -> None:
        """Let devices guess again whose users a must-link made one."""
        for one, people in self._users(pairs).items():
            if one in self.at[one].shunned and not self._disagree(people):
                self.at[one].shunned.discard(one)
                self.at[one].grown = True

    def _users(self, pairs: Ints) -> dict[int, list[int]]:
        """The strong identifiers that each device met which must not guess its owner."""
        rules = self.known.rules
        refuse = np.array([rule.shared is Shared.REFUSE and not rule.strong for rule in rules])[self.known.space]
        firm = np.array([rule.strong for rule in rules])[self.known.space]
        a, b = self.known.a[pairs], self.known.b[pairs]
        met: dict[int, list[int]] = {}
        for device, person in ((a, b), (b, a)):
            ours = refuse[device] & firm[person]
            for one, other in zip(device[ours].tolist(), person[ours].tolist(), strict=True):
                met.setdefault(one, []).append(other)
        return met

    def _disagree(self, people: Sequence[int]) -> bool:
        """Whether some two of the people cannot be one."""
        clusters = list({id(self.at[one]): self.at[one] for one in people}.values())
        return any(
            self.limits.clash(one, other, strong=False)[0] is not Reason.NONE
            for k, one in enumerate(clusters)
            for other in clusters[k + 1 :]
        )


def _walk(known: Meetings, nodes: Ints, walk: Ints) -> tuple[Ints, Ints, Ints]:
    """Try pairs one by one: per node the number of its cluster, per pair the refusal and its namespace."""
    order = _order(known, walk)
    must, one_value = known.must[walk], (known.same if len(known.same) else np.zeros_like(known.must))[walk]
    same, said = order[one_value[order]], order[(must & ~one_value)[order]]
    order = order[(~one_value & (~must | (known.seen_ms[walk] < EVER)))[order]]  # some are said, and met besides
    strong = known.strong[walk[order]]
    walker = _Walk(known, nodes)
    reason, space = np.zeros(len(walk), dtype=np.int64), np.zeros(len(walk), dtype=np.int64)
    first, rest = order[strong], order[~strong]
    reason[same], space[same] = walker.attempt(walk[same], must=True)
    reason[first], space[first] = walker.attempt(walk[first])
    refusing = any(rule.shared is Shared.REFUSE for rule in known.rules)
    if refusing:
        shunned = walker.shun(walk[rest])
        touched = np.isin(known.a[walk[rest]], shunned) | np.isin(known.b[walk[rest]], shunned)
        rest = rest[np.argsort(touched, kind="stable")]  # what a cookie knows counts before what the device knows
    reason[rest], space[rest] = walker.attempt(walk[rest])
    if len(said):
        reason[said], space[said] = walker.attempt(walk[said], must=True)
        if refusing:
            walker.forgive(walk[rest])
        tried = np.concatenate([first, rest])
        tried = tried[(reason[tried] != Reason.NONE) & ~must[tried]]
        why, over = (np.array(column, dtype=np.int64) for column in walker.attempt(walk[tried], again=True))
        reason[tried[why >= 0]], space[tried[why >= 0]] = why[why >= 0], over[why >= 0]
    at = walker.at
    number = {id(cluster): k for k, cluster in enumerate({id(one): one for one in at.values()}.values())}
    label = np.array([number[id(at[node])] for node in nodes.tolist()], dtype=np.int64)
    return label, reason, space
