"""The whole ledger at once: rebuild (under the rules in force) and an attempt (under others).

Read in arrays and derived by arrays; only components in which a rule may be offended are looked at
value by value. Ten million edges take about a minute on two cores, see benchmarks.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import numpy as np
from sqlalchemy.engine import Connection

from ninefold.base import cycle_search_paused
from ninefold.identity import ledger, outbox, regions
from ninefold.identity.arrival import silence
from ninefold.identity.arrival.reveal import reveal
from ninefold.identity.changes import Rebuilt, Tell, Tried, untold
from ninefold.identity.model import Action, IdentityRules, NamespaceRule, Reason, State
from ninefold.identity.queries import packed
from ninefold.identity.queries import whole as sql
from ninefold.identity.rules.breaker import Meets, limited, too_fast
from ninefold.identity.rules.derive import Meetings, derive, suspicious
from ninefold.identity.rules.encode import Flags, Ints, distinct_of
from ninefold.identity.rules.pairs import EVER, NEVER, pairs_from
from ninefold.identity.rules.region import Judged, Region, extended, roots_of
from ninefold.identity.rules.union import Clusters, components
from ninefold.identity.tables import identifiers, identity_assertions, persons

from .reading import columns_of

_LOOK = 50_000  # identifiers whose values are read at once
_IDENTIFIER = 7  # columns: id, first time seen, person and home, namespace and state; of those with a span id and span
_STATEMENT = 4  # columns: the two identifiers, time, id with action and reason
_LOW = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The whole ledger in arrays.

    Attributes:
        region: all identifiers (without names and values) and all pairs.
        space: namespace of each identifier, as its place in `names`.
        names: all namespaces in use.
    """

    region: Region
    space: Ints
    names: tuple[str, ...]


def rebuild(
    conn: Connection, rules: IdentityRules, *, now: datetime, storms: bool = False, tell: Tell = untold
) -> Rebuilt:
    """Derive everybody anew, keep the numbers, write what differs.

    Args:
        conn: the caller's transaction; no other writer of identities runs meanwhile.
        rules: the rules.
        now: time of recording.
        storms: also block and unblock as the rules' limits say, and lay out silences anew; what an operator blocked or
            unblocked stays.
        tell: is told how far it is.
    """
    ledger.lock(conn)
    if storms:
        silence.lay_all(conn, silence.Stamp(rules=rules, now=now))
    whole = read(conn, tell)
    tell("deriving", 0, len(whole.region.id))
    if storms:
        whole = _with_storms(conn, whole, rules, now=now)
    judged = judge_all(conn, whole, rules)
    found = regions.differences(whole.region, judged)
    people, marks = columns_of(conn, persons.name, sql.MARKS, {}, width=2)
    stored = np.zeros(max(int(people.max(initial=0)), int(found.marked.max(initial=0))) + 1, dtype=np.int64)
    stored[people] = marks
    differs = stored[found.marked] != found.marks
    found = replace(found, marked=found.marked[differs], marks=found.marks[differs])
    stamp = {"now": now.isoformat(), "rule_version": str(rules.version), "batch_id": "0"}
    tell("writing", 0, len(found.ids))
    table = regions.write(conn, whole.region, judged, found, stamp)
    outbox.put(conn, redirects=table)
    return Rebuilt(
        identifiers=len(whole.region.id),
        pairs=len(whole.region.pairs.a),
        people=len(distinct_of(judged.root[judged.root > 0])),
        moved=len(found.ids),
        merged=int((found.roots != found.homes).sum()),
        split=int((found.roots == found.homes).sum()),
        restated=len(found.restated),
        redirects=regions.redirects_of(table),
    )


def attempt(conn: Connection, rules: IdentityRules, *, tell: Tell = untold) -> Tried:
    """What rules would make of the whole ledger; nothing is written.

    Args:
        conn: a transaction; with a snapshot of its own, writers of identities may go on meanwhile.
        rules: the rules to try; their storm limits are applied too.
        tell: is told how far it is.
    """
    whole = read(conn, tell)
    tell("deriving", 0, len(whole.region.id))
    after = _storms_tried(conn, whole, rules)
    judged = judge_all(conn, after, rules)
    return Tried(
        region=replace(after.region, usable=whole.region.usable), judged=judged, stays_out=~after.region.usable,
        space=whole.space, names=whole.names,
    )  # fmt: skip


def read(conn: Connection, tell: Tell = untold) -> Whole:
    """All identifiers and pairs."""
    names = ledger.namespaces(conn)
    said = {"names": packed(names), "never": str(NEVER), "ever": str(EVER)}
    told = partial(tell, "reading identifiers")
    number, first, whose, kind, spans, begun, over = columns_of(
        conn, identifiers.name, sql.ALL_IDENTIFIERS, said, width=_IDENTIFIER, tell=told
    )
    order = np.argsort(number, kind="stable")
    number, first, whose, kind = number[order], first[order], whose[order], kind[order]
    told = partial(tell, "reading the ledger")
    a, b, seen, stated = columns_of(conn, identity_assertions.name, sql.ALL_STATEMENTS, {}, width=_STATEMENT, tell=told)
    place = np.full(max(int(number.max(initial=0)), int(b.max(initial=0))) + 1, -1, dtype=np.int64)
    place[number] = np.arange(len(number))
    since, until = np.full(len(number), NEVER), np.full(len(number), EVER)
    since[place[spans]], until[place[spans]] = begun, over
    statements = (a, b, stated % 256 // 16, stated % 16, seen, stated // 256)
    known = (place[a] >= 0) & (place[b] >= 0)  # all, but for what arrives between the two reads of a simulation
    pairs = pairs_from(*(statements if known.all() else (column[known] for column in statements)))
    region = Region(
        id=number, name=(), value=(), since_ms=since, oneid=whose >> 32, origin=whose & _LOW, usable=kind % 16 == 0,
        first_ms=first, until_ms=until,
        pairs=replace(pairs, a=place[pairs.a], b=place[pairs.b]),
    )  # fmt: skip
    return Whole(region=region, space=kind // 16, names=names)


def judge_all(conn: Connection, whole: Whole, rules: IdentityRules) -> Judged:
    """Derive the clusters of the whole ledger."""
    region, ordered, code = whole.region, *_ordered(whole.names, rules)
    pairs, size = region.pairs, len(region.id)
    edges = np.flatnonzero(pairs.joining)
    apart = np.stack([pairs.a[pairs.cannot], pairs.b[pairs.cannot]], axis=1)
    known = Meetings(
        space=code[whole.space], value=np.arange(size), tie=np.arange(size), usable=region.usable,
        a=pairs.a[edges], b=pairs.b[edges], seen_ms=pairs.seen_ms[edges], must=pairs.must[edges],
        same=pairs.same[edges], apart=apart,
        rules=ordered, first_ms=region.first_ms, ended=region.until_ms < EVER, breaker=rules.breaker,
        last_ms=pairs.last_ms[edges], follows=pairs.follows[edges],
    )  # fmt: skip
    live = region.usable[known.a] & region.usable[known.b]
    component, doubtful, marked = suspicious(known, live)
    found = _settled(conn, region, known, component, doubtful)
    offended = live & ((found.reason != Reason.NONE) | known.special)
    marked[component[np.concatenate([known.a[offended], apart.reshape(-1)])]] = True
    action, reason, space = (np.zeros(len(pairs.a), dtype=np.int64) for _ in range(3))
    action[edges] = np.where(found.reason == Reason.NONE, int(Action.ASSERT), int(Action.REFUSE))
    reason[edges], space[edges] = found.reason, found.space
    return Judged(
        root=roots_of(found.label, region.origin), label=found.label, contested=marked[component], action=action,
        reason=reason, space=space, spaces=tuple(rule.name for rule in ordered),
    )  # fmt: skip


def _settled(conn: Connection, region: Region, known: Meetings, component: Ints, doubtful: Flags) -> Clusters:
    """Join the harmless components as a whole, and walk the doubtful ones, whose values are read for it."""
    live = known.usable[known.a] & known.usable[known.b]
    reason = np.where(live, int(Reason.NONE), int(Reason.BLOCKED)).astype(np.int64)
    space, label = np.full(len(known.a), -1, dtype=np.int64), component.copy()
    nodes = np.flatnonzero(doubtful[component])
    if not len(nodes):
        return Clusters(label=label, reason=reason, space=space)
    value, tie = _values(conn, region, known.space, nodes)
    place = np.full(len(component), -1, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    inside = np.flatnonzero((place[known.a] >= 0) & (place[known.b] >= 0))
    apart = place[known.apart]
    same = np.stack([place[region.pairs.a], place[region.pairs.b]])[:, region.pairs.same]
    same = same[:, (same >= 0).all(axis=0)]
    value = components(int(value.max(initial=-1)) + 1, value[same[0]], value[same[1]])[value]
    part = Meetings(
        space=known.space[nodes], value=value, tie=tie, usable=known.usable[nodes], a=place[known.a[inside]],
        b=place[known.b[inside]], seen_ms=known.seen_ms[inside], must=known.must[inside], same=known.same[inside],
        apart=apart[(apart >= 0).all(axis=1)], rules=known.rules, first_ms=known.first_ms[nodes],
        ended=known.ended[nodes], breaker=known.breaker, last_ms=known.last_ms[inside],
        follows=known.follows[inside],
    )  # fmt: skip
    with cycle_search_paused():  # clusters are many small objects without a cycle among them
        found = derive(part)
    label[nodes] = len(doubtful) + found.label
    reason[inside], space[inside] = found.reason, found.space
    return Clusters(label=np.unique(label, return_inverse=True)[1].astype(np.int64), reason=reason, space=space)


def _values(conn: Connection, region: Region, space: Ints, nodes: Ints) -> tuple[Ints, Ints]:
    """Number of the value, and place in the fixed order, of some identifiers."""
    texts: dict[int, str] = {}
    for start in range(0, len(nodes), _LOOK):
        ids = packed(region.id[nodes[start : start + _LOOK]].tolist())
        texts.update({row.id: row.value for row in conn.execute(sql.VALUES, {"ids": ids})})
    ids = region.id[nodes].tolist()
    keys = [
        (code, texts[number], since)
        for number, code, since in zip(ids, space[nodes].tolist(), region.since_ms[nodes].tolist(), strict=True)
    ]
    tie = np.empty(len(keys), dtype=np.int64)
    tie[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    numbers: dict[tuple[int, str], int] = {}
    return np.array([numbers.setdefault(key[:2], len(numbers)) for key in keys], dtype=np.int64), tie


def _ordered(names: tuple[str, ...], rules: IdentityRules) -> tuple[list[NamespaceRule], Ints]:
    """The rules of namespaces, strongest first, and the place of each namespace among them."""
    ordered = sorted((rules.of(name) for name in names), key=lambda rule: (rule.priority, rule.name))
    place = {rule.name: k for k, rule in enumerate(ordered)}
    return ordered, np.array([place[name] for name in names], dtype=np.int64)


def _storms(conn: Connection, whole: Whole, rules: IdentityRules) -> Flags:
    """Identifiers that do not take part under the rules: those of namespaces that do not, those over a storm limit,
    and those an operator blocked.
    """
    ordered, code = _ordered(whole.names, rules)
    region, space = whole.region, code[whole.space]
    pairs, part = region.pairs, region.since_ms == region.until_ms  # what spans say of each other is no meeting
    pairs = pairs.take((pairs.seen_ms < EVER) & ~pairs.follows & ~part[pairs.a] & ~part[pairs.b])
    one, other = np.concatenate([pairs.a, pairs.b]), np.concatenate([pairs.b, pairs.a])
    joins = np.array([rule.takes_part for rule in ordered], dtype=np.bool_)[space]
    firm = np.array([rule.strong for rule in ordered], dtype=np.bool_)[space[other]] & joins[one] & joins[other]
    spaces = max(len(ordered), 1)
    key, met = np.unique(one[firm] * spaces + space[other[firm]], return_counts=True)
    limit = np.array([rule.storm_limit for rule in ordered], dtype=np.int64)
    over = np.zeros(len(region.id), dtype=np.bool_)
    if limited(tuple(ordered)):
        meets = Meets(ident=one[firm], space=space[other[firm]], at_ms=np.concatenate([pairs.seen_ms] * 2)[firm])
        over[too_fast(meets, space, tuple(rule.velocity for rule in ordered)).ident] = True
    over[key[met > limit[space[key // spaces]]] // spaces] = True
    for number, action in conn.execute(sql.BLOCKED_BY_HAND):
        over[np.searchsorted(region.id, number)] = action == Action.BLOCK
    return over | ~joins


def _with_storms(conn: Connection, whole: Whole, rules: IdentityRules, *, now: datetime) -> Whole:
    """Write which identifiers take part under the rules; what that reveals may block further ones."""
    ordered, code = _ordered(whole.names, rules)
    joins = np.array([rule.takes_part for rule in ordered], dtype=np.bool_)[code[whole.space]]
    while True:
        blocked = _storms(conn, whole, rules)
        region = whole.region
        fresh = region.id[blocked & joins & region.usable]
        for state, ids in (
            (State.BLOCKED, fresh),
            (State.ACTIVE, region.id[~blocked & ~region.usable]),
            (State.ATTACHED, region.id[~joins]),
        ):
            ledger.set_states(conn, ids, int(state))
        if not len(reveal(conn, fresh, rules, now=now).ids):
            return replace(whole, region=replace(region, usable=~blocked))
        whole = read(conn)


def _storms_tried(conn: Connection, whole: Whole, rules: IdentityRules) -> Whole:
    """The same, in memory only."""
    shown = np.empty(0, dtype=np.int64)
    while True:
        region = whole.region
        blocked = _storms(conn, whole, rules)
        fresh = np.setdiff1d(region.id[blocked & region.usable], shown)
        met = ledger.ask(conn, sql.BESIDE, {"ids": fresh}, 5)[:, 1:] if len(fresh) else np.empty((0, 4), dtype=np.int64)
        if not len(met):
            return replace(whole, region=replace(region, usable=~blocked))
        shown = np.union1d(shown, fresh)
        a, b = np.searchsorted(region.id, met[:, 0]), np.searchsorted(region.id, met[:, 1])
        last = np.maximum(met[:, 2], met[:, 3])
        larger, _ = extended(region, (), (), np.stack([a, b, met[:, 2], np.zeros_like(a), last], axis=1))
        whole = replace(whole, region=larger)
