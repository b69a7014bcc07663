"""An RFM grid: read from its document, and carried out: three numbers per buyer, levels, cells."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ninefold.analysis.amounts import (
    CURRENCY,
    added,
    amount_notes,
    currency_notes,
    per_order,
    read_money,
)
from ninefold.analysis.counting import Floats, Ran, counts, pairs, share, sums
from ninefold.analysis.document import items
from ninefold.analysis.frame import Frame, coded, numbers_of
from ninefold.analysis.model import Crowd, Ints, People
from ninefold.analysis.times import day_numbers
from ninefold.base import Fields, invalid

from .model import AXES, LEVELS_MAX, Points, Rfm, RfmAxis, RfmCell, RfmResult

CROWD = AXES
_FIELDS = ("amount", "levels", *AXES)


@dataclass(frozen=True, slots=True)
class Levels:
    """Each buyer's levels (one row per axis, from 1), what they paid, and the borders of the axes."""

    person: NDArray[np.uint32]
    level: Ints
    paid: Floats
    borders: tuple[Floats, ...]

    def crowd(self, wanted: Fields) -> People:
        """The people of a cell; an axis that is not named, or 0, means all of its levels."""
        inside = np.ones(len(self.person), np.bool_)
        for axis, name in enumerate(AXES):
            level = wanted.integer(name, 0, low=0, high=LEVELS_MAX)
            inside &= (self.level[axis] == level) | (level == 0)
        return self.person[inside]


def read_rfm(document: Fields, part: str) -> Rfm:
    """The RFM grid of a document; raises invalid, naming the first wrong field."""
    fields = document.section(part, _FIELDS) if document.has(part) else Fields({}, path=part, allowed=_FIELDS)
    recency, frequency, money = (_points(fields, name) for name in AXES)
    return Rfm(
        amount=read_money(fields, "amount"),
        levels=fields.integer("levels", 5, low=2, high=LEVELS_MAX),
        points=(recency, frequency, money),
    )


def _points(fields: Fields, name: str) -> Points:
    found = items(fields, name, low=0, high=LEVELS_MAX - 1)
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in found):
        raise fields.wrong(name, "ascending numbers")
    points = tuple(float(str(one)) for one in found)
    if list(points) != sorted(set(points)):
        raise invalid(
            "bad_points", "cuts are told by ascending numbers", field=fields.at(name), got=list(points),
            allowed="ascending numbers, no two equal",
        )  # fmt: skip
    return points


def run(rfm: Rfm, frame: Frame) -> Ran[RfmResult]:
    """Carry an RFM grid out on a frame."""
    values = {"order": "order_id"} | ({CURRENCY: "currency"} if rfm.amount.measured == "revenue" else {})
    columns = frame.scan(rfm.amount.picks, values=values, numbers={"number": rfm.amount.measured})
    found = added(rfm.amount, columns, 0, numbers_of(columns.more["number"]))
    order, _ = coded(columns.more["order"])
    rows, origin, unit = per_order(found, order[found.row], columns.at[found.row])
    start = found.row[origin]
    person, place = np.unique(columns.person[start], return_inverse=True)
    count = len(person)
    paid = sums(place, rows.value, count)
    orders = counts(pairs(place, unit)[0], count)
    last = np.full(count, -1, np.int64)
    np.maximum.at(last, place, day_numbers(columns.at[start], frame.start, frame.end, frame.zone))
    today = day_numbers(np.array([int(frame.end.timestamp() * 1000) - 1]), frame.start, frame.end, frame.zone)[0]
    axes = ((last - today).astype(np.float64), orders.astype(np.float64), paid)
    cut = tuple(
        _borders(value, points, rfm.levels, recency=axis == 0)
        for axis, (value, points) in enumerate(zip(axes, rfm.points, strict=True))
    )
    level = np.array(
        [
            np.searchsorted(border, value, side="right" if points else "left") + 1
            for border, value, points in zip(cut, axes, rfm.points, strict=True)
        ]
    )
    levels = Levels(person, level, paid, cut)
    return Ran(
        result=RfmResult(
            people=count,
            crowd={"recency": 0},
            amount=round(float(paid.sum()), 6),
            axes=tuple(
                RfmAxis(axis=name, own=bool(points), borders=tuple((-one if name == "recency" else one).tolist()))
                for name, one, points in zip(AXES, cut, rfm.points, strict=True)
            ),
            grid=_cells(levels, 2),
            cells=_cells(levels, 3),
        ),
        notes=(
            "recency: days of the calendar from the last order to the last day of the window; more recent is higher",
            "an axis without cuts of its own is cut into equal parts by nearest rank: equal people get equal levels",
            "an order counts with all that changed of it in the window",
            *amount_notes(rfm.amount),
            *currency_notes(columns),
        ),
        complete_at=frame.end,
        find=levels.crowd,
    )


def _borders(value: Floats, points: Points, levels: int, *, recency: bool) -> Floats:
    """Where levels end, ascending: a cut (recency: so many days) begins the next level, a nearest rank ends its own."""
    if points:
        return np.array(sorted(-one for one in points) if recency else points, np.float64)
    if not len(value):
        return np.zeros(0)
    ranked = np.sort(value)
    place = -(-np.arange(1, levels) * len(value) // levels) - 1
    return ranked[place]


def _cells(levels: Levels, axes: int) -> tuple[RfmCell, ...]:
    """The cells that somebody is in, by the first two axes or by all."""
    base = LEVELS_MAX + 1
    key = levels.level[0] * base * base + levels.level[1] * base + (levels.level[2] if axes == len(AXES) else 0)
    cells, place = np.unique(key, return_inverse=True)
    people = np.bincount(place, minlength=len(cells))
    amounts = sums(place, levels.paid, len(cells))
    found = []
    for position, cell in enumerate(cells.tolist()):
        recency, frequency, money = cell // base // base, cell // base % base, cell % base
        crowd: Crowd = {"recency": recency, "frequency": frequency, "money": money}
        amount, size = float(amounts[position]), int(people[position])
        found.append(
            RfmCell(
                recency=recency,
                frequency=frequency,
                money=money,
                people=size,
                share=share(size, len(levels.person)),
                amount=amount,
                per_person=share(amount, size),
                crowd=crowd,
            )
        )
    return tuple(found)
