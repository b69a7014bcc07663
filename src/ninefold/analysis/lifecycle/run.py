"""Life cycle: read from its document, and carried out: who was active when, stages, rolling days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from ninefold.analysis.counting import Ran, pairs, people_of, share
from ninefold.analysis.document import ANY, read_pick
from ninefold.analysis.frame import Frame
from ninefold.analysis.model import Grain, Ints, People
from ninefold.analysis.times import Period, day_numbers, floor, periods
from ninefold.base import Fields, to_ms

from .model import Lifecycle, LifecycleActive, LifecyclePeriod, LifecycleResult, Stage, StickyPeople
from .rules import Staged, staged, within

CROWD = ("period", "stage", "periods", "day", "span")
_SPANS = (1, 7, 30)
_GRAINS = (Grain.DAY, Grain.WEEK, Grain.MONTH)


@dataclass(frozen=True, slots=True)
class Activity:
    """Who was active: stages by period; people and how many periods they were active in; people by day."""

    periods: tuple[Period, ...]
    stages: Staged
    sticky: tuple[Ints, Ints]
    days: tuple[Period, ...]
    owner: Ints
    day: Ints
    before: int

    def crowd(self, wanted: Fields) -> People:
        """The people of ``{period, stage}``, of ``{periods}`` active ones, or of ``{day, span}``."""
        if wanted.has("day"):
            last = self.before + _place(wanted, "day", self.days)
            span = wanted.integer("span", 1, low=1, high=max(_SPANS))
            inside = (self.day > last - span) & (self.day <= last)
            return people_of(self.owner[inside])
        if wanted.has("periods"):
            person, times = self.sticky
            return people_of(person[times == wanted.integer("periods", None, low=1, high=len(self.periods))])
        stage = Stage(wanted.choice("stage", tuple(Stage), Stage.ACTIVE))
        return self.stages.people(_place(wanted, "period", self.periods), stage)


def read_lifecycle(document: Fields, part: str) -> Lifecycle:
    """The life cycle of a document; raises invalid, naming the first wrong field."""
    fields = document.section(part, ("event", "grain"))
    pick, _ = read_pick(fields.raw("event") or ANY, fields.at("event"))
    return Lifecycle(pick=pick, grain=Grain(fields.choice("grain", _GRAINS, Grain.WEEK)))


def run(lifecycle: Lifecycle, frame: Frame) -> Ran[LifecycleResult]:
    """Carry a life cycle out on a frame."""
    found = _activity(lifecycle, frame)
    limit = to_ms(frame.limit)
    sizes = found.stages.sizes(len(found.periods))
    times = np.bincount(found.sticky[1], minlength=len(found.periods) + 1)
    days = _days(found, limit)
    monthly = sum(one.monthly for one in days)
    return Ran(
        result=LifecycleResult(
            periods=tuple(_period(one, sizes[place], limit) for place, one in enumerate(found.periods)),
            sticky=tuple(
                StickyPeople(
                    periods=count,
                    people=int(times[count]),
                    share=share(int(times[count]), len(found.sticky[0])),
                    crowd={"periods": count},
                )
                for count in range(1, len(found.periods) + 1)
            ),
            days=days,
            stickiness=share(sum(one.daily for one in days), monthly),
        ),
        notes=(
            f"active is who has {lifecycle.pick.label} in a {lifecycle.grain.value} of the calendar in the zone",
            "new: the first such event ever; resurrected: active before, but not in the period right before",
            "weekly and monthly active people are those of the 7 and 30 days that end with a day",
        ),
        complete_at=frame.end,
        find=found.crowd,
    )


def _activity(lifecycle: Lifecycle, frame: Frame) -> Activity:
    spans = periods(frame.start, frame.end, lifecycle.grain, frame.zone)
    opening = floor(frame.start, lifecycle.grain, frame.zone)
    previous = floor(opening - timedelta(milliseconds=1), lifecycle.grain, frame.zone)
    since = min(previous, _days_before(frame, max(_SPANS)))
    picks = [lifecycle.pick]
    columns = frame.scan(picks, since=since)
    borders = np.array([to_ms(previous), *(one.start_ms for one in spans)], np.int64)
    borders[1] = to_ms(opening)  # the first period counts as a whole, so that nobody counts as new in half of one
    place = np.searchsorted(borders, columns.at, side="right") - 2
    stages = staged(columns.person, place.astype(np.int64), frame.ever(picks, since), len(spans))
    inside = place >= 0
    own = pairs(columns.person[inside], place[inside])[0]
    people, times = np.unique(own, return_counts=True)
    days = periods(frame.start, frame.end, Grain.DAY, frame.zone)
    number = day_numbers(columns.at, since, frame.end, frame.zone)
    before = int(day_numbers(np.array([to_ms(frame.start)]), since, frame.end, frame.zone)[0])
    owner, day = pairs(columns.person, number)
    return Activity(spans, stages, (people, times.astype(np.int64)), days, owner, day, before)


def _days_before(frame: Frame, days: int) -> datetime:
    """The midnight from which the first day of the window looks back."""
    at = floor(frame.start, Grain.DAY, frame.zone)
    for _ in range(days - 1):
        at = floor(at - timedelta(milliseconds=1), Grain.DAY, frame.zone)
    return at


def _period(period: Period, sizes: Ints, limit: int) -> LifecyclePeriod:
    active, new, returning, resurrected, dormant = (int(one) for one in sizes)
    crowds = [{"period": period.label, "stage": stage.value} for stage in Stage]
    return LifecyclePeriod(
        period=period.label,
        whole=period.whole,
        complete=period.end_ms < limit,
        active=active,
        active_crowd=crowds[0],
        new=new,
        new_crowd=crowds[1],
        returning=returning,
        returning_crowd=crowds[2],
        resurrected=resurrected,
        resurrected_crowd=crowds[3],
        dormant=dormant,
        dormant_crowd=crowds[4],
    )


def _days(found: Activity, limit: int) -> tuple[LifecycleActive, ...]:
    count = found.before + len(found.days)
    daily, weekly, monthly = (within(found.owner, found.day, span, count)[found.before :] for span in _SPANS)
    return tuple(
        LifecycleActive(
            day=one.label,
            complete=one.end_ms < limit,
            daily=int(daily[place]),
            daily_crowd={"day": one.label},
            weekly=int(weekly[place]),
            weekly_crowd={"day": one.label, "span": 7},
            monthly=int(monthly[place]),
            monthly_crowd={"day": one.label, "span": 30},
            stickiness=share(int(daily[place]), int(monthly[place])),
        )
        for place, one in enumerate(found.days)
    )


def _place(wanted: Fields, name: str, among: tuple[Period, ...]) -> int:
    labels = [one.label for one in among]
    return labels.index(wanted.choice(name, labels))
