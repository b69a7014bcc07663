"""Time: aware UTC instants inside, a business zone at the edge, and a clock that can be handed in.

Nothing below the services reads the clock; ``now`` is an argument. Milliseconds since 1970 (UTC) are the
stored form of an instant.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MIRROR_MS = 946_684_800_000  # 2000-01-01


class Clock(Protocol):
    """Where a service gets the time from."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved; for tests, replays and demonstrations."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The instant the clock was set to."""
        return self._at

    def advance(self, by: timedelta) -> None:
        """Move the clock forward (or back, for a negative span)."""
        self._at += by

    def set(self, at: datetime) -> None:
        """Put the clock to an instant."""
        self._at = at.astimezone(UTC)


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970-01-01 UTC of an aware instant, rounded down.

    >>> to_ms(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000
    """
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC instant of milliseconds since 1970.

    >>> from_ms(1000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return _EPOCH + timedelta(milliseconds=milliseconds)


def mirrored_ms(milliseconds: int) -> int:
    """The instant as far before 2000 as this one is after it, and back.

    Under it a statement is kept that holds only where there is no other: of several such the earliest is then the
    latest, and any real time is later still. What happened before 2000 is not told from it.

    >>> mirrored_ms(946_684_800_001), mirrored_ms(mirrored_ms(1_780_300_800_000))
    (946684799999, 1780300800000)
    """
    return 2 * _MIRROR_MS - milliseconds


def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name such as ``Asia/Shanghai``; raises an invalid-input error for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise invalid(
            "unknown_zone", "unknown time zone", field="zone", got=name, allowed="an IANA name, e.g. Asia/Shanghai"
        ) from exc


def business_day(instant: datetime, zone: str) -> date:
    """The calendar day of an instant in the business zone.

    >>> business_day(datetime(2026, 1, 1, 17, tzinfo=UTC), "Asia/Shanghai").isoformat()
    '2026-01-02'
    """
    return instant.astimezone(zone_of(zone)).date()


def parse_time(value: str | float, *, zone: str = "UTC") -> datetime:
    """An instant from ISO 8601 text or a number since 1970 in seconds, milliseconds or microseconds.

    Text without an offset is read in ``zone``. Numbers below 1e11 are seconds, below 1e14 milliseconds, else
    microseconds (so seconds reach the year 5138). Raises an invalid-input error for anything else.

    >>> parse_time("2026-01-02 03:04:05", zone="Asia/Shanghai").isoformat()
    '2026-01-01T19:04:05+00:00'
    >>> parse_time(1767294245000) == parse_time(1767294245)
    True
    """
    wrong = invalid("bad_time", "not a time", field="time", got=value, allowed="ISO 8601 text or seconds since 1970")
    if isinstance(value, int | float):
        size = abs(value)
        seconds = value if size < 1e11 else value / 1e3 if size < 1e14 else value / 1e6
        try:
            return _EPOCH + timedelta(seconds=seconds)
        except (OverflowError, ValueError) as exc:
            raise wrong from exc
    text = value.strip()
    if text.lstrip("+-").replace(".", "", 1).isdecimal() and len(text) >= 9:
        return parse_time(float(text) if "." in text else int(text), zone=zone)
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=zone_of(zone))
        return instant.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise wrong from exc
