"""When a webhook is posted to again. Pure: the time is an argument."""

from datetime import timedelta

from ninefold.base import doubled, jittered

_FIRST_SECONDS = 5.0
_LONGEST_SECONDS = 3_600.0


def pause_after(webhook: str, attempts: int, asked_seconds: float | None = None) -> timedelta:
    """The pause after so many failed attempts: doubled each time up to an hour, with jitter; not less than asked for.

    The jitter takes up to half of the pause away ("equal jitter"), drawn from name and count.

    >>> pause_after("crm", 1).total_seconds() <= 5 <= pause_after("crm", 1, 60).total_seconds()
    True
    """
    whole = doubled(_FIRST_SECONDS, _LONGEST_SECONDS, attempts)
    return timedelta(seconds=max(jittered(whole, "webhook", webhook, attempts), asked_seconds or 0.0))
