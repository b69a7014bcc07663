"""Spans, moments and windows of time: their written forms and the bounds they mean. Pure: now and zone are handed in.

A span is ``30d`` (m minutes, h hours, d days of 24 hours, w weeks). A moment is an ISO 8601 date or time; without
an offset it is read in the business zone, and a date means the start of its day there.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import assert_never

from ninefold.base import zone_of

from .model import Before, Between, Calendar, During, Full, Last, Since, Unit, Window

SPAN_ALLOWED = "a number and a unit: 15m, 24h, 30d or 4w; at most 100 years"
MOMENT_ALLOWED = "an ISO date or time from 1900 to 2299: 2026-01-31, 2026-01-31T18:00 or 2026-01-31T18:00:00+08:00"
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

_SPAN = re.compile(r"([1-9][0-9]{0,7})([mhdw])", re.ASCII)
_LONGEST = timedelta(days=36_525)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?", re.ASCII
)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """start <= time < end, either may be absent; aware UTC instants."""

    start: datetime | None = None
    end: datetime | None = None


def read_span(text: object) -> timedelta | None:
    """The length of a span, or None when it is not one.

    >>> read_span("2w").days
    14
    """
    found = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    span = int(found[1]) * UNITS[found[2]]
    return span if span <= _LONGEST else None


def is_day(text: str) -> bool:
    """Whether a moment is written as a date."""
    return _DAY.fullmatch(text) is not None


def read_moment(text: object, zone: str = "UTC") -> datetime | None:
    """The instant of a moment, or None when it is not one.

    >>> read_moment("2026-01-02", "Asia/Shanghai").isoformat()
    '2026-01-01T16:00:00+00:00'
    """
    if not isinstance(text, str) or _MOMENT.fullmatch(text) is None or not 1900 <= int(text[:4]) <= 2299:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone_of(zone))).astimezone(UTC)
    except ValueError:
        return None


def _sure(text: str, zone: str) -> datetime:
    moment = read_moment(text, zone)
    if moment is None:
        raise ValueError(text)  # a checked tree has no such text
    return moment


def start_of(text: str, zone: str) -> datetime:
    """The instant from which a moment runs."""
    return _sure(text, zone)


def end_of(text: str, zone: str) -> datetime:
    """The first instant after a moment: of the next day for a date, the next millisecond for a time."""
    moment = _sure(text, zone)
    if not is_day(text):
        return moment + _MILLISECOND
    return _midnight(date.fromisoformat(text) + timedelta(days=1), zone)


def span_of(text: str) -> timedelta:
    """The length of a span in a checked tree."""
    span = read_span(text)
    if span is None:
        raise ValueError(text)
    return span


def bounds(window: Window | None, *, now: datetime, zone: str) -> Bounds:
    """What a window means at ``now``: nothing after now is in it.

    >>> bounds(Last(span="24h"), now=datetime(2026, 6, 1, 8, tzinfo=UTC), zone="UTC").start.isoformat()
    '2026-05-31T08:00:00+00:00'
    """
    cap = now + _MILLISECOND  # now itself is in
    if window is None:
        return Bounds(end=cap)
    found = _bounds(window, now, zone)
    return Bounds(start=found.start, end=cap if found.end is None else min(cap, found.end))


def _bounds(window: Window, now: datetime, zone: str) -> Bounds:
    """The same without the end that now is."""
    match window:
        case Last(span=span):
            found = Bounds(start=now - span_of(span))
        case During(calendar=calendar):
            first, after = _days(calendar, now.astimezone(zone_of(zone)).date())
            found = Bounds(start=_midnight(first, zone), end=_midnight(after, zone))
        case Full(unit=unit, count=count):
            first, after = _full(unit, count, now.astimezone(zone_of(zone)).date())
            found = Bounds(start=_midnight(first, zone), end=_midnight(after, zone))
        case Between(start=start, end=end):
            found = Bounds(start=start_of(start, zone), end=end_of(end, zone))
        case Since(start=start):
            found = Bounds(start=start_of(start, zone))
        case Before(end=end):
            found = Bounds(end=start_of(end, zone))
        case _:
            assert_never(window)
    return found


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)).astimezone(UTC)


def _days(calendar: Calendar, today: date) -> tuple[date, date]:
    """The first day of a calendar window and the day after its last."""
    unit = calendar.value.rpartition("_")[2]
    back = 1 if calendar.value.startswith(("last_", "yesterday")) else 0
    if unit in {"today", "yesterday"}:
        first = today - timedelta(days=back)
        return first, first + timedelta(days=1)
    if unit == "week":
        first = today - timedelta(days=today.weekday() + 7 * back)
        return first, first + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    ordinal = (today.year * 12 + today.month - 1) // months - back
    return _month(ordinal * months), _month((ordinal + 1) * months)


def _full(unit: Unit, count: int, today: date) -> tuple[date, date]:
    """The first day of so many units before the present one, and the first day of the present one."""
    match unit:
        case Unit.DAYS:
            return _back(today, count), today
        case Unit.WEEKS:
            monday = today - timedelta(days=today.weekday())
            return _back(monday, 7 * count), monday
        case Unit.MONTHS:
            ordinal = today.year * 12 + today.month - 1
            return _month(max(ordinal - count, 12)), _month(ordinal)
        case _:
            assert_never(unit)


def _back(day: date, days: int) -> date:
    return date.fromordinal(max(day.toordinal() - days, 366))


def _month(ordinal: int) -> date:
    return date(ordinal // 12, ordinal % 12 + 1, 1)
