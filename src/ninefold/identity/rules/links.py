"""Who met whom in a batch. Pure, and vectorised over events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ninefold.identity.model import IdentifierBatch
from ninefold.identity.ruleset import Shared

from .encode import Encoded, Flags, Ints, numbers, starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Who met whom in a batch: the strongest usable identifier of an event and each of its others.

    *Meetings* are distinct by pair and source, ordered by pair; `pair` tells the pair of each. All arrays of
    meetings have one shape, those of pairs another.

    Attributes:
        center: strongest usable identifier per event, -1 where there is none.
        lo: the stronger identifier of each pair, by local number.
        hi: the weaker one.
        first_ms: when each pair met first in this batch.
        pair: pair of each meeting.
        source: source code of each meeting.
        seen_ms: when the meeting happened first.
        event: event of the first appearance; of several at one time the one with the smallest message id.
        last_ms: when the meeting happened last.
        last_event: an event of that time.
        lasting: whether the last time of each pair counts, since a device belongs to its last login.
        beside: pairs that count only once a third identifier is blocked: rows of that one, the pair, its first and last
            time and the event of the first, shape (p, 6).
    """

    center: Ints
    lo: Ints
    hi: Ints
    first_ms: Ints
    pair: Ints
    source: Ints
    seen_ms: Ints
    event: Ints
    last_ms: Ints
    last_event: Ints
    lasting: Flags
    beside: Ints


def link(encoded: Encoded, usable: Flags, batch: IdentifierBatch) -> Links:
    """Link the identifiers of each event, given which of them are usable.

    The strongest identifier is linked with each other one, usable or not: what met does not depend on what was blocked
    when. Where it is blocked, all the others are linked with each other; until then these pairs are kept beside, so
    that a later block gives what an earlier one would have given. A value whose namespace has a parent is linked with
    the parent's value of the event, if there is one: it goes wherever that goes, and if the parent is blocked it is
    linked with the strongest identifier.
    """
    row, ident = encoded.row, encoded.ident
    able, joins = usable[ident], encoded.takes_part[ident]
    center, top = (np.full(batch.events, -1, dtype=np.int64) for _ in range(2))
    for chosen, into in ((able, center), (np.ones(len(row), dtype=np.bool_), top), (joins, top)):
        first = starts(row[chosen])
        into[row[chosen][first]] = ident[chosen][first]
    met, beside = _met(encoded, usable, top)
    a, b, row = np.concatenate([met, encoded.same]).T
    source, _ = numbers(batch.source)
    sources = int(source.max(initial=0)) + 1
    key = (np.minimum(a, b) * max(encoded.size, 1) + np.maximum(a, b)) * sources + source[row]
    ts = batch.ts_ms[row]
    order = np.lexsort((ts, key))
    key, ts, row = key[order], ts[order], row[order]
    first = starts(key)
    meeting, seen, event = key[first], ts[first], _evidence(first, ts, row, batch.message_id)
    pair_key = meeting // sources
    pair_first = starts(pair_key)
    pairs = pair_key[pair_first]
    lo, hi = pairs // max(encoded.size, 1), pairs % max(encoded.size, 1)
    last = np.append(first[1:], len(key))[: len(first)] - 1
    kept = np.array([rule.shared is Shared.LAST_LOGIN for rule in encoded.rules], dtype=np.bool_)[encoded.space]
    return Links(
        center=center,
        lo=lo,
        hi=hi,
        first_ms=np.minimum.reduceat(seen, pair_first) if len(pairs) else seen,
        pair=np.cumsum(np.diff(pair_key, prepend=-1) != 0) - 1,
        source=meeting % sources,
        seen_ms=seen,
        event=event,
        last_ms=ts[last],
        last_event=row[last],
        lasting=kept[lo] | kept[hi],
        beside=_first_beside(beside, batch.ts_ms, kept),
    )


def _met(encoded: Encoded, usable: Flags, top: Ints) -> tuple[Ints, Ints]:
    """Who met whom in each event: rows of two identifiers and the event.

    And who would meet besides, should the strongest identifier (or the parent of one of them) be blocked: rows of that
    one, two identifiers and the event.
    """
    row, ident = encoded.row, encoded.ident
    parent = _parents(encoded, len(top))
    above = np.where(parent >= 0, parent, top[row])
    other = (top[row] != ident) & (above != ident)
    met = [np.stack([above[other], ident[other], row[other]], axis=1)]
    beside = [np.empty((0, 4), dtype=np.int64)]
    for blocking, one, two, event in (*_among_others(row, ident, top), _past_parents(row, ident, top, parent)):
        shut = ~usable[blocking]
        met.append(np.stack([one[shut], two[shut], event[shut]], axis=1))
        beside.append(np.stack([blocking, one, two, event], axis=1)[~shut])
    return np.concatenate(met), np.concatenate(beside)


def _among_others(row: Ints, ident: Ints, top: Ints) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
    """Every two identifiers of an event beside its strongest one, by their distance in the event."""
    rest = top[row] != ident
    row, ident = row[rest], ident[rest]
    step = 1
    while (same := row[step:] == row[:-step]).any():
        event = row[step:][same]
        yield top[event], ident[:-step][same], ident[step:][same], event
        step += 1


def _past_parents(row: Ints, ident: Ints, top: Ints, parent: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """The strongest identifier of the event and each that is linked with its parent instead."""
    nested = (parent >= 0) & (parent != top[row]) & (top[row] != ident)
    return parent[nested], top[row[nested]], ident[nested], row[nested]


def _first_beside(beside: Ints, ts_ms: Ints, kept: Flags) -> Ints:
    """Distinct rows of blocking identifier and pair, with the first time, the last one where it counts, the event."""
    blocking, one, two, event = beside.T
    lo, hi, ts = np.minimum(one, two), np.maximum(one, two), ts_ms[event]
    order = np.lexsort((ts, hi, lo, blocking))
    table = np.stack([blocking, lo, hi, ts, np.full(len(ts), np.iinfo(np.int64).min), event], axis=1)[order]
    if not len(table):
        return table
    first = np.flatnonzero((np.diff(table[:, :3], axis=0, prepend=table[:1, :3] - 1) != 0).any(axis=1))
    last = np.append(first[1:], len(table)) - 1
    found = table[first]
    lasting = kept[found[:, 1]] | kept[found[:, 2]]
    found[lasting, 4] = table[last[lasting], 3]
    return found


def _parents(encoded: Encoded, events: int) -> Ints:
    """The parent's value in the same event, per appearance; -1 where there is none."""
    parent = np.full(len(encoded.row), -1, dtype=np.int64)
    code = {rule.name: k for k, rule in enumerate(encoded.rules)}
    space = encoded.space[encoded.ident]
    for child, rule in enumerate(encoded.rules):
        if rule.parent in code:
            theirs = np.flatnonzero(space == code[rule.parent])[::-1]  # the first of several holds
            held = np.full(events, -1, dtype=np.int64)
            held[encoded.row[theirs]] = encoded.ident[theirs]
            mine = space == child
            parent[mine] = held[encoded.row[mine]]
    return parent


def _evidence(first: Ints, ts: Ints, row: Ints, message_id: Sequence[str]) -> Ints:
    """The event that proves each meeting: the earliest; of several at one time the one with the smallest message id."""
    event = row[first].copy()
    if not len(first):
        return event
    group = np.cumsum(np.bincount(first, minlength=len(ts))) - 1
    tied = np.flatnonzero((ts == ts[first][group]) & (row != event[group]))
    for k in tied.tolist():
        if message_id[row[k]] < message_id[event[group[k]]]:
            event[group[k]] = row[k]
    return event
