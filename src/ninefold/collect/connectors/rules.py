"""When a connector runs again: schedules and pauses after failures. Pure: the time is an argument."""

import re
from datetime import UTC, datetime, timedelta

from croniter import CroniterBadDateError, croniter

from ninefold.base import doubled, jittered, zone_of

from .settings import Backoff, Schedule

_SPAN = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def seconds_of(value: object) -> float | None:
    """A span such as ``30s``, ``5m``, ``1h``, ``2d`` or a number of seconds; nothing when it is none.

    >>> seconds_of("5m"), seconds_of(3), seconds_of("soon")
    (300.0, 3.0, None)
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = _SPAN.fullmatch(str(value).strip())
    return float(found[1]) * _UNITS[found[2] or "s"] if found else None


def valid_cron(text: str) -> bool:
    """Whether a text is a cron expression of five fields."""
    return len(text.split()) == 5 and bool(croniter.is_valid(text))


def next_due(schedule: Schedule, now: datetime) -> datetime | None:
    """When a pull is due after a run that ended now; nothing when it runs by hand only."""
    if schedule.cron:
        local = now.astimezone(zone_of(schedule.zone))
        try:
            due: datetime = croniter(schedule.cron, local).get_next(datetime)
            return due.astimezone(UTC)
        except CroniterBadDateError:  # e.g. 30 February
            return None
    return now + timedelta(seconds=schedule.every) if schedule.every else None


def pause_after(backoff: Backoff, key: str, failures: int) -> timedelta:
    """The pause after so many failures in a row: doubled each time, with a jitter that keeps connectors apart.

    The jitter takes up to half of the pause away ("equal jitter"); it is drawn from the key and the count, so a test
    can foretell it.

    >>> pause_after(Backoff(first=10, longest=60), "shop", 9).total_seconds() <= 60
    True
    """
    whole = doubled(backoff.first, backoff.longest, failures)
    return timedelta(seconds=jittered(whole, "connector", key, failures))
