"""Periods of the calendar in a zone. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from ninefold.base import from_ms, invalid, to_ms, zone_of

from .model import Grain, Ints

PERIODS_MAX = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One hour, day, week or month, or the part of it that lies in a window.

    Attributes:
        label: its first day (2026-05-01), month (2026-05) or hour (2026-05-01T13:00), in the zone.
        start_ms: first millisecond since 1970.
        end_ms: the first one after it.
        whole: whether the window holds all of it.
    """

    label: str
    start_ms: int
    end_ms: int
    whole: bool


def periods(start: datetime, end: datetime, grain: Grain, zone: str) -> tuple[Period, ...]:
    """The periods of a window, in order, cut to it.

    Raises:
        Error: invalid, for more than 400.

    >>> first, third = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 3, tzinfo=UTC)
    >>> [one.label for one in periods(first, third, Grain.DAY, "UTC")]
    ['2026-05-01', '2026-05-02']
    """
    found: list[Period] = []
    at = floor(start, grain, zone)
    while at < end:
        if len(found) == PERIODS_MAX:
            raise invalid(
                "too_many_periods",
                f"the window holds more than {PERIODS_MAX} periods",
                field="split",
                got=grain.value,
                allowed="a shorter window or longer periods",
            )
        after = following(at, grain, zone)
        found.append(
            Period(
                label=label(at, grain, zone),
                start_ms=to_ms(max(at, start)),
                end_ms=to_ms(min(after, end)),
                whole=start <= at and after <= end,
            )
        )
        at = after
    return tuple(found)


def borders(cohorts: Sequence[Period], grain: Grain, zone: str, far: int) -> Ints:
    """Where periods begin, ms: from the first of some to the end of the ``far``-th after the last."""
    found = [one.start_ms for one in cohorts]
    at = following(floor(from_ms(cohorts[-1].start_ms), grain, zone), grain, zone)
    for _ in range(far + 1):
        found.append(to_ms(at))
        at = following(at, grain, zone)
    return np.array(found, np.int64)


def day_numbers(at: Ints, start: datetime, end: datetime, zone: str) -> Ints:
    """The natural day of each instant (ms, between start and end), numbered from 0."""
    return np.searchsorted(_days(start, end, zone), at, side="right").astype(np.int64) - 1


def hour_numbers(at: Ints, start: datetime, end: datetime, zone: str) -> Ints:
    """The hour of the natural day of each instant, numbered over all days; a day has at most 25."""
    days = _days(start, end, zone)
    place = np.searchsorted(days, at, side="right").astype(np.int64) - 1
    return place * 25 + (at - days[place]) // 3_600_000 if len(at) else place


def _days(start: datetime, end: datetime, zone: str) -> Ints:
    """Where the natural days of a window begin."""
    borders: list[int] = []
    day = floor(start, Grain.DAY, zone)
    while day < end:
        borders.append(to_ms(day))
        day = following(day, Grain.DAY, zone)
    return np.array(borders, np.int64)


def floor(instant: datetime, grain: Grain, zone: str) -> datetime:
    """The beginning of the period that an instant lies in."""
    if grain is Grain.HOUR:  # an hour of the clock; zones are off by whole quarters of one
        local = instant.astimezone(zone_of(zone))
        return instant - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    day = instant.astimezone(zone_of(zone)).date()
    if grain is Grain.WEEK:
        day -= timedelta(days=day.weekday())
    if grain is Grain.MONTH:
        day = day.replace(day=1)
    return midnight(day, zone)


def following(begin: datetime, grain: Grain, zone: str) -> datetime:
    """The beginning of the next period."""
    if grain is Grain.HOUR:
        return begin + timedelta(hours=1)
    day = begin.astimezone(zone_of(zone)).date()
    if grain is Grain.MONTH:
        return midnight((day.replace(day=1) + timedelta(days=32)).replace(day=1), zone)
    return midnight(day + timedelta(days=7 if grain is Grain.WEEK else 1), zone)


def label(begin: datetime, grain: Grain, zone: str) -> str:
    """How a period is called."""
    local = begin.astimezone(zone_of(zone))
    if grain is Grain.HOUR:
        return f"{local:%Y-%m-%dT%H:00}"
    return f"{local:%Y-%m}" if grain is Grain.MONTH else f"{local:%Y-%m-%d}"


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a day in a zone."""
    return datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)).astimezone(UTC)
