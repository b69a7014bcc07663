"""When scheduled campaigns are due, across changes to and from summer time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.journeys.model import ByHand, Cron, Every, Once, Start
from ninefold.journeys.rules.schedule import is_cron, latest_due, next_due, occurrence_id

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def test_once() -> None:
    start = Once(at=NOW)
    assert latest_due(start, since=NOW + timedelta(days=5), now=NOW) == NOW
    assert latest_due(start, since=LONG_AGO, now=NOW - timedelta(seconds=1)) is None
    assert next_due(start, now=NOW) is None
    assert next_due(start, now=NOW - timedelta(days=1)) == NOW


def test_what_passed_before_the_campaign_was_live_is_not_due() -> None:
    weekly = Cron(expression="0 8 * * 1", zone="UTC")  # 8 June 2026 is a Monday
    assert latest_due(weekly, since=LONG_AGO, now=NOW) == datetime(2026, 6, 8, 8, tzinfo=UTC)
    assert latest_due(weekly, since=datetime(2026, 6, 9, tzinfo=UTC), now=NOW) is None


def test_the_wall_clock_counts_in_its_zone() -> None:
    daily = Cron(expression="0 8 * * *", zone="Asia/Shanghai")
    assert latest_due(daily, since=LONG_AGO, now=NOW) == datetime(2026, 6, 10, 0, tzinfo=UTC)
    berlin = Every(span=timedelta(days=1), first=datetime(2026, 1, 1, 7, tzinfo=UTC), zone="Europe/Berlin")  # 8 o'clock
    assert latest_due(berlin, since=LONG_AGO, now=NOW) == datetime(2026, 6, 10, 6, tzinfo=UTC)
    half_past = Every(span=timedelta(hours=24), first=datetime(2026, 1, 1, 7, 30, tzinfo=UTC), zone="Europe/Berlin")
    assert next_due(half_past, now=NOW) == datetime(2026, 6, 11, 6, 30, tzinfo=UTC)
    ninety = Every(span=timedelta(minutes=90), first=datetime(2026, 6, 10, tzinfo=UTC), zone="UTC")
    assert latest_due(ninety, since=LONG_AGO, now=NOW) == NOW


def test_a_skipped_time_moves_and_a_repeated_one_happens_once() -> None:
    daily = Cron(expression="30 2 * * *", zone="Europe/Berlin")
    spring, at = [], datetime(2026, 3, 27, 12, tzinfo=UTC)
    for _ in range(3):
        at = next_due(daily, now=at) or at
        spring.append(at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%d %H:%M"))
    assert spring == ["28 02:30", "29 03:30", "30 02:30"]
    autumn, at = [], datetime(2026, 10, 24, 12, tzinfo=UTC)
    for _ in range(3):
        at = next_due(daily, now=at) or at
        autumn.append(at.isoformat())
    assert autumn == ["2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00", "2026-10-27T01:30:00+00:00"]


ZONES = st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
MOMENTS = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
STARTS = st.one_of(
    st.builds(
        Cron,
        expression=st.sampled_from(["0 8 * * *", "*/7 * * * *", "30 2 * * 0", "15 10 1 * *", "0 0 29 2 *"]),
        zone=ZONES,
    ),
    st.builds(
        Every,
        span=st.sampled_from([timedelta(minutes=5), timedelta(hours=7), timedelta(days=1), timedelta(weeks=2)]),
        first=MOMENTS,
        zone=ZONES,
    ),
)


@given(STARTS, MOMENTS)
def test_next_and_latest_agree(start: Start, now: datetime) -> None:
    coming = next_due(start, now=now)
    assert coming is not None
    assert coming > now
    assert latest_due(start, since=now, now=coming) == coming
    before = latest_due(start, since=LONG_AGO, now=coming - timedelta(milliseconds=1))
    assert before is None or before <= now


def test_by_hand_is_never_due() -> None:
    assert latest_due(ByHand(), since=LONG_AGO, now=NOW) is None
    assert next_due(ByHand(), now=NOW) is None


@pytest.mark.parametrize("text", ["", "* * * *", "0 8 * * 1 *", "61 * * * *", "@daily", "0 0 30 2 *", "a b c d e"])
def test_no_cron(text: str) -> None:
    assert not is_cron(text)


def test_an_occasion_is_named_by_its_instant() -> None:
    assert occurrence_id(datetime(2026, 6, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai"))) == "2026-06-01T00:00:00Z"
