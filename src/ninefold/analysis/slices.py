"""Values in slices - everybody, each period, each group - with their spread and how they fall into bins. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ninefold.base import Fields, invalid, to_ms

from .counting import Floats, Spread, headcount, people_of, share, spread
from .document import items
from .frame import Columns, Frame
from .groups import GROUP_FIELDS, Groups, ranked, told
from .model import Crowd, Grain, Grouping, Ints, People
from .times import Period, periods

SLICE_FIELDS = ("period", *GROUP_FIELDS, "bin")
BINS_MAX = 50
Bounds = tuple[float, ...]
"""Lower bounds of bins, ascending; what is below the first is a bin of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Values from ``low`` (in) to ``high`` (out); None for no bound.

    Attributes:
        bin: place, from 0.
        low: lower bound, in it.
        high: upper bound, not in it.
        count: values.
        share: of all values of the slice.
        people: whose they are.
        crowd: these people.
    """

    bin: int
    low: float | None
    high: float | None
    count: int
    share: float | None
    people: int
    crowd: Crowd


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Everybody, one period, or one group.

    Attributes:
        period: label of the period; None for the whole window.
        grouped: whether it is one group.
        value: the group's value; None for those without one.
        others: whether it is of all groups not listed.
        whole: whether the window holds all of the period.
        complete: whether time alone changes it no more; open periods show what there is so far.
        count: values.
        people: whose they are.
        crowd: these people.
        spread: how the values lie; None when there are none.
        bins: how they fall into bins; empty ones are left out at the ends.
    """

    period: str | None
    grouped: bool
    value: str | None
    others: bool
    whole: bool
    complete: bool
    count: int
    people: int
    crowd: Crowd
    spread: Spread | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Cells:
    """In which period and group each row counts.

    Attributes:
        periods: empty without split.
        groups: None without grouping.
        period: place of each row's period; -1 outside of all.
        group: place of each row's group.
    """

    periods: tuple[Period, ...]
    groups: Groups | None
    period: Ints
    group: Ints

    def kinds(self) -> tuple[tuple[tuple[Crowd, ...], Ints], ...]:
        """Everybody, then the periods, then the groups: what names each cell, and each row's cell."""
        whole: tuple[tuple[Crowd, ...], Ints] = (({},), np.zeros(len(self.period), np.int64))
        spans = tuple({"period": one.label} for one in self.periods)
        groups = self.groups.keys() if self.groups else ()
        return whole, (spans, self.period), (groups, self.group)


@dataclass(frozen=True, slots=True)
class Level:
    """Values of one kind of cells.

    Attributes:
        keys: what names each cell.
        cell: of each value.
        person: of each value.
        value: the values.
    """

    keys: tuple[Crowd, ...]
    cell: Ints
    person: NDArray[np.uint32]
    value: Floats


def cells_of(frame: Frame, columns: Columns, split: Grain | None, by: Sequence[Grouping], rows: Ints | None) -> Cells:
    """The cells of some rows of a scan (of all, when None); a grouping's `group_columns` must have been scanned."""
    spans = periods(frame.start, frame.end, split, frame.zone) if split else ()
    at = columns.at if rows is None else columns.at[rows]
    place = np.searchsorted([one.start_ms for one in spans], at, side="right").astype(np.int64) - 1
    groups = None
    if by:
        chosen = columns if rows is None else columns.where(rows)
        codes, values = frame.row_codes(by, chosen)
        groups = ranked(codes, values, by[0].most)
    return Cells(spans, groups, place, groups.places() if groups else np.zeros(len(at), np.int64))


def row_levels(person: NDArray[np.uint32], value: Floats, cells: Cells) -> tuple[Level, ...]:
    """Levels in which every row is one value."""
    return tuple(Level(keys, cell, person, value) for keys, cell in cells.kinds() if keys)


def read_bounds(fields: Fields, name: str) -> Bounds:
    """Bins from a list of ascending lower bounds; empty if the field is absent."""
    found = items(fields, name, low=0, high=BINS_MAX)
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in found):
        raise fields.wrong(name, "ascending numbers, each the lower bound of a bin")
    numbers = tuple(float(str(one)) for one in found)
    if list(numbers) != sorted(set(numbers)):
        raise invalid(
            "bad_bins", "bins are told by ascending lower bounds", field=fields.at(name), got=list(numbers),
            allowed="ascending numbers, no two equal",
        )  # fmt: skip
    return numbers


def tenths(value: Floats) -> Bounds:
    """Bins that hold about a tenth of the values each; they begin at values that occur."""
    return (
        tuple(float(one) for one in np.unique(np.quantile(value, np.arange(10) / 10, method="lower")))
        if len(value)
        else ()
    )


def slices(
    levels: Sequence[Level], bounds: Bounds, spans: Sequence[Period], frame: Frame, *, open_ms: int = 0
) -> tuple[Slice, ...]:
    """Every slice that is a period, or that somebody is in; a period stays open for ``open_ms`` after its end."""
    limit = to_ms(frame.limit) - open_ms
    known = {one.label: one for one in spans}
    found = []
    for level in levels:
        order = np.argsort(level.cell, kind="stable")
        borders = np.searchsorted(level.cell[order], np.arange(len(level.keys) + 1))
        for place, key in enumerate(level.keys):
            rows = order[borders[place] : borders[place + 1]]
            if len(rows) or "period" in key or not key:
                found.append(
                    _slice(
                        key,
                        (level.person[rows], level.value[rows]),
                        bounds,
                        (known.get(str(key.get("period"))), to_ms(frame.end), limit),
                    )
                )
    return tuple(found)


def crowd_of(levels: Sequence[Level], bounds: Bounds, wanted: Fields) -> People:
    """The people of a slice, or of one of its bins."""
    key = {name: wanted.raw(name) for name in ("period", *GROUP_FIELDS) if wanted.has(name)}
    if "period" in key:
        wanted.choice("period", [str(one["period"]) for level in levels for one in level.keys if "period" in one])
    for level in levels:
        if key in level.keys:
            inside = level.cell == level.keys.index(key)
            if wanted.has("bin"):
                inside &= _bins(level.value, bounds) == wanted.integer("bin", None, low=0, high=len(bounds))
            return people_of(level.person[inside])
    return np.zeros(0, np.uint32)


def _bins(value: Floats, bounds: Bounds) -> Ints:
    return np.searchsorted(np.array(bounds), value, side="right").astype(np.int64)


def _slice(
    key: Crowd, rows: tuple[NDArray[np.uint32], Floats], bounds: Bounds, when: tuple[Period | None, int, int]
) -> Slice:
    person, value = rows
    period, end, limit = when
    group, others = told(key)
    return Slice(
        period=period.label if period else None,
        grouped=bool(key) and period is None,
        value=group,
        others=others,
        whole=period.whole if period else True,
        complete=(period.end_ms if period else end) < limit,
        count=len(value),
        people=len(people_of(person)),
        crowd=key,
        spread=spread(value),
        bins=_told(key, person, value, bounds),
    )


def _told(key: Crowd, person: NDArray[np.uint32], value: Floats, bounds: Bounds) -> tuple[Bin, ...]:
    place = _bins(value, bounds)
    counts = np.bincount(place, minlength=len(bounds) + 1)
    people = headcount(person, place, len(bounds) + 1)
    filled = np.flatnonzero(counts)
    if not len(filled):
        return ()
    return tuple(
        Bin(
            bin=one,
            low=bounds[one - 1] if one else None,
            high=bounds[one] if one < len(bounds) else None,
            count=int(counts[one]),
            share=share(int(counts[one]), len(value)),
            people=int(people[one]),
            crowd={**key, "bin": one},
        )
        for one in range(int(filled[0]), int(filled[-1]) + 1)
    )
