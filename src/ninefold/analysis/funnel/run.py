"""A funnel, carried out: scan, sort, kernel, count."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from ninefold.analysis.counting import Spread, share, spread
from ninefold.analysis.frame import Columns, Frame, coded
from ninefold.analysis.groups import GROUP_FIELDS, Groups, ranked, told
from ninefold.analysis.model import By, Crowd, Grain, Ints, People, Pick
from ninefold.analysis.queries import tie
from ninefold.analysis.streams import Flags, Stream, changes, ordered, sessions
from ninefold.analysis.times import day_numbers, floor, following, periods
from ninefold.base import Fields, invalid, to_ms

from .model import (
    Breakdown,
    Entry,
    Funnel,
    FunnelGroup,
    FunnelPeriod,
    FunnelResult,
    FunnelStep,
    Order,
    Reach,
)
from .rules import Reached, reached

_GROUP, _TIE, _HOLD = "breakdown", "tie", "hold_"
_EMPTY: People = np.zeros(0, np.uint32)


@dataclass(frozen=True, slots=True)
class FunnelRun:
    """A funnel's result, and the people behind each of its numbers."""

    result: FunnelResult
    notes: tuple[str, ...]
    complete_at: datetime
    people: tuple[People, ...]
    groups: Groups | None = None
    by_period: Mapping[str, tuple[People, ...]] = field(default_factory=dict)
    before: tuple[int, ...] = ()

    def crowd(self, wanted: Fields) -> People:
        """The people of ``{step, reached}``, of one ``period`` or one ``group``."""
        step = wanted.integer("step", None, low=1, high=len(self.people)) - 1
        own = self.people
        if wanted.has("period"):
            label = wanted.text("period")
            if label not in self.by_period:
                raise wanted.wrong("period", ", ".join(list(self.by_period)[:50]) or "an analysis with split")
            own = self.by_period[label]
        found = own[step]
        if not wanted.flag("reached", default=True):
            if step == 0:
                raise invalid("bad_crowd", "nobody drops out before the first step", field="crowd.step", got=1)
            found = np.setdiff1d(own[self.before[step]], found)
        grouped = {name: wanted.raw(name) for name in GROUP_FIELDS if wanted.has(name)}
        if grouped and self.groups is not None:
            inside = self.groups.places() == self.groups.place(grouped)
            found = np.intersect1d(found, self.people[0][inside])
        return found


CROWD = ("step", "reached", "period", *GROUP_FIELDS)


def run(funnel: Funnel, frame: Frame) -> FunnelRun:
    """Carry a funnel out on a frame."""
    until = _until(funnel, frame.end, frame.zone)
    end = min(until, frame.limit)
    stream, columns = _stream(funnel, frame, end)
    begin = (to_ms(frame.start), to_ms(frame.end))
    ways = reached(stream, funnel, begin)
    people = tuple(_people(stream, way) for way in ways)
    groups = _groups(funnel, funnel.breakdown, frame, (stream, columns), ways) if funnel.breakdown else None
    before = tuple(_before(funnel, step) for step in range(len(funnel.steps)))
    steps = _steps(funnel, stream, ways, people, {})
    by_period, told = _periods(funnel, frame, stream) if funnel.split else ({}, ())
    return FunnelRun(
        result=FunnelResult(
            order=funnel.order.value,
            entry=funnel.entry.value,
            steps=steps,
            groups=_grouped(funnel, people, groups) if groups else (),
            periods=told,
        ),
        notes=_notes(funnel),
        complete_at=until,
        people=people,
        groups=groups,
        by_period=by_period,
        before=before,
    )


def _before(funnel: Funnel, step: int) -> int:
    if funnel.order is Order.ANY:
        return max(step - 1, 0)
    return funnel.before(step) if step else 0


def _until(funnel: Funnel, end: datetime, zone: str) -> datetime:
    """Until when events may still belong to chains that begin before ``end``."""
    if funnel.reach is Reach.DAY:
        return following(floor(end - timedelta(milliseconds=1), Grain.DAY, zone), Grain.DAY, zone)
    if funnel.reach is Reach.SESSION:
        return end + timedelta(days=1)
    return end + timedelta(milliseconds=funnel.window_ms + 1)  # exactly the window later is still in time


def _stream(funnel: Funnel, frame: Frame, end: datetime) -> tuple[Stream, Columns]:
    picks = [step.pick for step in funnel.steps] + [one.pick for one in funnel.exclusions]
    listed = np.uint32((1 << len(picks)) - 1)
    strict = funnel.order is Order.STRICT
    if strict or funnel.reach is Reach.SESSION:
        picks.append(Pick(events=()))  # whatever else happened parts chains, or holds sessions together
    values = {f"{_HOLD}{place}": name for place, name in enumerate(funnel.hold)}
    if funnel.breakdown and funnel.breakdown.grouping.by is By.PROPERTY:
        values[_GROUP] = funnel.breakdown.grouping.name
    ties = {_TIE: tie()} if values else {}
    columns = frame.scan(picks, until=end, values=values, columns=ties)
    keys: list[Ints] = []
    if funnel.reach is Reach.SESSION:
        number = sessions(columns.person, columns.at, funnel.window_ms)
        columns, keys = _only(columns, [number], (columns.mask & listed) > 0 if not strict else None)
    if funnel.reach is Reach.DAY:
        keys = [day_numbers(columns.at, frame.start, end, frame.zone)]
    for name in values:
        if name.startswith(_HOLD):
            held, _ = coded(columns.more[name])
            columns, keys = _only(columns, [held, *keys], held >= 0)
    ties_of = columns.more[_TIE].to_numpy() if values else None
    # lexsort takes the last key first: held values part before days and sessions
    return ordered(columns, len(funnel.steps), tie=ties_of, keys=list(reversed(keys))), columns


def _only(columns: Columns, keys: list[Ints], kept: Flags | None) -> tuple[Columns, list[Ints]]:
    if kept is None or kept.all():
        return columns, keys
    return columns.where(kept), [key[kept] for key in keys]


def _people(stream: Stream, way: Reached) -> People:
    owners = stream.person[way.place]
    return owners[changes(owners)]


def _arrivals(stream: Stream, way: Reached) -> Ints:
    """For each person who reached a step, which entry of ``way`` was the first arrival."""
    owners = stream.person[way.place]
    order = np.lexsort((way.place, stream.at[way.place], owners))
    return order[changes(owners[order])]


def _steps(
    funnel: Funnel, stream: Stream, ways: tuple[Reached, ...], people: tuple[People, ...], crowd: Crowd
) -> tuple[FunnelStep, ...]:
    lapses: list[tuple[Spread | None, Spread | None]] = []
    for step, way in enumerate(ways):
        first = _arrivals(stream, way)
        arrived = stream.at[way.place[first]]
        told = (
            spread(arrived - stream.at[way.parent[first]], unit=1000) if step else None,
            spread(arrived - stream.at[way.start[first]], unit=1000) if step else None,
        )
        lapses.append(told)
    return _told(funnel, tuple(len(one) for one in people), crowd, lapses)


def _told(
    funnel: Funnel, counts: tuple[int, ...], crowd: Crowd, lapses: list[tuple[Spread | None, Spread | None]]
) -> tuple[FunnelStep, ...]:
    found = []
    for step, definition in enumerate(funnel.steps):
        back = _before(funnel, step)
        label = f"any {step + 1} of the steps" if funnel.order is Order.ANY else definition.pick.label
        found.append(
            FunnelStep(
                step=step + 1,
                label=label,
                optional=definition.optional,
                people=counts[step],
                of_first=share(counts[step], counts[0]),
                of_previous=share(counts[step], counts[back]) if step else None,
                dropped=counts[back] - counts[step] if step else 0,
                since_previous=lapses[step][0] if lapses else None,
                since_first=lapses[step][1] if lapses else None,
                crowd={"step": step + 1, **crowd},
                dropped_crowd={"step": step + 1, "reached": False, **crowd} if step else {},
            )
        )
    return tuple(found)


def _periods(
    funnel: Funnel, frame: Frame, stream: Stream
) -> tuple[dict[str, tuple[People, ...]], tuple[FunnelPeriod, ...]]:
    found: dict[str, tuple[People, ...]] = {}
    told: list[FunnelPeriod] = []
    for period in periods(frame.start, frame.end, funnel.split or Grain.DAY, frame.zone):
        end = frame.start + timedelta(milliseconds=period.end_ms - to_ms(frame.start))
        until = _until(funnel, end, frame.zone)
        part = stream.cut((stream.at >= period.start_ms) & (stream.at < to_ms(until)))
        ways = reached(part, funnel, (period.start_ms, period.end_ms))
        own = tuple(_people(part, way) for way in ways)
        found[period.label] = own
        told.append(
            FunnelPeriod(
                period=period.label,
                whole=period.whole,
                complete=until <= frame.pin.as_of,
                steps=_steps(funnel, part, ways, own, {"period": period.label}),
            )
        )
    return found, tuple(told)


def _groups(
    funnel: Funnel, breakdown: Breakdown, frame: Frame, events: tuple[Stream, Columns], ways: tuple[Reached, ...]
) -> Groups:
    stream, columns = events
    began = _people(stream, ways[0])
    if breakdown.grouping.by is By.PROPERTY:
        own, values = coded(columns.more[_GROUP])
        codes = _on_way(funnel, stream, ways, own[stream.row] if len(stream) else own)
    else:
        codes, values = frame.codes(breakdown.grouping, began)
    return ranked(codes, values, breakdown.grouping.most)


def _on_way(funnel: Funnel, stream: Stream, ways: tuple[Reached, ...], codes: Ints) -> Ints:
    """For each person who began, the value that the breakdown takes from the events of their way.

    The way is the one that gets furthest; of several the first to arrive there, by the latest events that lead to it.
    """
    began = _people(stream, ways[0])
    at = funnel.breakdown.at if funnel.breakdown else 0
    place = np.full(len(began), -1, np.int64)
    found = np.full(len(began), -1, np.int64)
    steps = [step for step in range(len(ways)) if not funnel.steps[step].optional]
    if funnel.order is Order.ANY:
        for way in reversed(ways):
            first = _arrivals(stream, way)
            who = np.searchsorted(began, stream.person[way.place[first]])
            fresh = place[who] < 0
            place[who[fresh]] = way.start[first][fresh]
        return codes[place] if len(began) else found
    for step in reversed(steps):
        way = ways[step]
        first = _arrivals(stream, way)
        who = np.searchsorted(began, stream.person[way.place[first]])
        fresh = place[who] < 0
        place[who[fresh]] = way.place[first][fresh]
        there = np.flatnonzero(place >= 0)  # these are at this step now
        value = codes[place[there]]
        if at in {step, -1}:
            found[there] = np.where((value >= 0) | (at == step), value, found[there])
        elif at == -2:
            found[there] = np.where(found[there] >= 0, found[there], value)
        place[there] = way.parent[np.searchsorted(way.place, place[there])]
    return found


def _grouped(funnel: Funnel, people: tuple[People, ...], groups: Groups) -> tuple[FunnelGroup, ...]:
    found, places = [], groups.places()
    for place, key in enumerate(groups.keys()):
        inside = people[0][places == place]
        if not len(inside):
            continue
        counts = tuple(int(np.isin(step, inside).sum()) for step in people)
        value, others = told(key)
        found.append(FunnelGroup(value=value, others=others, steps=_told(funnel, counts, key, [])))
    return tuple(found)


def _notes(funnel: Funnel) -> tuple[str, ...]:
    span = timedelta(milliseconds=funnel.window_ms)
    reach = {
        Reach.SPAN: f"the last step at most {span} after the first, that instant included",
        Reach.DAY: "all steps in one natural day of the zone",
        Reach.SESSION: f"all steps in one session, which a pause of {span} ends",
    }[funnel.reach]
    entry = {
        Entry.BEST: "optimised re-entry: a person may begin at any first-step event; the furthest way counts",
        Entry.FIRST: "first entry only: a person begins at the first first-step event of the window",
    }[funnel.entry]
    notes = [reach, entry, "one event advances one step; events of one millisecond count in the order of the steps"]
    if funnel.order is Order.STRICT:
        notes.append("strict order: no other event of the person between two steps")
    if funnel.order is Order.ANY:
        notes = [reach, "any order: the most different steps done within one window"]
    if funnel.exclusions:
        notes.append("an exclusion bars the way between its steps; the steps reached before stay reached")
    if any(step.optional for step in funnel.steps):
        notes.append("an optional step is measured from the required step before it; later steps do not wait for it")
    if funnel.hold:
        notes.append(f"the same {', '.join(funnel.hold)} in all events of a way; events without one do not count")
    if funnel.split:
        notes.append("each period is a funnel of its own; a person may count in several, but once in the whole")
    return tuple(notes)
