"""Funnels: the definition and the result. Frozen values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ninefold.analysis.counting import Spread
from ninefold.analysis.model import Crowd, Grain, Grouping, Pick

STEPS_MAX = 20
EXCLUSIONS_MAX = 5
HOLD_MAX = 3
WINDOW_MS = 14 * 86_400_000


class Order(StrEnum):
    """Which orders of events count."""

    ORDERED = "ordered"
    STRICT = "strict"
    ANY = "any"


class Entry(StrEnum):
    """From where a person may begin: at any first-step event, or only at the first one in the window."""

    BEST = "best"
    FIRST = "first"


class Reach(StrEnum):
    """How far a chain may reach: a span from its first event, its natural day, or its session."""

    SPAN = "span"
    DAY = "day"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step.

    Attributes:
        pick: which events fulfil it.
        within_ms: longest time since the nearest earlier required step; None for no limit of its own.
        optional: measured, but no step waits for it.
    """

    pick: Pick
    within_ms: int | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Events that bar the way between two steps (counted from 0), strictly between in time."""

    pick: Pick
    after: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """Groups of people; by a property it is that of one event of their way.

    Attributes:
        grouping: by what.
        at: for a property, the step whose event says it (from 0); -1 for the first event of the way that has a value,
            -2 for the last.
    """

    grouping: Grouping
    at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """A funnel.

    Attributes:
        steps: in order; the first is required.
        order: which orders count.
        reach: what bounds a chain.
        window_ms: longest time from first to last event (span), or the pause that ends a session.
        entry: where a person may begin.
        exclusions: what must not come between.
        hold: properties that must have the same value in all events of a chain.
        breakdown: groups.
        split: one funnel for each period of the first step.
    """

    steps: tuple[Step, ...]
    order: Order = Order.ORDERED
    reach: Reach = Reach.SPAN
    window_ms: int = WINDOW_MS
    entry: Entry = Entry.BEST
    exclusions: tuple[Exclusion, ...] = ()
    hold: tuple[str, ...] = ()
    breakdown: Breakdown | None = None
    split: Grain | None = None

    def before(self, step: int) -> int:
        """The nearest earlier step that a step waits for."""
        return next(one for one in range(step - 1, -1, -1) if not self.steps[one].optional)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    """One step of the result.

    Attributes:
        step: from 1.
        label: what it is called.
        optional: whether later steps do not wait for it.
        people: who reached it.
        of_first: share of those who began; None when nobody did.
        of_previous: share of those who reached the required step before; None for the first and when nobody did.
        dropped: who reached the required step before but not this one.
        since_previous: seconds since that step, by the first arrival here and the latest way that leads to it.
        since_first: seconds since the first step, likewise.
        crowd: the people who reached it.
        dropped_crowd: the people who did not.
    """

    step: int
    label: str
    optional: bool
    people: int
    of_first: float | None
    of_previous: float | None
    dropped: int
    since_previous: Spread | None
    since_first: Spread | None
    crowd: Crowd
    dropped_crowd: Crowd


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelGroup:
    """The funnel of one group; ``value`` is None for people without one, ``others`` for all groups not listed."""

    value: str | None
    others: bool
    steps: tuple[FunnelStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPeriod:
    """The funnel of those who began in one period; its numbers do not change with the window around it."""

    period: str
    whole: bool
    complete: bool
    steps: tuple[FunnelStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelResult:
    """A funnel's numbers. Each person counts once; in `periods` once per period."""

    method: Literal["funnel"] = "funnel"
    order: str
    entry: str
    steps: tuple[FunnelStep, ...]
    groups: tuple[FunnelGroup, ...]
    periods: tuple[FunnelPeriod, ...]
