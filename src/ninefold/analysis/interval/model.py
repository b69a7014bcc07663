"""Interval: the definition and the result. Frozen values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ninefold.analysis.model import Crowd, Grain, Grouping, Pick
from ninefold.analysis.slices import Bounds, Slice

WITHIN_MS = 30 * 86_400_000


class Pairing(StrEnum):
    """Which two events make a pair.

    NEAREST: an end with the last beginning before it; no event is in two pairs as the same end.
    FIRST: a person's first beginning of the window with the first end after it.
    EVERY: each beginning with the first end after it; an end may close several.
    """

    NEAREST = "nearest"
    FIRST = "first"
    EVERY = "every"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An interval.

    Attributes:
        start: events that begin.
        end: events that end; one event of both ends one pair and begins the next.
        pairing: which two make a pair.
        within_ms: longest time between them, that instant included.
        hold: a property that both must have the same value of; empty for none.
        bounds: bins in seconds; empty means fitting ones.
        split: by the period of the beginning.
        by: groups, by a property of the beginning.
    """

    start: Pick
    end: Pick
    pairing: Pairing = Pairing.NEAREST
    within_ms: int = WITHIN_MS
    hold: str = ""
    bounds: Bounds = ()
    split: Grain | None = None
    by: tuple[Grouping, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalResult:
    """How long it took; values and bins are in seconds.

    Attributes:
        pairing: which two made a pair.
        starts: beginnings that could make a pair.
        unmatched: those of them that made none.
        unmatched_share: of the beginnings.
        unmatched_people: whose they are.
        unmatched_crowd: these people; they may have pairs too.
        slices: pairs in the whole, the periods, the groups.
    """

    method: Literal["interval"] = "interval"
    pairing: str
    starts: int
    unmatched: int
    unmatched_share: float | None
    unmatched_people: int
    unmatched_crowd: Crowd
    slices: tuple[Slice, ...]
