"""What a measure takes of the rows in each cell. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ninefold.analysis.counting import Floats, counts, headcount, pairs, quantiles, sums
from ninefold.analysis.model import Ints

from .model import Measure, Per, Take


@dataclass(frozen=True, slots=True)
class Rows:
    """The events that a measure is made of.

    Attributes:
        person: whose.
        value: what each adds; for distinct the number of its text.
        unit: number of the person or order whose values are added up first; empty where each event is one.
        period: place of the period it counts in.
        group: place of its group; 0 without groups.
    """

    person: NDArray[np.uint32]
    value: Floats
    unit: Ints
    period: Ints
    group: Ints


def figures(measure: Measure, rows: Rows, cell: Ints, cells: int) -> Floats:
    """The measure in each cell; nan where there is nothing to take it of (a count or sum is then 0)."""
    match measure.take:
        case Take.COUNT:
            return counts(cell, cells).astype(np.float64)
        case Take.PEOPLE:
            return headcount(rows.person, cell, cells).astype(np.float64)
        case Take.DISTINCT:
            return headcount(rows.value.astype(np.int64), cell, cells).astype(np.float64)
    value = rows.value
    if measure.per is not Per.EVENT:
        cell, value = _united(rows, cell)
    match measure.take:
        case Take.SUM:
            return sums(cell, value, cells)
        case Take.AVG:
            sizes = counts(cell, cells)
            return np.where(sizes > 0, sums(cell, value, cells) / np.maximum(sizes, 1), np.nan)
    return quantiles(cell, value, cells, measure.part)


def _united(rows: Rows, cell: Ints) -> tuple[Ints, Floats]:
    """One row for each unit and cell, its values added up."""
    inside = cell >= 0
    own, cell, value = rows.unit[inside], cell[inside], rows.value[inside]
    units, cells = pairs(own, cell)
    place = np.searchsorted(cells * (1 << 32) + units, cell * (1 << 32) + own)
    return cells, sums(place, value, len(cells))
