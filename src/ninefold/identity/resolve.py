"""The resolution of one batch: read what is stored, decide, append. All SQL of it is set-based."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy.engine import Connection

from . import ledger
from .model import (
    Action,
    IdentifierBatch,
    IdentityRules,
    NewPeople,
    Reason,
    Redirects,
    Resolution,
    ResolutionCounts,
    ReviewKind,
    State,
    Unresolved,
)
from .rules.encode import Encoded, Ints, distinct_of, encode, link
from .rules.plan import Outcome, Past, Situation, Storms, crossing, decide, fresh_neighbours, graph_of, group, storms
from .tables import identifiers, identity_assertions, identity_merges, persons

STORM_SOURCE = "ninefold/storm"


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


def resolve(conn: Connection, batch: IdentifierBatch, rules: IdentityRules, *, now: datetime) -> Resolution:
    """Resolve a batch inside the caller's transaction; see :meth:`Identity.resolve`."""
    ledger.lock(conn)
    stamp = _Stamp(now=now, rules=rules, batch=batch, sources=list(dict.fromkeys(batch.source)))
    at, past, storm = _read(conn, stamp)
    known = at.known
    ledger.block(conn, known.id[storm.ident][known.id[storm.ident] > 0])
    outcome = _decide(conn, at, rules)
    ledger.add_people(conn, outcome.born, now=now)
    ids = _write_identifiers(conn, at, outcome)
    fresh = outcome.action != past.action
    assertion = np.where(fresh, 0, past.assertion)
    assertion[fresh] = _write_assertions(conn, at, outcome, np.flatnonzero(fresh), ids=ids, stamp=stamp)
    _write_storms(conn, at, storm, ids, stamp)
    redirects = _write_merges(conn, at, outcome, assertion, stamp)
    before = ledger.people_met(conn, ids[storm.ident].tolist())
    questions = [*_refusals(at, outcome, past), *_storm_questions(at, outcome, storm, before)]
    reviews = ledger.review(conn, questions, now=now)
    row_person = outcome.row_person[at.encoded.row]
    return Resolution(
        oneid=outcome.row_person.astype(np.uint32),
        unresolved=_unresolved(at.encoded, outcome),
        new_people=NewPeople(oneid=outcome.born.astype(np.uint32), first_seen_ms=outcome.born_ms),
        redirects=redirects,
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


def _read(conn: Connection, stamp: _Stamp) -> tuple[Situation, Past, Storms]:
    """Read the batch and what is stored of it, until no further identifier turns out to be a storm."""
    batch = stamp.batch
    encoded = encode(batch, stamp.rules)
    known = ledger.look_up(conn, encoded)
    usable = ~known.blocked
    none = np.empty(0, dtype=np.int64)
    found = Storms(ident=none, space=none, count=none)
    while True:
        links = link(encoded, usable, batch)
        past = ledger.look_back(conn, links, known, stamp.sources)
        fresh = fresh_neighbours(encoded, links, past, usable)
        stored = distinct_of(fresh.ident)
        stored = stored[known.id[stored] > 0]
        more = storms(encoded, fresh, ledger.met_before(conn, known, stored))
        if not len(more.ident):
            break
        usable[more.ident] = False
        found = Storms(
            ident=np.concatenate([found.ident, more.ident]),
            space=np.concatenate([found.space, more.space]),
            count=np.concatenate([found.count, more.count]),
        )
    cross = crossing(links, known, usable)
    at = Situation(encoded=encoded, links=links, known=known, usable=usable, cross=cross, ts_ms=batch.ts_ms)
    return at, past, found


def _decide(conn: Connection, at: Situation, rules: IdentityRules) -> Outcome:
    """Read what the clusters hold, where any may become one, and decide."""
    graph, nodes = None, np.empty(0, dtype=np.int64)
    if len(at.cross.pair):
        nodes = at.cross.involved(at.links)
        held = ledger.holdings(conn, at.cross.people[nodes[nodes < len(at.cross.people)]])
        graph, nodes = graph_of(at, held, rules)
    grouping = group(at, graph, nodes)
    first = ledger.reserve(conn, persons.c.oneid, len(grouping.new)) if len(grouping.new) else 1
    return decide(at, grouping, next_person=first)


def _write_identifiers(conn: Connection, at: Situation, outcome: Outcome) -> Ints:
    """Store new identifiers, their owners and the times they were seen; the number of each identifier."""
    encoded, known = at.encoded, at.known
    ids = known.id.copy()
    first_ms = np.full(encoded.size, np.iinfo(np.int64).max)
    last_ms = np.full(encoded.size, np.iinfo(np.int64).min)
    np.minimum.at(first_ms, encoded.ident, at.ts_ms[encoded.row])
    np.maximum.at(last_ms, encoded.ident, at.ts_ms[encoded.row])
    new = np.flatnonzero(ids == 0)
    if len(new):
        start = ledger.reserve(conn, identifiers.c.id, len(new))
        ids[new] = start + np.arange(len(new))
        names, people = encoded.names, [oneid or None for oneid in outcome.person[new].tolist()]
        columns: ledger.Columns = {
            "id": ids[new],
            "namespace": [names[k] for k in new.tolist()],
            "value": [encoded.value[k] for k in new.tolist()],
            "oneid": people,
            "origin": people,
            "first_seen_ms": first_ms[new],
            "last_seen_ms": last_ms[new],
            "state": np.where(at.usable[new], int(State.ACTIVE), int(State.BLOCKED)),
        }
        ledger.add_identifiers(conn, len(new), columns)
    owned = np.flatnonzero((known.id > 0) & (known.oneid == 0) & (outcome.person > 0))
    ledger.own(conn, known.id[owned], outcome.person[owned])
    ledger.see(conn, known, first_ms, last_ms)
    return ids


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


def _write_merges(conn: Connection, at: Situation, outcome: Outcome, assertion: Ints, stamp: _Stamp) -> Redirects:
    """Merge people; everybody whose root changed."""
    count = len(outcome.loser)
    table = np.empty((0, 3), dtype=np.int64)
    if count:
        versions = ledger.reserve(conn, identity_merges.c.id, count) + np.arange(count)
        cause = assertion[np.searchsorted(at.links.pair, outcome.joined_by)]  # the first meeting of the pair
        table = ledger.merge(
            conn,
            np.stack([outcome.loser, outcome.winner, versions], axis=1),
            {"cause": cause, "merged_at": stamp.now.isoformat(), **stamp.columns},
        )
    return Redirects(
        oneid=table[:, 0].astype(np.uint32),
        root=table[:, 1].astype(np.uint32),
        version=table[:, 2].astype(np.uint64),
    )


def _refusals(at: Situation, outcome: Outcome, past: Past) -> Iterator[ledger.Question]:
    """A question per identifier that a cap or a veto keeps apart for the first time."""
    links, encoded, names = at.links, at.encoded, at.encoded.names
    asked = np.flatnonzero((outcome.space >= 0) & ~past.refused)
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
