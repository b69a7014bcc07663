"""The moments at which the passing of time may turn a clause. Pure.

A moment too many costs a question, one too few a wrong answer: so every edge over which a value or an event can pass is
named, and the condition itself is asked at each.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from ninefold.base import from_ms, zone_of
from ninefold.predicate.anniversaries import days_ahead, lunar_births, lunar_days, solar_days
from ninefold.predicate.model import (
    ANNIVERSARY_OPS,
    EDGES,
    Clause,
    Condition,
    During,
    EventClause,
    EventPick,
    Full,
    Last,
    Op,
    PropertyFilter,
    SequenceClause,
    TagClause,
    TraitClause,
    Window,
    clauses_of,
)
from ninefold.predicate.queries import Timed
from ninefold.predicate.windows import read_moment, span_of

_SPANS = frozenset({Op.WITHIN_LAST, Op.NOT_WITHIN_LAST})
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Events, and how long after their moments something may turn.

    Attributes:
        timed: which moments of which events.
        window: the window they pass through.
        spans: lengths of time after which it turns too.
    """

    timed: Timed
    window: Window | None = None
    spans: tuple[str, ...] = ()


def edges(condition: Condition) -> tuple[Edge, ...]:
    """What has to be known of a person's events."""
    return tuple(dict.fromkeys(edge for clause in clauses_of(condition) for edge in _edges(clause)))


def _edges(clause: Clause) -> Iterator[Edge]:
    match clause:
        case EventClause():
            yield from _picked(EventPick(event=clause.event, where=clause.where), clause.within)
            if clause.measure in EDGES and clause.op in _SPANS:
                timed = Timed(pick=EventPick(event=clause.event, where=_lasting(clause.where)), of=clause.of)
                yield Edge(timed=timed, spans=(str(clause.value),))
        case SequenceClause():
            wait = (clause.then_not.within,) if clause.then_not else ()
            for pick in clause.picks:
                yield from _picked(pick, clause.within, wait)
        case _:
            pass


def _picked(pick: EventPick, window: Window | None, spans: tuple[str, ...] = ()) -> Iterator[Edge]:
    lasting = replace(pick, where=_lasting(pick.where))
    yield Edge(timed=Timed(pick=lasting), window=window, spans=spans)
    for each in pick.where:
        if each.op in _SPANS:
            yield Edge(timed=Timed(pick=lasting, of=each.property), spans=(str(each.value),))


def _lasting(filters: tuple[PropertyFilter, ...]) -> tuple[PropertyFilter, ...]:
    """Filters that do not turn as time passes."""
    return tuple(each for each in filters if each.op not in _SPANS)


def turns(edge: Edge, moments: Iterable[int], zone: str) -> Iterator[datetime]:
    """When something may turn, for moments in ms since 1970."""
    for ms in moments:
        moment = from_ms(ms)
        yield moment
        yield from (moment + span_of(span) + _MS for span in edge.spans)
        yield from _left(edge.window, moment, zone)


def _left(window: Window | None, moment: datetime, zone: str) -> Iterator[datetime]:
    """When a moment comes into or falls out of a window that moves on."""
    day = moment.astimezone(zone_of(zone)).date()
    match window:
        case Last(span=span):
            yield moment + span_of(span) + _MS
        case During(calendar=calendar):
            unit = calendar.value.rpartition("_")[2]
            following = _next(day, unit)
            yield from (_midnight(each, zone) for each in (following, _next(following, unit)))
        case Full(unit=unit, count=count):
            after = day
            for number in range(count + 1):
                after = _next(after, unit.value.removesuffix("s"))
                if number in {0, count}:
                    yield _midnight(after, zone)
        case _:
            pass


def _next(day: date, unit: str) -> date:
    """The first day of the unit after the one in which a day lies."""
    if unit in {"day", "today", "yesterday"}:
        return day + timedelta(days=1)
    if unit == "week":
        return day + timedelta(days=7 - day.weekday())
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    ordinal = ((day.year * 12 + day.month - 1) // months + 1) * months
    return date(ordinal // 12, ordinal % 12 + 1, 1)


def values(condition: Condition) -> tuple[TraitClause | TagClause, ...]:
    """The traits and tags whose tests turn as time passes."""
    return tuple(
        clause
        for clause in clauses_of(condition)
        if isinstance(clause, TraitClause | TagClause) and clause.op in _SPANS | ANNIVERSARY_OPS
    )


def value_turns(
    clause: TraitClause | TagClause, value: str, *, now: datetime, until: datetime, zone: str
) -> list[datetime]:
    """When the test of a trait or tag may turn, for the value it has."""
    if clause.op in ANNIVERSARY_OPS:
        return _days_kept(clause, value, now=now, until=until, zone=zone)
    moment = read_moment(value, zone)
    return [] if moment is None else [moment, moment + span_of(str(clause.value)) + _MS]


def _days_kept(
    clause: TraitClause | TagClause, value: str, *, now: datetime, until: datetime, zone: str
) -> list[datetime]:
    """Midnights at which the days meant begin or cease to hold the day that comes back."""
    here = zone_of(zone)
    first, last = now.astimezone(here).date(), until.astimezone(here).date() + timedelta(days=62)
    kept = {day for n in range((last - first).days + 1) if _is_kept(clause.op, value, day := first + timedelta(days=n))}
    found: list[datetime] = []
    inside: bool | None = None
    for n in range((until.astimezone(here).date() - first).days + 1):
        today = first + timedelta(days=n)
        start, end = days_ahead(str(clause.value), today)
        holds = any(start <= day <= end for day in kept)
        if holds is not inside and inside is not None:
            found.append(_midnight(today, zone))
        inside = holds
    return found


def _is_kept(op: Op, value: str, day: date) -> bool:
    if op is Op.LUNAR_ANNIVERSARY:
        return value[:10] in lunar_births(day, day)
    kept = solar_days(day, day) if op is Op.ANNIVERSARY else lunar_days(day, day)
    return any(value.partition("T")[0].partition(" ")[0].endswith(each) for each in kept)


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)).astimezone(UTC)
