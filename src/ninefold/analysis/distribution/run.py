"""A distribution: read from its document, and carried out: one value per person and slice, then bins."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ninefold.analysis.amounts import CURRENCY, added, amount_notes, currency_notes, read_amount
from ninefold.analysis.counting import Floats, Ran, pairs, people_of, sums
from ninefold.analysis.document import read_groupings
from ninefold.analysis.frame import Columns, Frame, numbers_of
from ninefold.analysis.model import Crowd, Grain, Ints, People
from ninefold.analysis.slices import (
    SLICE_FIELDS,
    Bounds,
    Level,
    cells_of,
    crowd_of,
    read_bounds,
    slices,
    tenths,
)
from ninefold.analysis.streams import changes
from ninefold.analysis.times import day_numbers, hour_numbers
from ninefold.base import Fields, invalid

from .model import Distribution, DistributionResult, Of

CROWD = ("without", *SLICE_FIELDS)
_OFTEN: Bounds = (1, 2, 3, 4, 5, 6, 11, 21, 51, 101)


def read_distribution(document: Fields, part: str) -> Distribution:
    """The distribution of a document; raises invalid, naming the first wrong field."""
    amount, fields = read_amount(document.raw(part), part, "of", "bins", "split", "by")
    of = Of(fields.choice("of", tuple(Of), Of.SUM if amount.measured else Of.EVENTS))
    if (of is Of.SUM) != bool(amount.measured):
        raise invalid(
            "bad_distribution", "a sum needs a property, and nothing else does", field=fields.at("property"),
            got=amount.measured, allowed="of: sum, with a property",
        )  # fmt: skip
    if of is not Of.SUM and (amount.plus or amount.less):
        raise invalid("bad_distribution", "plus and less change sums only", field=fields.at("of"), allowed="sum")
    return Distribution(
        amount=amount,
        of=of,
        bounds=read_bounds(fields, "bins"),
        split=Grain(fields.choice("split", tuple(Grain))) if fields.has("split") else None,
        by=read_groupings(fields, "by", most=2),
    )


def run(distribution: Distribution, frame: Frame) -> Ran[DistributionResult]:
    """Carry a distribution out on a frame."""
    amount = distribution.amount
    values = frame.group_columns(distribution.by)
    if amount.measured == "revenue":
        values[CURRENCY] = "currency"
    columns = frame.scan(amount.picks, values=values, numbers={"number": amount.measured} if amount.measured else None)
    found = added(amount, columns, 0, numbers_of(columns.more["number"]) if amount.measured else None)
    cells = cells_of(frame, columns, distribution.split, distribution.by, found.row)
    counting = distribution.of is not Of.SUM
    rows = (columns.person[found.row], np.ones(len(found.row)) if counting else found.value)
    moment = _moments(distribution, frame, columns.at[found.row])
    levels = tuple(_level(keys, cell, rows, moment) for keys, cell in cells.kinds() if keys)
    bounds = distribution.bounds or (tenths(levels[0].value) if distribution.of is Of.SUM else _OFTEN)
    idle = np.setdiff1d(frame.crowd, people_of(levels[0].person)) if frame.crowd is not None else None
    return Ran(
        result=DistributionResult(
            of=distribution.of.value,
            without=0 if idle is None else len(idle),
            without_crowd={} if idle is None else {"without": True},
            slices=slices(levels, bounds, cells.periods, frame),
        ),
        notes=_notes(distribution, columns),
        complete_at=frame.end,
        find=partial(_crowd, levels, bounds, idle),
    )


def _crowd(levels: tuple[Level, ...], bounds: Bounds, idle: People | None, wanted: Fields) -> People:
    """The people of a slice or bin, or those ``without`` any such event."""
    if wanted.flag("without", default=False):
        return idle if idle is not None else np.zeros(0, np.uint32)
    return crowd_of(levels, bounds, wanted)


def _moments(distribution: Distribution, frame: Frame, at: Ints) -> Ints | None:
    """The day or hour of each event, where those are counted."""
    numbers = {Of.DAYS: day_numbers, Of.HOURS: hour_numbers}.get(distribution.of)
    return numbers(at, frame.start, frame.end, frame.zone) if numbers else None


def _level(keys: tuple[Crowd, ...], cell: Ints, rows: tuple[NDArray[np.uint32], Floats], moment: Ints | None) -> Level:
    """One value for each person in each cell: what their rows add up to, or how many different moments they have."""
    person, value = rows
    if moment is not None:
        order = np.lexsort((moment, person, cell))
        fresh = changes(cell[order]) | changes(person[order]) | changes(moment[order])
        kept = order[fresh]
        person, cell, value = person[kept], cell[kept], np.ones(len(kept))
    owners, own = pairs(person, cell)
    place = np.searchsorted(own * (1 << 32) + owners, cell * (1 << 32) + person)
    return Level(keys, own, owners.astype(np.uint32), sums(place, value, len(own)))


def _notes(distribution: Distribution, columns: Columns) -> tuple[str, ...]:
    of = {
        Of.EVENTS: "each person's number of events",
        Of.SUM: f"each person's sum of {distribution.amount.measured}",
        Of.DAYS: "each person's number of different days of the calendar in the zone",
        Of.HOURS: "each person's number of different hours of the clock in the zone",
    }[distribution.of]
    return (of, "a person is one value in every slice", *amount_notes(distribution.amount), *currency_notes(columns))
