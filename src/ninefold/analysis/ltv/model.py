"""Lifetime value by cohort: the definition and the result. Frozen values."""

from dataclasses import dataclass
from typing import Literal

from ninefold.analysis.amounts import Amount
from ninefold.analysis.model import Crowd, Grain, Pick

COLUMNS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Ltv:
    """Lifetime value.

    Attributes:
        start: events that begin.
        amount: what people bring.
        grain: length of a period of the calendar.
        ever: whether a beginning is the first ever, not the first in the window.
        columns: how many periods after the beginning.
    """

    start: Pick
    amount: Amount
    grain: Grain = Grain.MONTH
    ever: bool = False
    columns: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class LtvCell:
    """What a cohort brought from its beginning to the end of a period.

    Attributes:
        column: periods after that of the beginning.
        complete: whether the period is over.
        amount: the sum; None while the period is open, so that it is not taken for low.
        per_person: of the cohort, whoever paid or not; None likewise.
        people: who brought anything by then; so far, while the period is open.
        crowd: these people.
    """

    column: int
    complete: bool
    amount: float | None
    per_person: float | None
    people: int
    crowd: Crowd


@dataclass(frozen=True, slots=True, kw_only=True)
class LtvCohort:
    """Who began in one period, and what they brought by each period after."""

    period: str
    whole: bool
    people: int
    crowd: Crowd
    cells: tuple[LtvCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LtvColumn:
    """One column over all cohorts whose cell is complete; ``per_person`` is None when there is none."""

    column: int
    cohorts: int
    began: int
    amount: float
    per_person: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LtvResult:
    """Lifetime value: a person is in one cohort."""

    method: Literal["ltv"] = "ltv"
    columns: tuple[LtvColumn, ...]
    cohorts: tuple[LtvCohort, ...]
