"""When a scheduled campaign is due. Pure: the instant is an argument.

Wall-clock times that a change to summer time skips move forward; those it repeats happen once.
"""

from datetime import UTC, datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from croniter import croniter

from ninefold.base import zone_of
from ninefold.journeys.model import ByHand, Cron, Every, Once, Start, Trigger

_DAY = timedelta(days=1)
_SHIFT = timedelta(hours=3)  # more than any change to or from summer time


def occurrence_id(instant: datetime) -> str:
    """The name of an occasion: its scheduled instant in UTC.

    >>> occurrence_id(datetime(2026, 6, 1, 8, tzinfo=UTC))
    '2026-06-01T08:00:00Z'
    """
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def latest_due(start: Start, *, since: datetime, now: datetime) -> datetime | None:
    """The newest occasion with ``since <= occasion <= now``; for one that happens once, any up to now.

    >>> weekly = Cron(expression="0 8 * * 1", zone="Asia/Shanghai")
    >>> june = datetime(2026, 6, 1, tzinfo=UTC)
    >>> latest_due(weekly, since=june - _DAY, now=june + 9 * _DAY).isoformat()
    '2026-06-08T00:00:00+00:00'
    """
    match start:
        case Once(at=at):
            return at if at <= now else None
        case Every():
            due = _last_of_every(start, now)
        case Cron(expression=expression, zone=zone):
            due = _last_of_cron(expression, zone_of(zone), now)
        case Trigger() | ByHand():
            return None
        case _:
            assert_never(start)
    return due if due is not None and since <= due else None


def next_due(start: Start, *, now: datetime) -> datetime | None:
    """The first occasion after now; None when there is none."""
    match start:
        case Once(at=at):
            return at if at > now else None
        case Every(span=span, first=first, zone=zone):
            if first > now:
                return first
            steps = max(int((now - first) / span) - 1, 0)
            return next(at for step in range(steps, steps + 5) if (at := _nth(start, step, zone_of(zone))) > now)
        case Cron(expression=expression, zone=zone):
            place = zone_of(zone)
            wall = croniter(expression, _wall(now, place) - _SHIFT)
            return next(at for _ in range(100_000) if (at := _instant(wall.get_next(datetime), place)) > now)
        case Trigger() | ByHand():
            return None
        case _:
            assert_never(start)


def is_cron(expression: str) -> bool:
    """Whether text is a cron expression of five fields that ever comes true."""
    if len(expression.split()) != 5 or not croniter.is_valid(expression):
        return False
    try:
        croniter(expression, datetime(2026, 1, 1)).get_next(datetime)  # noqa: DTZ001 - the clock on the wall
    except ValueError:
        return False
    return True


def _last_of_every(every: Every, now: datetime) -> datetime | None:
    if every.first > now:
        return None
    place = zone_of(every.zone)
    steps = int((now - every.first) / every.span) + 1
    return next((at for step in range(steps, max(steps - 4, -1), -1) if (at := _nth(every, step, place)) <= now), None)


def _nth(every: Every, step: int, place: ZoneInfo) -> datetime:
    if every.span % _DAY:
        return every.first + step * every.span
    return _instant(_wall(every.first, place) + step * every.span, place)


def _last_of_cron(expression: str, place: ZoneInfo, now: datetime) -> datetime | None:
    wall = croniter(expression, _wall(now, place) + _SHIFT)
    try:
        return next(at for _ in range(100_000) if (at := _instant(wall.get_prev(datetime), place)) <= now)
    except (StopIteration, ValueError):
        return None


def _wall(instant: datetime, place: ZoneInfo) -> datetime:
    return instant.astimezone(place).replace(tzinfo=None)


def _instant(wall: datetime, place: ZoneInfo) -> datetime:
    """The instant of a wall-clock time: the first of two, or what follows a gap."""
    return wall.replace(tzinfo=place, fold=0).astimezone(UTC)
