"""The resolution of one batch: read what is stored, decide, append. All SQL of it is set-based."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from sqlalchemy.engine import Connection

from ninefold.identity import ledger, regions, telling
from ninefold.identity.model import (
    Action,
    IdentifierBatch,
    IdentityRules,
    NewPeople,
    Reason,
    Resolution,
    ResolutionCounts,
    ReviewKind,
    State,
    Unresolved,
)
from ninefold.identity.rules.encode import Encoded, Flags, Ints, distinct_of, encode
from ninefold.identity.rules.links import link
from ninefold.identity.rules.plan import Storms
from ninefold.identity.rules.region import extended, judge, with_homes
from ninefold.identity.rules.settle import (
    Births,
    Local,
    Outcome,
    Redone,
    Situation,
    births,
    crossing,
    decide,
    graph_of,
    hot_components,
    same_pairs,
)
from ninefold.identity.rules.union import cluster
from ninefold.identity.tables import identifiers, identity_assertions, identity_merges, persons

from . import silence, spans, watch
from .namesakes import meet
from .reveal import STORM_SOURCE, reveal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stamp:
    """What every row written by one resolution carries."""

    now: datetime
    rules: IdentityRules
    batch: IdentifierBatch
    sources: Sequence[str]

    @property
    def columns(self) -> dict[str, str]:
        """Columns that are the same in every row, as text."""
        return {"rule_version": str(self.rules.version), "batch_id": str(self.batch.batch_id)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """A decision, and the numbers that were given for it."""

    outcome: Outcome
    redone: Redone
    born: Births
    home: Ints


def resolve(conn: Connection, batch: IdentifierBatch, rules: IdentityRules, *, now: datetime) -> Resolution:
    """Resolve a batch inside the caller's transaction; see :meth:`Identity.resolve`."""
    ledger.lock(conn)
    batch = spans.unbind(conn, batch, rules, now=now)
    stamp = _Stamp(now=now, rules=rules, batch=batch, sources=list(dict.fromkeys(batch.source)))
    at, storm, revealed = _read(conn, stamp)
    known = at.known
    decided = _decide(conn, at, storm, revealed, rules)
    outcome, past = decided.outcome, at.past
    new_people, begun = _write_people(conn, decided, now=now)
    ids = _write_identifiers(conn, at, decided)
    links = at.links
    fresh = (outcome.action != past.action) | (links.seen_ms < past.since_ms)
    assertion = np.where(fresh, 0, past.assertion)
    assertion[fresh] = _write_assertions(conn, at, outcome, np.flatnonzero(fresh), ids=ids, stamp=stamp)
    told = np.where(fresh, np.maximum(links.seen_ms, past.last_ms), past.last_ms)
    again = np.flatnonzero(links.lasting[links.pair] & (links.last_ms > told))
    later = replace(links, seen_ms=links.last_ms, event=links.last_event)
    _write_assertions(conn, replace(at, links=later), outcome, again, ids=ids, stamp=stamp)
    _keep_beside(conn, at, ids, stamp)
    _write_storms(conn, at, storm, ids, stamp)
    moves = _write_moves(conn, at, decided, assertion, stamp)
    before = ledger.people_met(conn, ids[storm.ident].tolist())
    questions = [*_refusals(at, outcome), *_storm_questions(at, outcome, storm, before)]
    questions += watch.proposals(conn, at.encoded, ids, storm, rules)
    questions += watch.swollen(conn, distinct_of(moves[:, 1]), rules)
    reviews = ledger.review(conn, questions, now=now)
    row_person = outcome.row_person[at.encoded.row]
    return Resolution(
        oneid=outcome.row_home.astype(np.uint32),
        root=outcome.row_person.astype(np.uint32),
        unresolved=_unresolved(at.encoded, outcome),
        new_people=new_people,
        redirects=regions.redirects_of(np.concatenate([begun, moves])),
        counts=ResolutionCounts(
            identifiers=int((known.id == 0).sum()),
            links=int(fresh.sum()),
            merges=len(outcome.loser),
            demoted=int(((outcome.person[at.encoded.ident] != row_person) & (row_person > 0)).sum()),
            refused=int(at.encoded.refused.sum()),
            ignored=at.encoded.ignored,
            blocked=len(storm.ident),
            reviews=reviews,
        ),
    )


def _read(conn: Connection, stamp: _Stamp) -> tuple[Situation, Storms, Ints]:
    """Read the batch and what is stored of it, until no further identifier turns out to be a storm."""
    batch = stamp.batch
    encoded = encode(batch, stamp.rules)
    encoded, known = meet(conn, encoded, ledger.look_up(conn, encoded), stamp.rules)
    kept = silence.Stamp(rules=stamp.rules, now=stamp.now, batch_id=batch.batch_id)
    known, cut = silence.part(conn, encoded, known, batch.ts_ms, kept)
    # An unbind itself still belongs to the person of before.
    when = batch.ts_ms if batch.unbind is None else batch.ts_ms - batch.unbind
    encoded, known = spans.by_span(conn, encoded, known, when)
    usable = ~known.blocked & encoded.takes_part
    none = np.empty(0, dtype=np.int64)
    found, revealed = Storms(ident=none, space=none, count=none), cut
    while True:
        links = link(encoded, usable, batch)
        past = ledger.look_back(conn, links, known, stamp.sources)
        more = watch.find(conn, encoded, links, past, known)
        new = usable[more.ident]
        if not new.any():
            break
        usable[more.ident] = False
        stored = known.id[more.ident[new]]
        ledger.block(conn, stored[stored > 0])
        shown = reveal(conn, stored[stored > 0], stamp.rules, now=stamp.now, batch_id=batch.batch_id)
        revealed = np.concatenate([revealed, shown.ids])
        usable[np.isin(known.id, shown.blocked) & (known.id > 0)] = False
        found = Storms(
            ident=np.concatenate([found.ident, more.ident[new]]),
            space=np.concatenate([found.space, more.space[new]]),
            count=np.concatenate([found.count, more.count[new]]),
        )
    cross = crossing(links, known, past, usable)
    at = Situation(encoded=encoded, links=links, known=known, past=past, usable=usable, cross=cross, ts_ms=batch.ts_ms)
    return at, found, revealed


def _decide(conn: Connection, at: Situation, storm: Storms, revealed: Ints, rules: IdentityRules) -> _Decided:
    """Read what the clusters hold where any may become one, derive anew what must be, and decide."""
    losing = distinct_of(at.known.oneid[storm.ident])
    losing = losing[losing > 0]
    graph, nodes = None, np.empty(0, dtype=np.int64)
    hot = np.zeros(int(at.cross.component.max(initial=-1)) + 1, dtype=np.bool_)
    if len(at.cross.news) or len(losing):
        touched = at.touched
        people = at.cross.people[touched[touched < len(at.cross.people)]]
        graph, nodes = graph_of(at, ledger.holdings(conn, people), rules)
        hot = hot_components(at, graph, nodes, np.union1d(ledger.contested(conn, people), losing))
    born = births(at)
    home = at.known.origin.copy()
    if len(born.ident):
        first = ledger.reserve(conn, persons.c.oneid, len(born.ident))
        home[born.ident] = first + np.arange(len(born.ident))
    # Who was left without a number by an unbind or a silence brings all it met into its own.
    found = born.ident[(at.known.id[born.ident] > 0) & (at.known.oneid[born.ident] == 0) & at.usable[born.ident]]
    redone, large = _redo(conn, at, (hot, np.union1d(revealed, at.known.id[found])), home, rules)
    local = None
    if graph is not None and large.any():
        names = tuple(rule.name for rule in graph.rules)
        local = Local(nodes=nodes, verdict=cluster(graph), spaces=names, component=large)
        _note_large(conn, at, large)
    return _Decided(outcome=decide(at, redone, local, home), redone=redone, born=born, home=home)


def _note_large(conn: Connection, at: Situation, large: Flags) -> None:
    """Let the next rebuild look at those who were too many to be derived anew here."""
    cross = at.cross
    people = cross.people[large[cross.component[: len(cross.people)]]]
    ledger.mark(conn, people, np.full(len(people), 2))


def _redo(
    conn: Connection, at: Situation, changed: tuple[Flags, Ints], home: Ints, rules: IdentityRules
) -> tuple[Redone, Flags]:
    """Derive the hot components anew, and those of identifiers that met as is known now; also which are too large."""
    hot, revealed = changed
    cross, known = at.cross, at.known
    component, place = cross.component, np.full(at.encoded.size, -1, dtype=np.int64)
    large = np.zeros_like(hot)
    loaded = regions.nothing()
    while hot.any() or len(revealed):
        people = cross.people[hot[component[: len(cross.people)]]]
        stray = (known.id > 0) & (known.oneid == 0) & at.usable & hot[component[cross.node]]
        loaded = regions.load(conn, people, np.union1d(known.id[stray], revealed))
        large[component[np.flatnonzero(np.isin(cross.people, loaded.oversize))]] = True
        reached = hot.copy()
        reached[component[np.flatnonzero(np.isin(cross.people, loaded.region.people))]] = True
        if (reached == hot).all():
            break
        hot = reached
    derived = hot & ~large
    region = loaded.region
    fresh = np.flatnonzero((known.id == 0) & at.usable & derived[component[cross.node]]) if len(derived) else place[:0]
    spot = np.searchsorted(region.id, known.id)
    spot = np.minimum(spot, max(len(region.id) - 1, 0))
    inside = (known.id > 0) & (region.id[spot] == known.id) if len(region.id) else np.zeros(len(place), np.bool_)
    place[inside] = spot[inside]
    place[fresh] = len(region.id) + np.arange(len(fresh))
    links = at.links
    lo, hi = place[links.lo], place[links.hi]
    pairs = np.flatnonzero((lo >= 0) & (hi >= 0) & (links.first_ms > at.past.gone_ms))
    same = same_pairs(at.encoded, links)[pairs]
    last = np.full(len(lo), np.iinfo(np.int64).min)
    np.maximum.at(last, links.pair, links.last_ms)
    edges = np.stack([lo[pairs], hi[pairs], links.first_ms[pairs], same.astype(np.int64), last[pairs]], axis=1)
    names, values = at.encoded.names if len(fresh) else [], at.encoded.value
    region, spots = extended(region, [names[k] for k in fresh.tolist()], [values[k] for k in fresh.tolist()], edges)
    pair = np.full(len(links.lo), -1, dtype=np.int64)
    pair[pairs] = spots
    there = place >= 0
    first_ms = np.full(at.encoded.size, np.iinfo(np.int64).max)
    np.minimum.at(first_ms, at.encoded.ident, at.ts_ms[at.encoded.row])
    region = with_homes(region, place[there], home[there], first_ms[there])
    return Redone(region=region, judged=judge(region, rules), place=place, pair=pair), large


def _write_people(conn: Connection, decided: _Decided, *, now: datetime) -> tuple[NewPeople, Ints]:
    """Store the new numbers; these, and rows of number, root and version of those that are not their own root."""
    born = decided.born
    homes = decided.home[born.ident]
    roots = decided.outcome.person[born.ident]
    ledger.add_people(conn, homes, roots, now=now)
    telling.born(conn, homes, roots)
    people = NewPeople(oneid=homes.astype(np.uint32), first_seen_ms=born.first_ms)
    joined = np.flatnonzero(homes != roots)
    if not len(joined):
        return people, np.empty((0, 3), dtype=np.int64)
    version = ledger.reserve(conn, identity_merges.c.id, 1)
    return people, np.stack([homes[joined], roots[joined], np.full(len(joined), version)], axis=1)


def _write_identifiers(conn: Connection, at: Situation, decided: _Decided) -> Ints:
    """Store new identifiers, their owners and the times they were seen; the number of each identifier."""
    encoded, known, person, home = at.encoded, at.known, decided.outcome.person, decided.home
    ids = known.id.copy()
    first_ms = np.full(encoded.size, np.iinfo(np.int64).max)
    last_ms = np.full(encoded.size, np.iinfo(np.int64).min)
    np.minimum.at(first_ms, encoded.ident, at.ts_ms[encoded.row])
    np.maximum.at(last_ms, encoded.ident, at.ts_ms[encoded.row])
    new = np.flatnonzero(ids == 0)
    if len(new):
        start = ledger.reserve(conn, identifiers.c.id, len(new))
        ids[new] = start + np.arange(len(new))
        names = encoded.names
        columns: ledger.Columns = {
            "id": ids[new],
            "namespace": [names[k] for k in new.tolist()],
            "value": [encoded.value[k] for k in new.tolist()],
            "oneid": [oneid or None for oneid in person[new].tolist()],
            "origin": [number or None for number in home[new].tolist()],
            "first_seen_ms": first_ms[new],
            "last_seen_ms": last_ms[new],
            "state": _states(at)[new],
        }
        ledger.add_identifiers(conn, len(new), columns)
        telling.linked(conn, person[new], ids[new])
    owned = np.flatnonzero((known.id > 0) & (known.origin == 0) & (home > 0))
    ledger.own(conn, known.id[owned], home[owned], person[owned])
    came = owned[known.oneid[owned] == 0]
    telling.linked(conn, person[came], ids[came])
    ledger.see(conn, known, first_ms, last_ms)
    return ids


def _states(at: Situation) -> Ints:
    """The state of each identifier of the batch."""
    idle = np.where(at.encoded.takes_part, int(State.BLOCKED), int(State.ATTACHED))
    return np.where(at.usable, int(State.ACTIVE), idle)


def _write_assertions(
    conn: Connection, at: Situation, outcome: Outcome, new: Ints, *, ids: Ints, stamp: _Stamp
) -> Ints:
    """Append the meetings about which the ledger does not say the same already; the ledger row of each."""
    if not len(new):
        return new
    links = at.links
    numbers = ledger.reserve(conn, identity_assertions.c.id, len(new)) + np.arange(len(new))
    one, other = ids[links.lo[links.pair[new]]], ids[links.hi[links.pair[new]]]
    columns: ledger.Columns = {
        "id": numbers,
        "a": np.minimum(one, other),
        "b": np.maximum(one, other),
        "action": outcome.action[new],
        "reason": outcome.reason[new],
        "source": [stamp.sources[code] for code in links.source[new].tolist()],
        "seen_ms": links.seen_ms[new],
        "evidence": [stamp.batch.message_id[event] for event in links.event[new].tolist()],
    }
    ledger.add_assertions(conn, len(new), {**columns, "recorded_at": stamp.now.isoformat(), **stamp.columns})
    return numbers


def _keep_beside(conn: Connection, at: Situation, ids: Ints, stamp: _Stamp) -> None:
    """Keep who met beside a stronger identifier, for the day on which that one is blocked."""
    top, lo, hi, first, last, event = at.links.beside.T
    if len(top):
        one, other, rows = ids[lo], ids[hi], event.tolist()
        ledger.keep_beside(
            conn,
            {"top": ids[top], "a": np.minimum(one, other), "b": np.maximum(one, other), "seen": first, "last": last,
             "source": [stamp.batch.source[row] for row in rows],
             "evidence": [stamp.batch.message_id[row] for row in rows]},
        )  # fmt: skip


def _write_storms(conn: Connection, at: Situation, storm: Storms, ids: Ints, stamp: _Stamp) -> None:
    """Say in the ledger which identifiers were blocked."""
    count = len(storm.ident)
    if count:
        columns: ledger.Columns = {
            "id": ledger.reserve(conn, identity_assertions.c.id, count) + np.arange(count),
            "a": ids[storm.ident],
            "b": ids[storm.ident],
            "action": str(int(Action.BLOCK)),
            "reason": str(int(Reason.STORM)),
            "source": STORM_SOURCE,
            "seen_ms": str(int(at.ts_ms.max())),
            "evidence": "",
        }
        ledger.add_assertions(conn, count, {**columns, "recorded_at": stamp.now.isoformat(), **stamp.columns})


def _write_moves(conn: Connection, at: Situation, decided: _Decided, assertion: Ints, stamp: _Stamp) -> Ints:
    """Write who became part of whom, and what a derivation changed: rows of number, new root and version."""
    outcome, redone = decided.outcome, decided.redone
    tables = [np.empty((0, 3), dtype=np.int64)]
    count = len(outcome.loser)
    if count:
        versions = ledger.reserve(conn, identity_merges.c.id, count) + np.arange(count)
        cause = assertion[np.searchsorted(at.links.pair, outcome.joined_by)]  # the first meeting of the pair
        columns: ledger.Columns = {"cause": cause, "merged_at": stamp.now.isoformat(), **stamp.columns}
        moves = np.stack([outcome.loser, outcome.winner, versions], axis=1)
        tables.append(ledger.merge(conn, moves, columns))
        telling.merged(conn, moves[:, 0], moves[:, 1])
    if len(redone.region.id):
        stored = np.ones(len(redone.region.id), dtype=np.bool_)
        stored[redone.place[decided.born.ident[redone.place[decided.born.ident] >= 0]]] = False
        found = regions.differences(redone.region, redone.judged, stored=stored, told=redone.pair[redone.pair >= 0])
        tables.append(
            regions.write(conn, redone.region, redone.judged, found, {"now": stamp.now.isoformat(), **stamp.columns})
        )
    return np.concatenate(tables)


def _refusals(at: Situation, outcome: Outcome) -> Iterator[ledger.Question]:
    """A question per identifier that a cap or a veto keeps apart for the first time."""
    links, encoded, names = at.links, at.encoded, at.encoded.names
    asked = np.flatnonzero((outcome.space >= 0) & (at.past.verdict != Action.REFUSE))
    reasons = outcome.reason[np.searchsorted(links.pair, asked)]
    for pair, space, reason in zip(asked.tolist(), outcome.space[asked].tolist(), reasons.tolist(), strict=True):
        lo, hi = int(links.lo[pair]), int(links.hi[pair])
        yield ledger.Question(
            kind=ReviewKind.VETO if reason == Reason.VETO else ReviewKind.CAP_BREACH,
            identifier=(names[hi], encoded.value[hi]),
            people=frozenset(int(person) for person in outcome.person[[lo, hi]] if person),
            detail={
                "beside": {"namespace": names[lo], "value": encoded.value[lo]},
                "over": outcome.spaces[space],
            },
        )


def _storm_questions(
    at: Situation, outcome: Outcome, storm: Storms, before: Sequence[set[int]]
) -> Iterator[ledger.Question]:
    """A question per blocked identifier, with the people it would have made one, now and (`before`) earlier."""
    encoded, names = at.encoded, at.encoded.names
    for k, ident in enumerate(storm.ident.tolist()):
        here = distinct_of(outcome.row_person[encoded.row[encoded.ident == ident]])
        here = here[here > 0]
        listed = frozenset(here[: ledger.PEOPLE_LISTED].tolist()) | before[k]
        yield ledger.Question(
            kind=ReviewKind.STORM,
            identifier=(names[ident], encoded.value[ident]),
            people=listed,
            detail={
                "over": encoded.rules[int(storm.space[k])].name,
                "values": int(storm.count[k]),
                "limit": encoded.rules[int(encoded.space[ident])].storm_limit,
                "people": max(len(here), len(listed)),
            },
        )


def _unresolved(encoded: Encoded, outcome: Outcome) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    """Why events have no person."""
    reason = np.full(len(outcome.row_person), int(Unresolved.NO_IDENTIFIER), dtype=np.uint8)
    reason[encoded.refused > 0] = Unresolved.REFUSED
    reason[encoded.row] = Unresolved.BLOCKED
    reason[outcome.row_person > 0] = Unresolved.RESOLVED
    return reason
