"""Retention: the definition and the result. Frozen values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from ninefold.analysis.model import Crowd, Grain, Pick

COLUMNS_MAX = 60
Bracket: TypeAlias = tuple[int, int]
"""From which period after the beginning to which, both in."""


class Clock(StrEnum):
    """Whether periods are those of the calendar, or spans of 24 hours (7, 30 days) from each person's beginning."""

    CALENDAR = "calendar"
    ROLLING = "rolling"


class Birth(StrEnum):
    """Which beginnings count: the first in the window, the first ever, or one in every period."""

    FIRST = "first"
    FIRST_EVER = "first_ever"
    EVERY = "every"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """A retention.

    Attributes:
        start: events that begin.
        back: events that count as coming back.
        grain: length of a period.
        clock: calendar or rolling periods.
        birth: which beginnings count.
        brackets: the columns.
    """

    start: Pick
    back: Pick
    grain: Grain
    clock: Clock = Clock.CALENDAR
    birth: Birth = Birth.FIRST
    brackets: tuple[Bracket, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionCell:
    """Who of a cohort came back in a column.

    Attributes:
        column: from 0.
        people: who came back; so far, while the cell is open.
        lost: who did not, so far.
        rate: of the cohort; None while the cell is open, so that it is not taken for low.
        complete: whether the time is over for everybody.
        crowd: the people who came back.
        lost_crowd: the people who did not.
    """

    column: int
    people: int
    lost: int
    rate: float | None
    complete: bool
    crowd: Crowd
    lost_crowd: Crowd


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Who began in one period, and their cells."""

    period: str
    whole: bool
    people: int
    crowd: Crowd
    cells: tuple[RetentionCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionColumn:
    """One column over all cohorts whose cell is complete: the share of those who began who came back.

    ``rate`` is None when no cell is complete.
    """

    column: int
    label: str
    began: int
    back: int
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionResult:
    """Retention's numbers. A person is in one cohort (first, first ever), or in one of each period (every)."""

    method: Literal["retention"] = "retention"
    clock: str
    birth: str
    columns: tuple[RetentionColumn, ...]
    cohorts: tuple[Cohort, ...]
