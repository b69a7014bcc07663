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
from ninefold.identity.ruleset import CLEAR

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
