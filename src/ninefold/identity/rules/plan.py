"""Decisions of OneID: which identifiers are a storm, who is whom after a batch, and what the ledger must say.

Pure: arrays in, arrays out. What is known of the past comes as :class:`Known` and :class:`Past`; the service reads
them, and writes what :class:`Outcome` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ninefold.identity.model import Action, IdentityRules, NamespaceRule, Reason

from .encode import Encoded, Flags, Ints, Links, distinct_of, starts
from .union import Clusters, Graph, cluster, least

NOBODY = 0
_NONE_YET = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is stored of each identifier of a batch; shape (n,).

    Attributes:
        id: number of the identifier, 0 when it is new.
        oneid: its person, 0 when it has none.
        blocked: whether it is blocked.
        first_ms: first time seen; the largest number when it is new.
        last_ms: last time seen; the smallest number when it is new.
    """

    id: Ints
    oneid: Ints
    blocked: Flags
    first_ms: Ints
    last_ms: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the ledger says of a batch's links.

    Attributes:
        action: newest action per meeting, 0 when there is none.
        assertion: the ledger row of that action.
        met: per pair, whether any source saw the two together before.
        refused: per pair, whether the two were kept apart before.
    """

    action: Ints
    assertion: Ints
    met: Flags
    refused: Flags


def past_of(links: Links, rows: Ints) -> Past:
    """Read ledger rows (pair, source code or -1, action, id; oldest first) against the links they are about."""
    action, assertion = np.zeros(len(links.pair), np.int64), np.zeros(len(links.pair), np.int64)
    met, refused = np.zeros(len(links.lo), np.bool_), np.zeros(len(links.lo), np.bool_)
    if len(rows):
        pair, source, what, number = rows.T
        met[pair] = True
        refused[pair[what == Action.REFUSE]] = True
        sources = int(max(links.source.max(), source.max())) + 1
        place = np.searchsorted(links.pair * sources + links.source, pair * sources + source)
        place = np.minimum(place, len(links.pair) - 1)
        same = (links.pair[place] == pair) & (links.source[place] == source)
        action[place[same]], assertion[place[same]] = what[same], number[same]
    return Past(action=action, assertion=assertion, met=met, refused=refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Stored counts of values by owner and namespace; one entry each.

    Attributes:
        owner: an identifier of the batch, or a person.
        space: namespace, as its place in `names`.
        count: number of values.
        names: all namespaces in use.
    """

    owner: Ints
    space: Ints
    count: Ints
    names: tuple[str, ...]

    def coded(self, rules: Sequence[NamespaceRule]) -> Ints:
        """Namespace of each entry as its place among the rules, -1 when it is not there."""
        place = {rule.name: k for k, rule in enumerate(rules)}
        codes: Ints = np.array([place.get(name, -1) for name in self.names], dtype=np.int64)[self.space]
        return codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """How many different strong values of one namespace an identifier met; one entry per identifier and namespace."""

    ident: Ints
    space: Ints
    count: Ints


def fresh_neighbours(encoded: Encoded, links: Links, past: Past, usable: Flags) -> Neighbours:
    """Strong neighbours that identifiers met for the first time in this batch."""
    fresh = ~past.met & usable[links.lo] & usable[links.hi]
    lo, hi = links.lo[fresh], links.hi[fresh]
    ident, other = np.concatenate([lo, hi]), np.concatenate([hi, lo])
    firm = encoded.strong[other]
    key = np.sort(ident[firm] * len(encoded.rules) + encoded.space[other[firm]])
    first = starts(key)
    spaces = max(len(encoded.rules), 1)
    count = np.diff(first, append=len(key))
    return Neighbours(ident=key[first] // spaces, space=key[first] % spaces, count=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storms:
    """Identifiers that met more strong values of one namespace than is believable; one entry each."""

    ident: Ints
    space: Ints
    count: Ints


def storms(encoded: Encoded, fresh: Neighbours, before: Tally) -> Storms:
    """Find them, given the neighbours met for the first time and the tally of those met earlier."""
    count = fresh.count.copy()
    if len(before.owner) and len(count):
        spaces, space = len(encoded.rules), before.coded(encoded.rules)
        key = fresh.ident * spaces + fresh.space
        place = np.minimum(np.searchsorted(key, before.owner * spaces + space), len(key) - 1)
        same = (fresh.ident[place] == before.owner) & (fresh.space[place] == space)
        count[place[same]] += before.count[same]
    limits = np.array([rule.storm_limit for rule in encoded.rules], dtype=np.int64)
    over = np.flatnonzero(count > limits[encoded.space[fresh.ident]])
    over = over[np.lexsort((fresh.space[over], -count[over], fresh.ident[over]))]
    over = over[starts(fresh.ident[over])]
    return Storms(ident=fresh.ident[over], space=fresh.space[over], count=count[over])


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Where links of a batch lead from one cluster to another.

    Attributes:
        people: stored people among the clusters, ascending; they are the nodes 0..len(people)-1.
        node: node of each identifier; each identifier without a person is a node of its own.
        pair: the pairs that cross, in the order in which they are to be tried.
    """

    people: Ints
    node: Ints
    pair: Ints

    def involved(self, links: Links) -> Ints:
        """The nodes that any crossing pair touches, ascending."""
        return distinct_of(np.concatenate([self.node[links.lo[self.pair]], self.node[links.hi[self.pair]]]))


def crossing(links: Links, known: Known, usable: Flags) -> Crossing:
    """Find the pairs of usable identifiers that do not belong to one person yet."""
    owned = known.oneid > 0
    people, number = np.unique(known.oneid[owned], return_inverse=True)
    node = len(people) + np.cumsum(~owned) - 1
    node[owned] = number
    able = usable[links.lo] & usable[links.hi] & (node[links.lo] != node[links.hi])
    pair = np.flatnonzero(able)
    order = np.lexsort((links.hi[pair], links.lo[pair], links.first_ms[pair]))
    return Crossing(people=people, node=node, pair=pair[order])


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a decision rests on: the batch, its links, what is stored, and where the links cross.

    Attributes:
        encoded: the identifiers of the batch.
        links: who met whom.
        known: what is stored of the identifiers.
        usable: which identifiers are not blocked, those blocked by this batch included.
        cross: where links lead from one cluster to another.
        ts_ms: time of each event.
    """

    encoded: Encoded
    links: Links
    known: Known
    usable: Flags
    cross: Crossing
    ts_ms: Ints


def graph_of(at: Situation, held: Tally, rules: IdentityRules) -> tuple[Graph, Ints]:
    """The graph of the clusters that may become one, and which node of :class:`Crossing` each of its nodes is.

    Args:
        at: the situation.
        held: what the stored people among the clusters hold.
        rules: the rules in force.
    """
    encoded, links, cross = at.encoded, at.links, at.cross
    nodes = cross.involved(links)
    mentioned = {rule.name for rule in encoded.rules}
    every = [*encoded.rules, *(rules.of(name) for name in held.names if name not in mentioned)]
    mine = np.searchsorted(nodes, np.searchsorted(cross.people, held.owner))
    alone = np.flatnonzero((at.known.oneid == NOBODY) & np.isin(cross.node, nodes))
    firm = encoded.strong
    lo, hi = links.lo[cross.pair], links.hi[cross.pair]
    graph = Graph(
        nodes=len(nodes),
        a=np.searchsorted(nodes, cross.node[lo]),
        b=np.searchsorted(nodes, cross.node[hi]),
        strong=firm[lo] & firm[hi],
        holder=np.concatenate([mine, np.searchsorted(nodes, cross.node[alone])]),
        space=np.concatenate([held.coded(every), encoded.space[alone]]),
        held=np.concatenate([held.count, np.ones(len(alone), dtype=np.int64)]),
        rules=every,
    )
    return graph, nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Who is whom after a batch, before it is written.

    Attributes:
        person: person of each identifier, 0 for none.
        row_person: person of each event, 0 for none.
        born: numbers of the new people, ascending.
        born_ms: first event of each of them.
        loser: people who became part of another.
        winner: the person each of them is now.
        joined_by: the pair that joined each of them first.
        action: what the ledger must say per meeting.
        reason: why, per meeting.
        space: per pair the code of the namespace that kept it apart, else -1.
        spaces: namespaces by that code.
    """

    person: Ints
    row_person: Ints
    born: Ints
    born_ms: Ints
    loser: Ints
    winner: Ints
    joined_by: Ints
    action: Ints
    reason: Ints
    space: Ints
    spaces: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """The clusters after the rules had their say.

    Attributes:
        label: group of each node.
        root: smallest stored person of each group, 0 when it has none.
        new: groups without a stored person to which an event belongs; each becomes a new person.
        verdict: the verdict on the crossing pairs, None when there are none.
        spaces: namespaces by the codes of the verdict.
    """

    label: Ints
    root: Ints
    new: Ints
    verdict: Clusters | None
    spaces: tuple[str, ...]


def group(at: Situation, graph: Graph | None, nodes: Ints) -> Grouping:
    """Join clusters as far as the rules allow.

    Args:
        at: the situation.
        graph: the graph of :func:`graph_of`, None when no link crosses.
        nodes: its nodes.
    """
    cross, center = at.cross, at.links.center
    total = max(int(cross.node.max(initial=-1)) + 1, len(cross.people))
    label = np.arange(total)
    verdict = None if graph is None else cluster(graph)
    if verdict is not None:
        label[nodes] = total + verdict.label
        label = np.unique(label, return_inverse=True)[1].astype(np.int64)
    root = least(label[: len(cross.people)], int(label.max(initial=-1)) + 1, cross.people, absent=_NONE_YET)
    root[root == _NONE_YET] = NOBODY
    wanted = np.zeros(len(root), dtype=np.bool_)
    wanted[label[cross.node[center[center >= 0]]]] = True
    return Grouping(
        label=label,
        root=root,
        new=np.flatnonzero(wanted & (root == NOBODY)),
        verdict=verdict,
        spaces=tuple(rule.name for rule in graph.rules) if graph else (),
    )


def decide(at: Situation, grouping: Grouping, *, next_person: int) -> Outcome:
    """Give every group its person: the smallest stored one, else a new one, numbered from `next_person`."""
    cross, links = at.cross, at.links
    root = grouping.root.copy()
    root[grouping.new] = next_person + np.arange(len(grouping.new))
    person = np.where(at.usable, root[grouping.label[cross.node]], at.known.oneid)
    seated = links.center >= 0
    row_person = np.zeros(len(links.center), dtype=np.int64)
    row_person[seated] = person[links.center[seated]]
    place = np.full(len(root), -1, dtype=np.int64)
    place[grouping.new] = np.arange(len(grouping.new))
    row_new = np.full(len(row_person), -1, dtype=np.int64)
    row_new[seated] = place[grouping.label[cross.node[links.center[seated]]]]
    now = root[grouping.label[: len(cross.people)]]
    lost = now != cross.people
    action, reason, space = _statements(at, grouping.verdict)
    return Outcome(
        person=person,
        row_person=row_person,
        born=root[grouping.new],
        born_ms=least(row_new[row_new >= 0], len(grouping.new), at.ts_ms[row_new >= 0], absent=_NONE_YET),
        loser=cross.people[lost],
        winner=now[lost],
        joined_by=_joined_by(at, np.flatnonzero(lost), person),
        action=action,
        reason=reason,
        space=space,
        spaces=grouping.spaces,
    )


def _statements(at: Situation, verdict: Clusters | None) -> tuple[Ints, Ints, Ints]:
    """Action and reason per meeting, and the namespace that kept each pair apart."""
    links = at.links
    reason = np.zeros(len(links.lo), dtype=np.int64)
    space = np.full(len(links.lo), -1, dtype=np.int64)
    if verdict is not None:
        reason[at.cross.pair], space[at.cross.pair] = verdict.reason, verdict.space
    reason[~(at.usable[links.lo] & at.usable[links.hi])] = Reason.BLOCKED
    action = np.where(reason == Reason.NONE, int(Action.ASSERT), int(Action.REFUSE))
    return action[links.pair], reason[links.pair], space


def _joined_by(at: Situation, losers: Ints, person: Ints) -> Ints:
    """The first accepted pair that touches each losing node."""
    cross = at.cross
    pair = cross.pair[person[at.links.lo[cross.pair]] == person[at.links.hi[cross.pair]]]
    node = cross.node[np.stack([at.links.lo[pair], at.links.hi[pair]], axis=1).reshape(-1)]
    found, first = np.unique(node, return_index=True)
    joined: Ints = np.repeat(pair, 2)[first[np.searchsorted(found, losers)]]
    return joined
