"""Event analysis: the definition and the result. Frozen values."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from ninefold.analysis.amounts import Amount
from ninefold.analysis.model import Crowd, Grain, Grouping

from .formula import Formula

MEASURES_MAX = 8
FORMULAS_MAX = 5
GROUPINGS_MAX = 2


class Take(StrEnum):
    """What is taken of the events."""

    COUNT = "count"
    PEOPLE = "people"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    QUANTILE = "quantile"
    DISTINCT = "distinct"


class Per(StrEnum):
    """What is one: an event, or all events of a person, or of an order."""

    EVENT = "event"
    PERSON = "person"
    ORDER = "order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure.

    Attributes:
        amount: the events, and the property that is measured.
        take: what is taken.
        per: of what; amounts are first added up per person or order.
        part: the quantile, 0 (min) to 1 (max).
        word: how the document says `take`, e.g. ``p90``.
        label: what it is called.
    """

    amount: Amount
    take: Take = Take.COUNT
    per: Per = Per.EVENT
    part: float = 0.5
    word: str
    label: str


class Against(StrEnum):
    """What a window is compared with: the window of equal length before it, or the same dates a year before."""

    PREVIOUS = "previous"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAnalysis:
    """An event analysis.

    Attributes:
        measures: what is measured.
        formulas: what is computed of the measures.
        by: groups; of two, every combination.
        split: one number for each period.
        compare: another window beside it, or how long before.
    """

    measures: tuple[Measure, ...]
    formulas: tuple[Formula, ...] = ()
    by: tuple[Grouping, ...] = ()
    split: Grain | None = None
    compare: Against | timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMeasure:
    """A measure of the result: its number from 1, letter in formulas (empty for a formula), name and what it takes."""

    measure: int
    letter: str
    label: str
    take: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNumber:
    """One number.

    Attributes:
        value: None where there is nothing to take it of.
        people: whose events it was made of.
        crowd: these people.
        before: the same in the window compared with.
        before_people: whose events that was made of.
        before_crowd: these people; empty when nothing is compared.
        change: (value - before) / |before|; None when one of them is missing or `before` is 0.
    """

    value: float | None
    people: int
    crowd: Crowd
    before: float | None
    before_people: int
    before_crowd: Crowd
    change: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPoint:
    """One period of a series."""

    period: str
    whole: bool
    complete: bool
    number: EventNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSeries:
    """One measure of everybody (``grouped`` false) or of one group.

    Attributes:
        measure: which, from 1.
        grouped: whether it is of one group.
        value: the group's value; None for those without one.
        others: whether it is of all groups that are not listed.
        total: over the whole window, not the sum of the periods.
        points: one for each period; empty without split.
    """

    measure: int
    grouped: bool
    value: str | None
    others: bool
    total: EventNumber
    points: tuple[EventPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventResult:
    """The numbers of an event analysis: for each measure and formula the whole, then its groups."""

    method: Literal["event"] = "event"
    measures: tuple[EventMeasure, ...]
    compared_from: str | None
    compared_to: str | None
    series: tuple[EventSeries, ...]
