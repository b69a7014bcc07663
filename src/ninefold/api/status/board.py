"""What the status page shows, counted at most every few seconds however many look at it."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from ninefold.base import Error, from_ms
from ninefold.experiments import Lift
from ninefold.journeys import CampaignReport, Campaigns
from ninefold.segments import Segments, Tags
from ninefold.store import Events, Records

from . import queries
from .counts import Counter
from .model import Bound, Minute, Money, ReportOut, Step
from .steps import nine_steps

_T = TypeVar("_T")
_FRESH_SECONDS = 2.0  # what is cheap to count
_SLOW_FRESH_SECONDS = 20.0  # what looks at all orders


class Board:
    """Counts for all viewers together."""

    def __init__(self, records: Records, events: Events, segments: Segments, tags: Tags, campaigns: Campaigns) -> None:
        self._events = events
        self._campaigns = campaigns
        self._counter = Counter(records, events, segments, tags, campaigns)
        self._guard = threading.RLock()
        self._kept: dict[str, tuple[float, object]] = {}

    def steps(self, now: datetime) -> list[Step]:
        """The nine steps."""
        return self._keep("steps", _FRESH_SECONDS, lambda: self._steps(now))

    def activity(self, now: datetime) -> list[Minute]:
        """Events per minute of the last half hour, minutes without events included."""
        rows = self._keep("activity", _FRESH_SECONDS, lambda: self._events.query(queries.activity(now)).to_pylist())
        counted = {from_ms(1000 * row["minute"]): row["events"] for row in rows}
        start = now.replace(second=0, microsecond=0) - timedelta(minutes=29)
        minutes = [start + timedelta(minutes=step) for step in range(30)]
        return [Minute(minute=minute, events=counted.get(minute, 0)) for minute in minutes]

    def report(self, now: datetime) -> ReportOut | None:
        """The result of the campaign that people entered last."""
        return self._keep("report", _SLOW_FRESH_SECONDS, lambda: self._report(now))

    def _keep(self, key: str, seconds: float, count: Callable[[], _T]) -> _T:
        with self._guard:
            kept = self._kept.get(key)
            if kept is None or time.monotonic() - kept[0] > seconds:
                kept = (time.monotonic(), count())
                self._kept[key] = kept
            return kept[1]  # type: ignore[return-value]  # each key is kept by one caller alone

    def _steps(self, now: datetime) -> list[Step]:
        buyers = self._keep("buyers", _SLOW_FRESH_SECONDS, self._counter.buyers)
        return nine_steps(self._counter.count(now, buyers, self.report(now)))

    def _report(self, now: datetime) -> ReportOut | None:
        totals = self._campaigns.totals()
        latest = max(totals, key=lambda key: totals[key].latest or now, default=None)
        if latest is None:
            return None
        try:
            header = self._campaigns.get(latest).header
            return short(self._campaigns.report(latest, now=now), {"en": header.name_en, "zh": header.name_zh})
        except Error:
            return None


def short(report: CampaignReport, name: dict[str, str]) -> ReportOut:
    """A campaign report in short."""
    conversion, money = report.conversion, report.extra_revenue
    absolute = conversion.absolute if conversion else None
    relative = conversion.relative if conversion else None
    return ReportOut(
        campaign=report.campaign,
        name=name,
        treated=report.treated.people,
        control=report.control.people,
        conversion_treated=report.treated.conversion_rate,
        conversion_control=report.control.conversion_rate,
        lift_absolute=_bound(absolute),
        lift_relative=_bound(relative),
        incremental_revenue=Money(
            value_minor=_whole(money.total if money else None),
            low_minor=_whole(money.low if money else None),
            high_minor=_whole(money.high if money else None),
            currency=report.currency,
        ),
        cost_minor=report.cost_minor,
        p_value=absolute.p_value if absolute else None,
        sample_ratio_ok=not report.ratio.flagged,
    )


def _bound(lift: Lift | None) -> Bound:
    return Bound(value=lift.estimate, low=lift.low, high=lift.high) if lift else Bound(value=None, low=None, high=None)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
