"""Distribution: the definition and the result. Frozen values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ninefold.analysis.amounts import Amount
from ninefold.analysis.model import Crowd, Grain, Grouping
from ninefold.analysis.slices import Bounds, Slice


class Of(StrEnum):
    """What is measured of each person: main events, their amount, days or hours of the calendar with one."""

    EVENTS = "events"
    SUM = "sum"
    DAYS = "days"
    HOURS = "hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A distribution.

    Attributes:
        amount: the events, and the property that is added up.
        of: what is measured of each person.
        bounds: bins; empty means fitting ones.
        split: one distribution for each period.
        by: groups.
    """

    amount: Amount
    of: Of = Of.EVENTS
    bounds: Bounds = ()
    split: Grain | None = None
    by: tuple[Grouping, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionResult:
    """How people fall into bins.

    Attributes:
        of: what was measured of each person.
        without: people of the chosen crowd with no such event; 0 when nobody was chosen.
        without_crowd: these people; empty when nobody was chosen.
        slices: the whole, the periods, the groups; a person is one value in each.
    """

    method: Literal["distribution"] = "distribution"
    of: str
    without: int
    without_crowd: Crowd
    slices: tuple[Slice, ...]
