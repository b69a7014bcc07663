"""What a batch changes: which clusters it joins, which must be derived anew, and what the ledger must say. Pure.

Only pairs that are *news* can change anything: pairs that never met, or met earlier than was known. Where news touch
people among whom no rule was ever offended, and offend none, everything they touch is one person: no order of arrival
could have given another answer. All else is derived anew from the ledger (:mod:`.region`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ninefold.identity.model import Action, IdentityRules, Reason

from .encode import Encoded, Flags, Ints, distinct_of
from .links import Links
from .pairs import EVER
from .plan import Known, Past, Tally
from .region import NOBODY, Judged, Region
from .union import Clusters, Graph, components, doubts, least


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """The news of a batch, between stored people and identifiers without one.

    Attributes:
        people: stored people of the batch's identifiers, ascending; they are the nodes 0..len(people)-1.
        node: node of each identifier; each without a person is a node of its own.
        news: the pairs that are news, in the order in which they are to be tried.
        component: component of each node over the news.
    """

    people: Ints
    node: Ints
    news: Ints
    component: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a decision rests on: the batch, its links, and what is stored.

    Attributes:
        encoded: the identifiers of the batch.
        links: who met whom.
        known: what is stored of the identifiers.
        past: what the ledger says of the links.
        usable: which identifiers are not blocked, those blocked by this batch included.
        cross: the news.
        ts_ms: time of each event.
    """

    encoded: Encoded
    links: Links
    known: Known
    past: Past
    usable: Flags
    cross: Crossing
    ts_ms: Ints

    @property
    def touched(self) -> Ints:
        """The nodes that any news touch, ascending."""
        return distinct_of(np.concatenate(self.ends))

    @property
    def ends(self) -> tuple[Ints, Ints]:
        """The nodes at both ends of the news."""
        cross, links = self.cross, self.links
        return cross.node[links.lo[cross.news]], cross.node[links.hi[cross.news]]


def crossing(links: Links, known: Known, past: Past, usable: Flags) -> Crossing:
    """Find the news among the pairs of usable identifiers."""
    owned = known.oneid > 0
    people, number = np.unique(known.oneid[owned], return_inverse=True)
    node = len(people) + np.cumsum(~owned) - 1
    node[owned] = number
    counts = usable[links.lo] & usable[links.hi]
    later = np.zeros(len(links.lo), dtype=np.bool_)
    later[links.pair[links.last_ms > past.last_ms]] = True
    earlier = links.first_ms < past.first_ms
    news = np.flatnonzero(counts & (earlier | (links.lasting & later)) & (links.first_ms > past.gone_ms))
    news = news[np.lexsort((links.hi[news], links.lo[news], links.first_ms[news]))]
    total = max(int(node.max(initial=-1)) + 1, len(people))
    component = components(total, node[links.lo[news]], node[links.hi[news]])
    return Crossing(people=people, node=node, news=news, component=component)


def graph_of(at: Situation, held: Tally, rules: IdentityRules) -> tuple[Graph, Ints]:
    """The graph of the clusters that news touch, and which node of :class:`Crossing` each of its nodes is.

    Args:
        at: the situation.
        held: what the stored people among them hold.
        rules: the rules in force.
    """
    encoded, links, cross = at.encoded, at.links, at.cross
    nodes = at.touched
    mentioned = {rule.name for rule in encoded.rules}
    every = [*encoded.rules, *(rules.of(name) for name in held.names if name not in mentioned)]
    mine = np.searchsorted(nodes, np.searchsorted(cross.people, held.owner))
    alone = np.flatnonzero((at.known.oneid == NOBODY) & np.isin(cross.node, nodes) & at.usable)
    firm = encoded.strong
    a, b = at.ends
    graph = Graph(
        nodes=len(nodes),
        a=np.searchsorted(nodes, a),
        b=np.searchsorted(nodes, b),
        strong=firm[links.lo[cross.news]] & firm[links.hi[cross.news]],
        holder=np.concatenate([mine, np.searchsorted(nodes, cross.node[alone])]),
        space=np.concatenate([held.coded(every), encoded.space[alone]]),
        held=np.concatenate([held.count, np.ones(len(alone), dtype=np.int64)]),
        rules=every,
        size_max=rules.breaker.size_max,
    )
    return graph, nodes


def hot_components(at: Situation, graph: Graph, nodes: Ints, contested: Ints) -> Flags:
    """The components that must be derived anew.

    Args:
        at: the situation.
        graph: the graph of :func:`graph_of`.
        nodes: its nodes.
        contested: people among whom a rule was offended, or who lose an identifier with this batch.
    """
    cross = at.cross
    hot = np.zeros(int(cross.component.max(initial=-1)) + 1, dtype=np.bool_)
    whole = components(graph.nodes, graph.a, graph.b)
    doubtful, loose = doubts(graph, whole)
    hot[cross.component[nodes[(doubtful | loose)[whole]]]] = True
    hot[cross.component[np.searchsorted(cross.people, contested)]] = True
    stray = (at.known.id > 0) & (at.known.oneid == NOBODY) & at.usable & np.isin(cross.node, nodes)
    hot[cross.component[cross.node[stray]]] = True
    return hot


@dataclass(frozen=True, slots=True, kw_only=True)
class Births:
    """Identifiers that get their home number, one entry each, the one with the earliest event first."""

    ident: Ints
    first_ms: Ints


def births(at: Situation) -> Births:
    """The centres of events that have no number of their own yet."""
    center = at.links.center
    seated = center >= 0
    first = np.full(at.encoded.size, EVER)
    np.minimum.at(first, center[seated], at.ts_ms[seated])
    ident = np.flatnonzero((first < EVER) & (at.known.origin == 0))
    ident = ident[np.lexsort((ident, first[ident]))]
    return Births(ident=ident, first_ms=first[ident])


@dataclass(frozen=True, slots=True, kw_only=True)
class Redone:
    """The part of a batch that was derived anew.

    Attributes:
        region: the region, the batch's own new identifiers and pairs included.
        judged: the verdict on it.
        place: place in the region of each identifier of the batch, -1 where it is not in it.
        pair: place among the region's pairs of each link of the batch, -1 likewise.
    """

    region: Region
    judged: Judged
    place: Ints
    pair: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Who is whom after a batch, before it is written.

    Attributes:
        person: person of each identifier, 0 for none.
        row_home: home number of each event, 0 for none.
        row_person: person of each event, 0 for none.
        loser: people who became part of another without further ado.
        winner: the person each of them is now.
        joined_by: the pair that joined each of them first.
        action: what the ledger must say per meeting.
        reason: why, per meeting.
        space: per pair the namespace that kept it apart, as its place in `spaces`; else -1.
        spaces: namespaces by that code.
    """

    person: Ints
    row_home: Ints
    row_person: Ints
    loser: Ints
    winner: Ints
    joined_by: Ints
    action: Ints
    reason: Ints
    space: Ints
    spaces: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """Verdicts on the components too large to be derived anew: their stored people are taken as they are.

    Attributes:
        nodes: nodes of the graph.
        verdict: the verdict on its links, which are the news.
        spaces: namespaces by the codes of the verdict.
        component: which components it holds for.
    """

    nodes: Ints
    verdict: Clusters
    spaces: tuple[str, ...]
    component: Flags


def decide(at: Situation, redone: Redone, local: Local | None, home: Ints) -> Outcome:
    """Give every identifier its person: the smallest home number of its cluster.

    Args:
        at: the situation.
        redone: what was derived anew.
        local: what was too large for that.
        home: home number of each identifier of the batch, 0 for none.
    """
    cross, center, place = at.cross, at.links.center, redone.place
    label = cross.component
    if local is not None:
        label = label.copy()
        mine = local.component[label[local.nodes]]
        label[local.nodes[mine]] = len(local.component) + local.verdict.label[mine]
        label = np.unique(label, return_inverse=True)[1].astype(np.int64)
    own = at.usable & (home > 0)
    names = np.concatenate([label[: len(cross.people)], label[cross.node[own]]])
    numbers = np.concatenate([cross.people, home[own]])
    root = least(names, int(label.max(initial=-1)) + 1, numbers, absent=EVER)
    root[root == EVER] = NOBODY
    person = np.where(at.usable, root[label[cross.node]], NOBODY)
    inside = place >= 0
    person[inside] = redone.judged.root[place[inside]]
    seated = center >= 0
    row_person, row_home = np.zeros(len(center), dtype=np.int64), np.zeros(len(center), dtype=np.int64)
    row_person[seated], row_home[seated] = person[center[seated]], home[center[seated]]
    now = root[label[: len(cross.people)]]
    lost = (now != cross.people) & ~np.isin(cross.people, redone.region.people)
    action, reason, space, spaces = _statements(at, redone, local, person)
    return Outcome(
        person=person,
        row_home=row_home,
        row_person=row_person,
        loser=cross.people[lost],
        winner=now[lost],
        joined_by=_joined_by(at, np.flatnonzero(lost), person),
        action=action[at.links.pair],
        reason=reason[at.links.pair],
        space=space,
        spaces=spaces,
    )


def _statements(
    at: Situation, redone: Redone, local: Local | None, person: Ints
) -> tuple[Ints, Ints, Ints, tuple[str, ...]]:
    """Action, reason and namespace per pair, and what the codes of the namespaces mean."""
    links, past, judged = at.links, at.past, redone.judged
    lo, hi = person[links.lo], person[links.hi]
    one = (lo == hi) & (lo > 0)
    action = np.where(one, int(Action.ASSERT), np.where(past.verdict > 0, past.verdict, int(Action.REFUSE)))
    reason = np.where(past.verdict > 0, past.reason, int(Reason.MANUAL))
    space = np.full(len(links.lo), -1, dtype=np.int64)
    spaces = judged.spaces
    news = at.cross.news
    action[news] = Action.ASSERT
    if local is not None:
        mine = local.component[at.cross.component[at.cross.node[links.lo[news]]]]
        pairs, verdict = news[mine], local.verdict
        action[pairs] = np.where(verdict.reason[mine] == Reason.NONE, int(Action.ASSERT), int(Action.REFUSE))
        reason[pairs] = verdict.reason[mine]
        space[pairs] = np.where(verdict.space[mine] >= 0, verdict.space[mine] + len(spaces), -1)
        spaces = (*spaces, *local.spaces)
    inside = redone.pair >= 0
    action[inside], reason[inside] = judged.action[redone.pair[inside]], judged.reason[redone.pair[inside]]
    space[inside] = judged.space[redone.pair[inside]]
    stopped = ~(at.usable[links.lo] & at.usable[links.hi])
    action[stopped], reason[stopped] = Action.REFUSE, Reason.BLOCKED
    joins = at.encoded.takes_part
    reason[~(joins[links.lo] & joins[links.hi])] = Reason.ATTACHED
    reason[action == Action.ASSERT] = Reason.NONE
    same = same_pairs(at.encoded, links)
    reason[same & ((action == Action.ASSERT) | stopped)] = Reason.SAME
    return action, reason, space, spaces


def same_pairs(encoded: Encoded, links: Links) -> Flags:
    """Which pairs are one value in two hash states, as this batch shows."""
    size = max(encoded.size, 1)
    a, b = encoded.same[:, 0], encoded.same[:, 1]
    return np.isin(links.lo * size + links.hi, np.minimum(a, b) * size + np.maximum(a, b))


def _joined_by(at: Situation, losers: Ints, person: Ints) -> Ints:
    """The first accepted pair that touches each losing node."""
    cross, links = at.cross, at.links
    pair = cross.news[person[links.lo[cross.news]] == person[links.hi[cross.news]]]
    node = cross.node[np.stack([links.lo[pair], links.hi[pair]], axis=1).reshape(-1)]
    found, first = np.unique(node, return_index=True)
    joined: Ints = np.repeat(pair, 2)[first[np.searchsorted(found, losers)]]
    return joined
