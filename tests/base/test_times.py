"""Instants are aware UTC; the business zone decides which day it is."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import Error, FixedClock, SystemClock, business_day, from_ms, parse_time, to_ms, zone_of

instants = st.datetimes(datetime(1970, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(instants)
def test_milliseconds_there_and_back(instant: datetime) -> None:
    assert timedelta(0) <= instant - from_ms(to_ms(instant)) < timedelta(milliseconds=1)
    assert from_ms(to_ms(instant)).tzinfo is UTC


@given(st.integers(-(10**12), 10**14))
def test_every_millisecond_is_kept(milliseconds: int) -> None:
    assert to_ms(from_ms(milliseconds)) == milliseconds


@given(instants, st.integers(-14 * 60, 14 * 60))
def test_text_with_an_offset_means_its_instant(instant: datetime, minutes: int) -> None:
    local = instant.astimezone(timezone(timedelta(minutes=minutes)))
    assert parse_time(local.isoformat(), zone="Asia/Shanghai") == instant
    assert parse_time(local.isoformat(sep=" ")).tzinfo is UTC


@given(instants)
def test_text_without_an_offset_is_read_in_the_zone_given(instant: datetime) -> None:
    local = instant.astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None, fold=0)
    again = parse_time(local.isoformat(), zone="Asia/Shanghai")
    assert again.astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None) in {local, local + timedelta(hours=1)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1767294245, "2026-01-01T19:04:05+00:00"),
        (1767294245000, "2026-01-01T19:04:05+00:00"),
        (1767294245000000, "2026-01-01T19:04:05+00:00"),
        (1767294245.5, "2026-01-01T19:04:05.500000+00:00"),
        ("1767294245000", "2026-01-01T19:04:05+00:00"),
        ("1767294245.25", "2026-01-01T19:04:05.250000+00:00"),
        ("2026-01-01", "2026-01-01T00:00:00+00:00"),
        ("20260101", "2026-01-01T00:00:00+00:00"),
        (" 2026-01-01T03:04:05Z ", "2026-01-01T03:04:05+00:00"),
        (0, "1970-01-01T00:00:00+00:00"),
    ],
)
def test_the_forms_of_a_time(value: str | float, expected: str) -> None:
    assert parse_time(value).isoformat() == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "2026-13-01",
        "2026-02-30",
        "9" * 40,
        float("nan"),
        float("inf"),
        1e30,
        -1e30,
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_no_time_is_refused_in_words(value: str | float) -> None:
    with pytest.raises(Error) as wrong:
        parse_time(value)
    assert wrong.value.code == "bad_time"
    assert "ISO 8601" in wrong.value.allowed


def test_the_business_day_turns_at_midnight_of_the_business_zone() -> None:
    before = datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC)
    assert business_day(before, "Asia/Shanghai") == date(2026, 5, 31)
    assert business_day(before + timedelta(seconds=1), "Asia/Shanghai") == date(2026, 6, 1)
    assert business_day(datetime(2026, 3, 29, 22, 30, tzinfo=UTC), "Europe/Berlin") == date(2026, 3, 30)


@pytest.mark.parametrize("name", ["", "Shanghai", "../../etc/passwd", "Asia/Nowhere", "\0", "x" * 5000])
def test_an_unknown_zone_is_refused_in_words(name: str) -> None:
    with pytest.raises(Error) as wrong:
        zone_of(name)
    assert wrong.value.code == "unknown_zone"


def test_clocks() -> None:
    clock = FixedClock(datetime(2026, 6, 1, 16, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert clock.now() == datetime(2026, 6, 1, 8, tzinfo=UTC)
    clock.advance(timedelta(days=1, seconds=-1))
    assert clock.now() == datetime(2026, 6, 2, 7, 59, 59, tzinfo=UTC)
    clock.set(datetime(2027, 1, 1, tzinfo=UTC))
    assert clock.now().year == 2027
    assert SystemClock().now().tzinfo is UTC
