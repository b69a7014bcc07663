"""Loads regions of the ledger and writes what a new derivation changes in them: differences only, all set-based."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from sqlalchemy import TextClause
from sqlalchemy.engine import Connection

from . import ledger, telling
from .model import Action, Redirects
from .queries import packed
from .queries import regions as sql
from .rules.encode import Flags, Ints
from .rules.pairs import WIDTH, Pairs, pairs_of
from .rules.region import Judged, Region, no_region
from .rules.union import components

REGION_MAX = 20_000
"""Identifiers up to which a component is derived anew at once; a larger one waits for the next rebuild."""

_NONE = np.empty(0, dtype=np.int64)
_CONNECTING = (Action.ASSERT, Action.REFUSE, Action.MUST)
Members: TypeAlias = dict[int, tuple[str, str, int, int, int, bool, int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was read.

    Attributes:
        region: whole components.
        oversize: people of those that were too large.
    """

    region: Region
    oversize: Ints


def nothing() -> Loaded:
    """Nothing loaded."""
    return Loaded(region=no_region(), oversize=_NONE)


def load(conn: Connection, people: Ints, ids: Ints, *, size_max: int = REGION_MAX) -> Loaded:
    """The components of some people and identifiers, over all pairs of usable identifiers that ever met.

    Goes outward step by step: identifiers of people, statements about them, people of the other ends.

    Args:
        conn: the transaction.
        people: people to begin with.
        ids: identifiers without a person to begin with.
        size_max: a component with more identifiers is left out; so is what was not reached after ten times as many.
    """
    members: Members = {}
    rows: list[Ints] = []
    seen = set(people.tolist())
    new = _known(conn, ids.tolist())
    seen |= {one[3] for one in new.values() if one[3]}
    new |= _members(conn, np.array(sorted(seen), dtype=np.int64))
    while new and len(members) <= 10 * size_max:
        members |= new
        usable = [number for number, one in new.items() if one[5]]
        if not usable:
            new = {}
            break
        found = _statements(conn, usable)
        rows.append(found)
        joins = found[np.isin(found[:, 2], _CONNECTING), :2]
        others = [one for one in np.unique(joins).tolist() if one not in members]
        new = {one: what for one, what in _known(conn, others).items() if what[5]}
        further = {one[3] for one in new.values() if one[3]} - seen
        seen |= further
        if further:
            fresh = _members(conn, np.array(sorted(further), dtype=np.int64))
            new |= {one: what for one, what in fresh.items() if one not in members}
    return _whole(members, rows, unreached=set(new), size_max=size_max)


def _whole(members: Members, rows: list[Ints], *, unreached: set[int], size_max: int) -> Loaded:
    """The components that were read whole and are not too large."""
    if not members:
        return nothing()
    every = np.unique(np.concatenate([np.empty((0, WIDTH), dtype=np.int64), *rows]), axis=0)
    number = np.array(sorted({*members, *unreached}), dtype=np.int64)
    known = np.isin(every[:, 0], number) & np.isin(every[:, 1], number)
    pairs = pairs_of(every[known])
    a, b = np.searchsorted(number, pairs.a), np.searchsorted(number, pairs.b)
    there = np.array([one in members for one in number.tolist()])
    oneid = np.array([members[one][3] if one in members else 0 for one in number.tolist()], dtype=np.int64)
    usable = np.array([members[one][5] if one in members else True for one in number.tolist()])
    live = pairs.joining & usable[a] & usable[b]
    # People count as connected: what joins them may have been taken back since.
    _, seat = np.unique(np.where(oneid > 0, oneid, -1 - np.arange(len(oneid))), return_inverse=True)
    label = components(int(seat.max()) + 1, seat[a[live]], seat[b[live]])[seat]
    size = np.bincount(label)
    partial = np.zeros(len(size), dtype=np.bool_)
    partial[label[~there]] = True
    kept = ~((size > size_max) | partial)[label]
    chosen = np.flatnonzero(kept)
    place = np.cumsum(kept) - 1
    inside = kept[a] & kept[b]
    picked = pairs.take(inside)
    rest = [members[one] for one in number[chosen].tolist()]
    region = Region(
        id=number[chosen],
        name=tuple(one[0] for one in rest),
        value=tuple(one[1] for one in rest),
        since_ms=np.array([one[2] for one in rest], dtype=np.int64),
        oneid=oneid[chosen],
        origin=np.array([one[4] for one in rest], dtype=np.int64),
        usable=usable[chosen],
        first_ms=np.array([one[6] for one in rest], dtype=np.int64),
        until_ms=np.array([one[7] for one in rest], dtype=np.int64),
        pairs=_placed(picked, place[a[inside]], place[b[inside]]),
    )
    return Loaded(region=region, oversize=np.unique(oneid[~kept & (oneid > 0)]))


def _placed(pairs: Pairs, a: Ints, b: Ints) -> Pairs:
    return Pairs(
        a=a, b=b, seen_ms=pairs.seen_ms, assertion=pairs.assertion, action=pairs.action, reason=pairs.reason,
        must=pairs.must, cannot=pairs.cannot, same=pairs.same, last_ms=pairs.last_ms, follows=pairs.follows,
    )  # fmt: skip


def _rows(conn: Connection, query: TextClause, parameters: Mapping[str, str]) -> Members:
    rows = conn.execute(query, parameters)
    return {number: (name, value, since, oneid, origin, usable, first, until)
            for number, name, value, since, oneid, origin, usable, first, until in rows}  # fmt: skip


def _members(conn: Connection, people: Ints) -> Members:
    return _rows(conn, sql.MEMBERS, {"people": packed(people.tolist())}) if len(people) else {}


def _known(conn: Connection, ids: list[int]) -> Members:
    return _rows(conn, sql.IDENTIFIERS, {"ids": packed(ids)}) if ids else {}


def _statements(conn: Connection, ids: list[int]) -> Ints:
    return ledger.ask(conn, sql.STATEMENTS, {"ids": ids}, WIDTH + 1)[:, 1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What a new derivation changes, before it is written; arrays of one kind have one shape.

    Attributes:
        ids: identifiers that move.
        before: from whom, 0 for nobody.
        people: to whom, 0 for nobody.
        homes: numbers that lead to another person than before, or to themselves again.
        led: to whom they led before.
        roots: to whom.
        restated: places of the pairs whose verdict changed.
        marked: people of the region now.
        marks: 1 where something is contested.
    """

    ids: Ints
    before: Ints
    people: Ints
    homes: Ints
    led: Ints
    roots: Ints
    restated: Ints
    marked: Ints
    marks: Ints


def differences(region: Region, judged: Judged, *, stored: Flags | None = None, told: Ints = _NONE) -> Differences:
    """Compare a derivation with what is stored.

    Args:
        region: the region.
        judged: the derivation.
        stored: which homes of the region are stored already; the others are written elsewhere.
        told: places of pairs whose verdict is written elsewhere.
    """
    stored = np.ones(len(region.id), dtype=np.bool_) if stored is None else stored
    moved = np.flatnonzero((judged.root != region.oneid) & (region.id > 0))
    home = np.flatnonzero(stored & (region.origin > 0) & (judged.root != region.oneid))
    pairs = region.pairs
    flipped = np.flatnonzero((judged.action > 0) & (pairs.action > 0) & (judged.action != pairs.action))
    flipped = flipped[~np.isin(flipped, told)]
    owned = np.flatnonzero(judged.root > 0)
    marked, first = np.unique(judged.root[owned], return_index=True)
    return Differences(
        ids=region.id[moved],
        before=region.oneid[moved],
        people=judged.root[moved],
        homes=region.origin[home],
        led=region.oneid[home],
        roots=judged.root[home],
        restated=flipped,
        marked=marked,
        marks=judged.contested[owned][first].astype(np.int64),
    )


def write(conn: Connection, region: Region, judged: Judged, found: Differences, stamp: Mapping[str, str]) -> Ints:
    """Write differences; the numbers whose root changed, as rows of number, root and version.

    Args:
        conn: the transaction.
        region: the region.
        judged: the derivation.
        found: the differences.
        stamp: now, rule_version and batch_id of what is written.
    """
    ledger.assign(conn, found.ids, found.people)
    merged = {"merged_at": stamp["now"], "rule_version": stamp["rule_version"], "batch_id": stamp["batch_id"]}
    table = ledger.point(conn, found.homes, found.roots, merged)
    telling.led(conn, found.homes, found.led, found.roots)
    telling.moved(conn, found.ids, found.before, found.people, (found.homes, found.roots))
    ledger.mark(conn, found.marked, found.marks)
    restate = found.restated[region.pairs.assertion[found.restated] > 0]
    if len(restate):
        pairs = region.pairs
        a, b = region.id[pairs.a[restate]], region.id[pairs.b[restate]]
        ledger.restate(
            conn,
            {"a": np.minimum(a, b), "b": np.maximum(a, b), "ids": pairs.assertion[restate],
             "actions": judged.action[restate], "reasons": judged.reason[restate]},
            stamp,
        )  # fmt: skip
    return table


def redirects_of(table: Ints) -> Redirects:
    """Rows of number, root and version as redirects."""
    return Redirects(
        oneid=table[:, 0].astype(np.uint32), root=table[:, 1].astype(np.uint32), version=table[:, 2].astype(np.uint64)
    )
