"""Sessions: the definition and the result. Frozen values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ninefold.analysis.model import Crowd, Grain, Grouping, Pick
from ninefold.analysis.slices import Bounds, Slice

GAP_MS = 30 * 60_000
DAY_MS = 86_400_000


class SessionOf(StrEnum):
    """What is measured of a session: seconds from its first to its last event, its events, a sum of a property."""

    DURATION = "duration"
    EVENTS = "events"
    SUM = "sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """How sessions are cut and measured.

    Attributes:
        pick: events that sessions consist of.
        gap_ms: a pause of this length ends a session.
        longest_ms: an event later than this after the beginning opens another session.
        midnight: whether a new day of the calendar does.
        begin: events that do.
        end: events that close a session.
        of: what is measured.
        measured: the property that is added up.
        bounds: bins; empty means fitting ones.
        split: by the period of the beginning.
        by: groups, by a property of the first event.
    """

    pick: Pick
    gap_ms: int = GAP_MS
    longest_ms: int = DAY_MS
    midnight: bool = False
    begin: Pick | None = None
    end: Pick | None = None
    of: SessionOf = SessionOf.DURATION
    measured: str = ""
    bounds: Bounds = ()
    split: Grain | None = None
    by: tuple[Grouping, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionResult:
    """The sessions that begin in the window.

    Attributes:
        of: what the slices measure; durations in seconds.
        sessions: how many.
        per_person: sessions per person who had one.
        events: their events.
        bounced: sessions of a single event.
        bounced_share: of all sessions.
        bounced_people: whose they are.
        bounced_crowd: these people; they may have longer sessions too.
        slices: the measure in the whole, the periods, the groups.
    """

    method: Literal["session"] = "session"
    of: str
    sessions: int
    per_person: float | None
    events: int
    bounced: int
    bounced_share: float | None
    bounced_people: int
    bounced_crowd: Crowd
    slices: tuple[Slice, ...]
