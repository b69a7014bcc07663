"""Everything the nine steps are told from, counted once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ninefold.collect import Backlog, backlog
from ninefold.identity import Identity, IdentityCounts
from ninefold.journeys import Campaigns, Status, Totals
from ninefold.segments import Segments, Tags
from ninefold.store import Events, Records, list_definitions

from . import queries
from .model import ReportOut

_LAG = timedelta(seconds=30)  # the oldest waiting row may be this old before it is called a backlog


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyers:
    """People with orders, with two or more, and the orders."""

    buyers: int
    repeat_buyers: int
    orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is counted for the steps."""

    events: int
    last_hour: int
    people_with_traits: int
    traits: int
    waiting: Backlog
    late: bool
    people: IdentityCounts
    buyers: Buyers
    channels: int
    segments: int
    materialised: int
    tags: int
    campaigns: int
    live: int
    entered: dict[str, Totals]
    report: ReportOut | None

    def messages(self, *states: str) -> int:
        """Messages in some states."""
        return sum(one.messages.get(state, 0) for one in self.entered.values() for state in states)


class Counter:
    """Counts over all services."""

    def __init__(self, records: Records, events: Events, segments: Segments, tags: Tags, campaigns: Campaigns) -> None:
        self._records = records
        self._events = events
        self._segments = segments
        self._tags = tags
        self._campaigns = campaigns

    def count(self, now: datetime, buyers: Buyers, report: ReportOut | None) -> Counts:
        """Count now, with what is costly handed in."""
        total = self._events.query(queries.totals(now)).to_pylist()[0]
        with self._records.begin() as conn:
            waiting = backlog(conn)
            people = Identity.load(conn).counts(conn)
            channels = len(list_definitions(conn, "channel"))
        campaigns = self._campaigns.list()
        return Counts(
            events=total["events"],
            last_hour=total["last_hour"],
            people_with_traits=total["people_with_traits"],
            traits=total["traits"],
            waiting=waiting,
            late=waiting.oldest is not None and now - waiting.oldest > _LAG,
            people=people,
            buyers=buyers,
            channels=channels,
            segments=len(self._segments.list()),
            materialised=len(self._segments.newest()),
            tags=len(self._tags.list()),
            campaigns=len(campaigns),
            live=sum(one.status is Status.LIVE for one in campaigns),
            entered=self._campaigns.totals(),
            report=report,
        )

    def buyers(self) -> Buyers:
        """Buyers, which looks at all orders."""
        row = self._events.query(queries.buyers()).to_pylist()[0]
        return Buyers(buyers=row["buyers"], repeat_buyers=row["repeat_buyers"], orders=int(row["orders"] or 0))
