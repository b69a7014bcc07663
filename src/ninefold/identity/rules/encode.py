"""A batch of raw identifiers as compact arrays: distinct identifiers, who appears in which event, who met whom.

Pure, and vectorised but for the reading of distinct raw values. Local numbers of identifiers follow one fixed order
(priority, namespace, value), so that nothing depends on the order of the rows of a batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ninefold.base import clean_text
from ninefold.identity.model import IdentifierBatch, IdentityRules, NamespaceRule

from .normalise import clean_namespace, reading

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
    """

    rules: tuple[NamespaceRule, ...]
    space: Ints
    value: list[str]
    row: Ints
    ident: Ints
    refused: Ints
    ignored: int

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


def _read(pairs: _Distinct, rules: IdentityRules) -> tuple[list[NamespaceRule], Ints, list[str], Ints]:
    """Read distinct raw identifiers: the namespaces in order, then per identifier its namespace and value, and per
    raw one its identifier (-1 where refused).
    """
    names = [clean_namespace(raw) for raw in pairs.names]
    found = sorted((rules.of(name) for name in {*names} if name), key=lambda rule: (rule.priority, rule.name))
    target = np.full(len(pairs.raw), -1, dtype=np.int64)
    values: list[str] = []
    sizes: list[int] = []
    for rule in found:
        ours = np.flatnonzero(np.array([name == rule.name for name in names])[pairs.name])
        read = map(reading(rules, rule.name), map(pairs.raws.__getitem__, pairs.raw[ours].tolist()))
        rank, distinct = ranks([value if value.__class__ is str else None for value in read])
        target[ours] = np.where(rank >= 0, rank + len(values), -1)
        values += distinct
        sizes.append(len(distinct))
    return found, np.repeat(np.arange(len(found)), sizes), values, target


def encode(batch: IdentifierBatch, rules: IdentityRules) -> Encoded:
    """Read a batch under the rules.

    An identifier that an event names twice counts once; those beyond `identifiers_per_event` do not count.
    """
    code, distinct = _distinct(batch)
    found, space, values, target = _read(distinct, rules)
    ident = target[code]
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
    return Encoded(
        rules=tuple(found), space=space, value=values, row=row, ident=ident, refused=refused, ignored=ignored
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
    """

    center: Ints
    lo: Ints
    hi: Ints
    first_ms: Ints
    pair: Ints
    source: Ints
    seen_ms: Ints
    event: Ints


def link(encoded: Encoded, usable: Flags, batch: IdentifierBatch) -> Links:
    """Link the identifiers of each event, given which of them are usable.

    The strongest identifier is linked with each other one, usable or not: what met does not depend on what was blocked
    when. Where it is blocked, the strongest usable one is linked with each other one as well.
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
    a, b = np.concatenate([top[row][other], second[further]]), np.concatenate([ident[other], ident[further]])
    row = np.concatenate([row[other], row[further]])
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
    return Links(
        center=center,
        lo=pairs // max(encoded.size, 1),
        hi=pairs % max(encoded.size, 1),
        first_ms=np.minimum.reduceat(seen, pair_first) if len(pairs) else seen,
        pair=np.cumsum(np.diff(pair_key, prepend=-1) != 0) - 1,
        source=meeting % sources,
        seen_ms=seen,
        event=event,
    )


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
