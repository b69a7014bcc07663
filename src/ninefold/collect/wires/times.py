"""When an event happened: the client's times, corrected by the skew of its clock. Pure."""

from datetime import UTC, datetime

from ninefold.base import Error, parse_time, to_ms
from ninefold.collect.model import Limits

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_ms(value: str | float | None) -> int | None:
    """Milliseconds since 1970 of a client's time: ISO 8601 text (UTC without an offset) or a number, else ``None``.

    >>> instant_ms("1970-01-01T00:00:01.5Z"), instant_ms(1767294245), instant_ms("soon")
    (1500, 1767294245000, None)
    """
    if value is None:
        return None
    try:
        if type(value) is str:
            instant = datetime.fromisoformat(value)
            since = (instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)) - _EPOCH
            return since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000
    except (ValueError, OverflowError):
        pass
    try:
        return to_ms(parse_time(value))
    except (Error, ValueError, OverflowError):
        return None


def corrected(original: int, *, sent: int | None, received: int, limits: Limits) -> tuple[int, str]:
    """The time of an event and a warning, if any.

    Segment's rule: ``timestamp = receivedAt - (sentAt - originalTimestamp)``, so a wrong clock cancels out. A result
    outside of what can be true (a clock never set, a time ahead of arrival) is replaced by the arrival time.

    >>> corrected(1_000_000_000_000, sent=1_000_000_060_000, received=1_700_000_000_000, limits=Limits())
    (1699999940000, '')
    """
    ts = original if sent is None else received - (sent - original)
    if ts < limits.earliest_ms:
        return received, "timestamp_too_early"
    if ts > received + limits.max_ahead_ms:
        return received, "timestamp_in_future"
    return ts, ""
