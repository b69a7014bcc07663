"""Which dates have their anniversary in a span of days. Pure: the present day is handed in.

The 29th of February is kept on the 28th where there is no 29th. By the Chinese calendar a birth in a leap month is kept
in the month of the same number, and one on a 30th on the 29th of a month that has no 30th: everybody once a year.
"""

import re
from datetime import date, timedelta

from .lunar import lunar_day, month_of, months

DAYS_ALLOWED = "today, tomorrow, this_week, next_week, this_month, next_month, or the days ahead: 1d to 62d"
_NAMED = ("today", "tomorrow", "this_week", "next_week", "this_month", "next_month")
DAYS_PATTERN = rf"^({'|'.join(_NAMED)}|([1-9]|[1-5][0-9]|6[0-2])d)$"
_DAYS = re.compile(DAYS_PATTERN, re.ASCII)


def is_days(value: object) -> bool:
    """Whether a text names days ahead."""
    return isinstance(value, str) and _DAYS.fullmatch(value) is not None


def days_ahead(value: str, today: date) -> tuple[date, date]:
    """The first and the last day that are meant, both in; ``7d`` is today and the seven days after.

    >>> days_ahead("next_month", date(2026, 1, 31))
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    """
    if value not in _NAMED:
        return today, today + timedelta(days=int(value[:-1]))
    which, _, unit = value.rpartition("_")
    if not which:
        day = today + timedelta(days=unit == "tomorrow")
        return day, day
    if unit == "week":
        first = today + timedelta(days=7 * (which == "next") - today.weekday())
        return first, first + timedelta(days=6)
    first = today.replace(day=1)
    following = _next_month(first)
    return (first, following - timedelta(days=1)) if which == "this" else (
        following, _next_month(following) - timedelta(days=1)
    )  # fmt: skip


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def solar_days(first: date, last: date) -> tuple[str, ...]:
    """Months and days of birth that are kept from one day to another: ``MM-DD``.

    >>> solar_days(date(2027, 2, 28), date(2027, 3, 1))
    ('02-28', '02-29', '03-01')
    """
    found: list[str] = []
    for day in _days(first, last):
        found.append(f"{day:%m-%d}")
        if found[-1] == "02-28" and (day + timedelta(days=1)).day == 1:
            found.append("02-29")
    return tuple(dict.fromkeys(found))


def lunar_days(first: date, last: date) -> tuple[str, ...]:
    """Months and days of the Chinese calendar that are kept from one solar day to another: ``MM-DD``.

    >>> lunar_days(date(2026, 6, 19), date(2026, 6, 19))
    ('05-05',)
    """
    return tuple(dict.fromkeys(f"{month:02}-{day:02}" for month, day in _kept(first, last)))


def lunar_births(first: date, last: date) -> tuple[str, ...]:
    """Solar dates of birth, 1900 to 2100, whose day of the Chinese calendar is kept from one solar day to another."""
    kept = frozenset(_kept(first, last))
    return tuple(
        date.fromordinal(month.start + day - 1).isoformat()
        for month in months()
        for number, day in kept
        if number == month.number and day <= month.days
    )


def _kept(first: date, last: date) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for each in _days(first, last):
        there, month = lunar_day(each), month_of(each)
        if there is None or month is None or month.leap:
            continue
        found.append(there[:2])
        if there[1] == month.days == 29:
            found.append((there[0], 30))
    return found


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
