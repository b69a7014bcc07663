"""Paths of sorted, named events: cut, cleaned of repeats, numbered from an anchor; edges counted. Pure."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ninefold.analysis.model import Ints
from ninefold.analysis.streams import Stream, changes

from .model import Clean, Path

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Walk:
    """The steps of paths that are looked at, in order.

    Attributes:
        path: number of each step's path, ascending from 0.
        person: whose path it is.
        node: number of the step's name.
        at: when, ms.
        step: its number from the anchor: 1, 2, ... or back from an end: ..., -1, 0.
        more: whether the path goes on beyond what is looked at (before it, when counted back).
    """

    path: Ints
    person: NDArray[np.uint32]
    node: Ints
    at: Ints
    step: Ints
    more: NDArray[np.bool_]


def cleaned(names: tuple[str, ...], rules: tuple[Clean, ...]) -> tuple[Ints, tuple[str, ...]]:
    """For each name the number of what it is called after all rules, and these names."""
    column: pa.Array = pa.array(names, pa.string())
    for rule in rules:
        column = pc.replace_substring_regex(column, pattern=rule.pattern, replacement=rule.to)
    whole = column.dictionary_encode()
    return whole.indices.to_numpy().astype(np.int64), tuple(whole.dictionary.to_pylist())


def walks(path: Path, stream: Stream, node: Ints, names: tuple[str, ...], begin: tuple[int, int]) -> Walk:
    """The paths that begin in a span of time, of sorted events and the number of each one's name."""
    person, at = stream.person, stream.at
    first = changes(person)
    first[1:] |= np.diff(at) >= path.gap_ms
    kept = first | changes(node) if not path.repeats else np.ones(len(node), np.bool_)
    number = np.cumsum(first) - 1
    opened = at[first] if len(at) else at
    inside = kept & (opened[number] >= begin[0]) & (opened[number] < begin[1]) if len(at) else kept
    number, person, node, at = number[inside], person[inside], node[inside], at[inside]
    starts = np.flatnonzero(changes(number))
    place = np.arange(len(number)) - np.repeat(starts, np.diff(np.append(starts, len(number))))
    anchor = path.start or path.end
    if anchor:
        wanted = np.flatnonzero(node == (names.index(anchor) if anchor in names else -1))
        wanted = wanted[changes(number[wanted])]
        offset = np.full(int(number.max(initial=-1)) + 1, -1, np.int64)
        offset[number[wanted]] = place[wanted]
        step = np.where(offset[number] >= 0, place - offset[number], path.steps + 1)
        step = step if path.end else np.where(step >= 0, step + 1, path.steps + 2)
        low, high = (1 - path.steps, 0) if path.end else (1, path.steps)
    else:
        step, low, high = place + 1, 1, path.steps
    seen = (step >= low) & (step <= high)
    same = number[1:] == number[:-1]
    more = np.zeros(len(number), np.bool_)
    if path.end:
        more[1:] = same
    else:
        more[:-1] = same
    paths = np.cumsum(changes(number[seen])) - 1
    return Walk(paths, person[seen], node[seen], at[seen], step[seen], more[seen])


def newcombe(part: int, whole: int, other_part: int, other_whole: int) -> tuple[float, float, float] | None:
    """Difference of two independent shares with its 95 % interval; None when one crowd has no paths.

    >>> tuple(round(one, 4) for one in newcombe(56, 70, 48, 80) or ())
    (0.2, 0.0524, 0.3339)
    """
    if not whole or not other_whole:
        return None
    p, q = part / whole, other_part / other_whole
    low, high = _wilson(part, whole)
    other_low, other_high = _wilson(other_part, other_whole)
    down, up = sqrt((p - low) ** 2 + (other_high - q) ** 2), sqrt((high - p) ** 2 + (q - other_low) ** 2)
    return p - q, p - q - down, p - q + up


def _wilson(part: int, whole: int) -> tuple[float, float]:
    middle = part + _Z * _Z / 2
    half = _Z * sqrt(part * (whole - part) / whole + _Z * _Z / 4)
    return (middle - half) / (whole + _Z * _Z), (middle + half) / (whole + _Z * _Z)
