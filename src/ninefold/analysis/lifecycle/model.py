"""Life cycle: the definition and the result. Frozen values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ninefold.analysis.model import Crowd, Grain, Pick


class Stage(StrEnum):
    """What a person is in a period: see `LifecyclePeriod`."""

    ACTIVE = "active"
    NEW = "new"
    RETURNING = "returning"
    RESURRECTED = "resurrected"
    DORMANT = "dormant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """Life cycle: the events that make a person active, and the periods."""

    pick: Pick
    grain: Grain = Grain.WEEK


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecyclePeriod:
    """One period.

    Attributes:
        period: its label.
        whole: whether the window holds all of it.
        complete: whether it is over; until then people who count as dormant may still come.
        active: people with an event in it: new, returning and resurrected together.
        new: their first event ever lies in it.
        returning: active in the period before, too.
        resurrected: active before, but not in the period before.
        dormant: active in the period before, not in this one.
        active_crowd: the people of each, likewise the others.
    """

    period: str
    whole: bool
    complete: bool
    active: int
    active_crowd: Crowd
    new: int
    new_crowd: Crowd
    returning: int
    returning_crowd: Crowd
    resurrected: int
    resurrected_crowd: Crowd
    dormant: int
    dormant_crowd: Crowd


@dataclass(frozen=True, slots=True, kw_only=True)
class StickyPeople:
    """People who were active in exactly so many periods of the window, and their share of all active ones."""

    periods: int
    people: int
    share: float | None
    crowd: Crowd


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleActive:
    """Active people of a day, and of the 7 and the 30 days that end with it.

    Attributes:
        day: the day of the calendar in the zone.
        complete: whether it is over.
        daily: people active on it.
        weekly: on one of 7 days.
        monthly: on one of 30 days.
        stickiness: daily / monthly.
        daily_crowd: the people of each, likewise the others.
    """

    day: str
    complete: bool
    daily: int
    daily_crowd: Crowd
    weekly: int
    weekly_crowd: Crowd
    monthly: int
    monthly_crowd: Crowd
    stickiness: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleResult:
    """Life cycle and stickiness; ``stickiness`` is the mean of daily over the mean of monthly active people."""

    method: Literal["lifecycle"] = "lifecycle"
    periods: tuple[LifecyclePeriod, ...]
    sticky: tuple[StickyPeople, ...]
    days: tuple[LifecycleActive, ...]
    stickiness: float | None
