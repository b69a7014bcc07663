"""Counting what lies in cells: people, shares, spreads. A cell is a number per row; rows below 0 lie in none. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ninefold.base import Fields

from .model import Ints, People

Floats = NDArray[np.float64]
R = TypeVar("R")
_SPAN = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran(Generic[R]):
    """What a method gives back: the result, and how to find the people behind its numbers.

    Attributes:
        result: the numbers.
        notes: the choices they rest on.
        complete_at: from when on time alone changes them no more.
        find: the people behind a number, by the fields that name it.
    """

    result: R
    notes: tuple[str, ...]
    complete_at: datetime
    find: Callable[[Fields], People]

    def crowd(self, wanted: Fields) -> People:
        """The people behind one number, ascending."""
        return self.find(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How numbers lie: percentiles (interpolated) and mean, in the unit of the numbers."""

    p10: float
    p25: float
    median: float
    p75: float
    p90: float
    mean: float


def spread(values: Ints | Floats, *, unit: float = 1.0) -> Spread | None:
    """The spread of numbers, each divided by a unit; None when there are none."""
    if not len(values):
        return None
    p10, p25, median, p75, p90 = (float(one) / unit for one in np.quantile(values, (0.1, 0.25, 0.5, 0.75, 0.9)))
    mean = round(float(values.mean()) / unit, 9)
    return Spread(p10=p10, p25=p25, median=median, p75=p75, p90=p90, mean=mean)


def share(part: float, whole: float) -> float | None:
    """A part of a whole; None when there is no whole."""
    return part / whole if whole else None


def counts(cell: Ints, cells: int) -> Ints:
    """Rows in each cell."""
    return np.bincount(cell[cell >= 0], minlength=cells).astype(np.int64)


def sums(cell: Ints, values: Floats, cells: int) -> Floats:
    """The sum of values in each cell, to the millionth, so that cents stay whole."""
    inside = cell >= 0
    found: Floats = np.bincount(cell[inside], weights=values[inside], minlength=cells).astype(np.float64)
    return found.round(6)


def headcount(owner: NDArray[np.uint32] | Ints, cell: Ints, cells: int) -> Ints:
    """How many different owners (people, or numbers below 2**32) have a row in each cell."""
    inside = cell >= 0
    return counts(pairs(owner[inside], cell[inside])[1], cells)


def pairs(owner: NDArray[np.uint32] | Ints, cell: Ints) -> tuple[Ints, Ints]:
    """The different pairs (owner, cell), by cell and then owner."""
    keys = np.sort(cell * _SPAN + owner.astype(np.int64))
    if len(keys):
        keys = keys[np.r_[True, keys[1:] != keys[:-1]]]
    return keys % _SPAN, keys // _SPAN


def people_of(person: NDArray[np.uint32] | Ints) -> People:
    """The different people of rows, ascending."""
    return np.unique(person).astype(np.uint32, copy=False)


def quantiles(cell: Ints, values: Floats, cells: int, part: float) -> Floats:
    """A quantile of the values in each cell, interpolated between neighbours; nan in an empty one."""
    inside = cell >= 0
    order = np.lexsort((values[inside], cell[inside]))
    ranked = values[inside][order]
    sizes = counts(cell, cells)
    found = np.full(cells, np.nan)
    filled = np.flatnonzero(sizes)
    place = (np.cumsum(sizes) - sizes)[filled] + (sizes[filled] - 1) * part
    low = np.floor(place).astype(np.int64)
    high = np.ceil(place).astype(np.int64)
    if len(filled):
        found[filled] = ranked[low] + (ranked[high] - ranked[low]) * (place - low)
    return found


def ranks(owner: Ints, at: Ints, own: Ints, moment: Ints) -> Ints:
    """How many of the events, sorted by owner and time, stand before each (own, moment)."""
    if not len(at):
        return np.zeros(len(own), np.int64)
    origin = int(min(at.min(), moment.min(initial=at.min())))
    span = int(max(at.max(), moment.max(initial=at.max()))) - origin + 1
    if span.bit_length() + int(owner.max(initial=0)).bit_length() < 63:
        return np.searchsorted(owner * span + (at - origin), own * span + (moment - origin))
    count = len(owner)  # too wide for one number: both in one sort, the moments before events of the same time
    order = np.lexsort((np.r_[np.ones(count), np.zeros(len(own))], np.r_[at, moment], np.r_[owner, own]))
    events = np.cumsum(order < count)
    found = np.empty(len(own), np.int64)
    moments = order >= count
    found[order[moments] - count] = events[moments]
    return found


def number(value: float) -> float | None:
    """A number for a result; None for what is not one."""
    return float(value) if np.isfinite(value) else None
