"""A batch of raw identifiers as compact arrays: distinct identifiers, who appears in which event, who met whom.

Pure, and vectorised but for the reading of distinct raw values. Local numbers of identifiers follow one fixed order
(priority, namespace, value), so that nothing depends on the order of the rows of a batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ninefold.base import clean_text
from ninefold.identity.model import IdentifierBatch, IdentityRules, NamespaceRule
from ninefold.identity.ruleset import CLEAR, Shared

from .normalise import clean_namespace, clear_reading, namesakes, reading

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """The distinct identifiers of a batch and their appearances.

    Attributes:
        rules: the rule of each namespace code, strongest first.
        space: namespace code of each identifier, ascending, shape (n,).
        value: normalised value of each identifier, ascending within a namespace.
        row: event of each appearance, ascending, shape (m,).
        ident: identifier of each appearance; within an event by priority, then as the event listed them.
        refused: how many raw values were refused, per event.
        ignored: how many appearances were over the number that counts per event.
        same: rows of two identifiers that are one value in two hash states, and the event that shows it, shape (k, 3).
        digests: further hashed values of identifiers whose clear value is never stored: identifier and digest.
    """

    rules: tuple[NamespaceRule, ...]
    space: Ints
    value: list[str]
    row: Ints
    ident: Ints
    refused: Ints
    ignored: int
    same: Ints = field(default_factory=lambda: np.empty((0, 3), dtype=np.int64))
    digests: tuple[tuple[int, str], ...] = ()

    @property
    def size(self) -> int:
        """Number of distinct identifiers."""
        return len(self.value)

    @property
    def names(self) -> list[str]:
        """Namespace of each identifier."""
        names = [rule.name for rule in self.rules]
        return [names[code] for code in self.space.tolist()]

    @property
    def takes_part(self) -> Flags:
        """Whether each identifier is of a namespace that joins."""
        return np.array([rule.takes_part for rule in self.rules], dtype=np.bool_)[self.space]

    @property
    def strong(self) -> Flags:
        """Whether each identifier is of a strong namespace."""
        return np.array([rule.strong for rule in self.rules], dtype=np.bool_)[self.space]


def _texts(values: Sequence[str]) -> pa.StringArray:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:  # half a surrogate pair; the normalisers would replace it too
        return pa.array([clean_text(value) for value in values], pa.string())


def numbers(keys: Sequence[str]) -> tuple[Ints, list[str]]:
    """The number of each key in order of first appearance, and the distinct keys."""
    coded = _texts(keys).dictionary_encode()
    return coded.indices.to_numpy().astype(np.int64), coded.dictionary.to_pylist()


def ranks(values: Sequence[str | None]) -> tuple[Ints, list[str]]:
    """The place of each value among the distinct ones in ascending order, -1 for None; and these."""
    coded = pa.array(values, pa.string()).dictionary_encode()
    order = pc.sort_indices(coded.dictionary)
    rank = np.full(len(order) + 1, -1, dtype=np.int64)  # the last place answers for None
    rank[order.to_numpy()] = np.arange(len(order))
    return rank[coded.indices.fill_null(len(order)).to_numpy()], coded.dictionary.take(order).to_pylist()


def distinct_of(values: Ints) -> Ints:
    """The distinct values, ascending."""
    ordered = np.sort(values)
    return ordered[starts(ordered)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Distinct:
    """The distinct raw identifiers of a batch: each a raw namespace and a raw value, both by number."""

    names: list[str]
    raws: list[str]
    name: Ints
    raw: Ints


def _distinct(batch: IdentifierBatch) -> tuple[Ints, _Distinct]:
    """The number of each raw identifier, and the distinct ones."""
    name, names = numbers(batch.namespace)
    raw, raws = numbers(batch.value)
    keys, code = np.unique(name * max(len(raws), 1) + raw, return_inverse=True)
    return code, _Distinct(names=names, raws=raws, name=keys // max(len(raws), 1), raw=keys % max(len(raws), 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Values:
    """The values of a batch after reading: rules in order, distinct values, and the value of each raw one or -1."""

    rules: list[NamespaceRule]
    space: Ints
    values: list[str]
    target: Ints
    digests: tuple[tuple[int, str], ...]


def _read(pairs: _Distinct, rules: IdentityRules) -> _Values:
    """Read distinct raw identifiers."""
    names = [clean_namespace(raw) for raw in pairs.names]
    found = sorted((rules.of(name) for name in {*names} if name), key=lambda rule: (rule.priority, rule.name))
    target = np.full(len(pairs.raw), -1, dtype=np.int64)
    values: list[str] = []
    sizes: list[int] = []
    digests: set[tuple[int, str]] = set()
    for rule in found:
        ours = np.flatnonzero(np.array([name == rule.name for name in names])[pairs.name])
        raws = [pairs.raws[k] for k in pairs.raw[ours].tolist()]
        rank, distinct = ranks(
            [value if value.__class__ is str else None for value in map(reading(rules, rule.name), raws)]
        )
        target[ours] = np.where(rank >= 0, rank + len(values), -1)
        if rule.hashing.store != CLEAR:  # the clear value is forgotten now; its other hashes are not
            clear, others = clear_reading(rules, rule.name), namesakes(rule, rules)
            for raw, place in zip(raws, target[ours].tolist(), strict=True):
                text = clear(raw)
                if isinstance(text, str) and place >= 0:
                    digests.update((place, digest) for digest in others(text))
        values += distinct
        sizes.append(len(distinct))
    space = np.repeat(np.arange(len(found)), sizes)
    return _Values(rules=found, space=space, values=values, target=target, digests=tuple(sorted(digests)))


def encode(batch: IdentifierBatch, rules: IdentityRules) -> Encoded:
    """Read a batch under the rules.

    An identifier that an event names twice counts once; those beyond `identifiers_per_event` do not count.
    """
    code, distinct = _distinct(batch)
    read = _read(distinct, rules)
    found, space, values, digests = read.rules, read.space, read.values, read.digests
    ident = read.target[code]
    row = batch.row.astype(np.int64, copy=False)
    kept = ident >= 0
    refused = np.bincount(row[~kept], minlength=batch.events)
    row, ident = row[kept], ident[kept]
    _, first = np.unique(row * max(len(values), 1) + ident, return_index=True)
    first.sort()
    row, ident = row[first], ident[first]
    order = np.argsort(row * max(len(found), 1) + space[ident], kind="stable")
    row, ident = row[order], ident[order]
    counts = place_in_group(row) < rules.identifiers_per_event
    ignored = int(len(counts) - counts.sum())
    row, ident = row[counts], ident[counts]
    if ignored:  # what no event uses is not stored
        used, ident = np.unique(ident, return_inverse=True)
        space, values = space[used], [values[k] for k in used.tolist()]
        place = {old: new for new, old in enumerate(used.tolist())}
        digests = tuple((place[one], digest) for one, digest in digests if one in place)
    return Encoded(
        rules=tuple(found),
        space=space,
        value=values,
        row=row,
        ident=ident,
        refused=refused,
        ignored=ignored,
        digests=digests,
    )


def widened(encoded: Encoded, further: Sequence[tuple[int, str]]) -> Encoded:
    """The batch with identifiers that none of its events names, given as namespace code and value."""
    new = sorted(set(further) - {(int(code), value) for code, value in zip(encoded.space, encoded.value, strict=True)})
    if not new:
        return encoded
    space = np.concatenate([encoded.space, np.array([code for code, _ in new], dtype=np.int64)])
    value = [*encoded.value, *(text for _, text in new)]
    keys = list(zip(space.tolist(), value, strict=True))
    order = np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return replace(
        encoded,
        space=space[order],
        value=[value[k] for k in order.tolist()],
        ident=place[encoded.ident],
        digests=tuple((int(place[ident]), digest) for ident, digest in encoded.digests),
    )


def respanned(encoded: Encoded, appearance: Ints, span: Ints, like: Ints) -> tuple[Encoded, Ints]:
    """The batch with further identifiers, each an earlier span of one that it has.

    Args:
        encoded: the batch.
        appearance: appearances that are of an earlier span.
        span: which span each of them is of.
        like: the identifier that each span is an earlier one of.

    Returns:
        The batch, and the new local number of every identifier, those of the spans at the end.
    """
    old = np.concatenate([np.arange(encoded.size), like])
    order = np.lexsort((np.arange(len(old)), old))
    place = np.empty(len(old), dtype=np.int64)
    place[order] = np.arange(len(old))
    ident = place[encoded.ident]
    ident[appearance] = place[encoded.size + span]
    larger = replace(
        encoded,
        space=encoded.space[old[order]],
        value=[encoded.value[k] for k in old[order].tolist()],
        ident=ident,
        same=np.column_stack([place[encoded.same[:, :2]], encoded.same[:, 2]]),
        digests=tuple((int(place[one]), digest) for one, digest in encoded.digests),
    )
    return larger, place


def starts(groups: Ints) -> Ints:
    """Index of the first entry of each group of a grouped array."""
    return np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1)) if len(groups) else groups


def place_in_group(groups: Ints) -> Ints:
    """Position of each entry within its group of a grouped array: 0, 1, 2, ..."""
    first = starts(groups)
    return np.arange(len(groups)) - np.repeat(first, np.diff(first, append=len(groups)))


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


def link(encoded: Encoded, usable: Flags, batch: IdentifierBatch) -> Links:
    """Link the identifiers of each event, given which of them are usable.

    The strongest identifier is linked with each other one, usable or not: what met does not depend on what was blocked
    when. Where it is blocked, the strongest usable one is linked with each other one as well. A value whose namespace
    has a parent is linked with the parent's value of the event, if there is one: it goes wherever that goes.
    """
    row, ident = encoded.row, encoded.ident
    able = usable[ident]
    center = np.full(batch.events, -1, dtype=np.int64)
    first = starts(row[able])
    center[row[able][first]] = ident[able][first]
    top = np.full(batch.events, -1, dtype=np.int64)
    first = starts(row)
    top[row[first]] = ident[first]
    second = np.where(center == top, -1, center)[row]
    other, further = top[row] != ident, (second >= 0) & (second != ident) & (top[row] != ident)
    parent = _parents(encoded, batch.events)
    above = np.where(parent >= 0, parent, top[row])
    other &= above != ident
    further |= (parent >= 0) & ~usable[parent] & (center[row] >= 0) & (center[row] != ident)
    second = np.where(second >= 0, second, center[row])
    a, b = np.concatenate([above[other], second[further]]), np.concatenate([ident[other], ident[further]])
    row = np.concatenate([row[other], row[further], encoded.same[:, 2]])
    a, b = np.concatenate([a, encoded.same[:, 0]]), np.concatenate([b, encoded.same[:, 1]])
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
    )


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
