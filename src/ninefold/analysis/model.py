"""What all analyses share: picks of events, groupings, the stamp that every result bears. Frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ninefold.predicate import Condition, PropertyFilter, tree

People: TypeAlias = NDArray[np.uint32]
"""Present oneids, ascending, each once."""
Ints: TypeAlias = NDArray[np.int64]
Crowd: TypeAlias = Mapping[str, object]
"""Names the people behind one number of a result; handed back as it stood there."""


class Grain(StrEnum):
    """Periods of the calendar in the business zone; weeks begin on Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """Which events are meant.

    Attributes:
        events: names; one of them is enough. Empty means any event.
        where: tests on properties, all of which must hold.
        label: what it is called in results.
    """

    events: tuple[str, ...]
    where: tuple[PropertyFilter, ...] = ()
    label: str = ""


class By(StrEnum):
    """What people or events are grouped by."""

    PROPERTY = "property"
    TRAIT = "trait"
    TAG = "tag"
    SEGMENT = "segment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Groups by a property of events, or by a trait, a tag or a segment of people."""

    by: By
    name: str
    most: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A further crowd that a method looks at."""

    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """An analysis as its document says.

    Attributes:
        key: its name; empty for one asked on the spot.
        name_en: its name for people, in English.
        name_zh: its name for people, in Chinese.
        owner: who answers for it.
        method: which method, e.g. ``funnel``.
        matter: the method's own part; which type says the method.
        who: the crowd it is restricted to; None means everyone.
        over: the window of time.
        version: version of the document; 0 for one that is not saved.
    """

    key: str = ""
    name_en: str = ""
    name_zh: str = ""
    owner: str = ""
    method: str
    matter: object
    who: Condition | None = None
    over: tree.Window
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What an answer was computed from, so that its people can be found later.

    Attributes:
        as_of: later events do not count.
        watermark: the newest batch of events that counts; what came in later does not.
        identities: a print of who was merged into whom.
    """

    as_of: datetime
    watermark: int
    identities: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A statement that was run, with the values it was bound to."""

    text: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a result says about itself.

    Attributes:
        pin: hand it back to get the people behind a number.
        zone: business zone of days, weeks and months.
        start: the window's first instant.
        end: the first instant after it.
        asked: people in the crowd it is restricted to; None for everyone.
        waiting: events accepted but not countable yet.
        complete: whether time alone can change it no more; late events still can.
        complete_at: when it is, or was, complete.
        notes: the choices that the numbers rest on, each a sentence.
        sql: what was asked of the events store.
    """

    pin: Pin
    zone: str
    start: datetime
    end: datetime
    asked: int | None
    waiting: int
    complete: bool
    complete_at: datetime
    notes: tuple[str, ...]
    sql: tuple[Shown, ...]
