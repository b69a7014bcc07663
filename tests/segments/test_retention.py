"""Old versions: which stay, and that nothing else is lost with the others."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.world import START, World, day

from ninefold.base import Error, business_day
from ninefold.identity import Identity
from ninefold.profiles import ByIdentifier, Profiles
from ninefold.segments import Keep, Segments, Tags, Trimmed, trim_versions
from ninefold.segments.retention import superfluous
from ninefold.store import Events, Records, Statement

ZONE = "Asia/Shanghai"
NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
_ages = st.lists(st.floats(0, 900), min_size=1, max_size=120)


@given(ages=_ages, newest=st.integers(0, 5), all_days=st.integers(0, 20), daily_days=st.integers(0, 500))
def test_what_stays_and_what_goes(ages: list[float], newest: int, all_days: int, daily_days: int) -> None:
    keep = Keep(newest=newest, all_days=all_days, daily_days=daily_days)
    versions = [(n, NOW - timedelta(days=age)) for n, age in enumerate(sorted(ages, reverse=True), 1)]
    gone = superfluous(versions, keep, now=NOW, zone=ZONE)
    stays = [(n, at) for n, at in versions if n not in gone]
    assert versions[-2:] == stays[-2:], "the newest and the one it is compared with"
    assert all(NOW - at >= timedelta(days=all_days) for n, at in versions if n in gone)
    for number, at in versions:
        day, months = business_day(at, ZONE), NOW - at >= timedelta(days=daily_days)
        same = [
            n
            for n, other in stays
            if (business_day(other, ZONE).replace(day=1) == day.replace(day=1) if months else True)
            and (months or business_day(other, ZONE) == day)
            and n >= number
        ]
        assert same, "a later version of the same day, or month, stands for each that is gone"
    assert superfluous(stays, keep, now=NOW, zone=ZONE) == frozenset(), "a repeat finds nothing"


def test_trimming_keeps_the_present_and_when_people_entered(records: Records, events: Events) -> None:
    world, identity = World(events), Identity()
    [ana, bob] = world.meet(records, [("member_no", "A")], [("member_no", "B")])
    world.order(ana, 100, day(1))
    world.flush()
    segments, tags = Segments(records, events, identity), Tags(records, events)
    names = {"name": {"en": "x", "zh": "x"}, "owner": "crm"}
    with records.begin() as conn:
        segments.save(conn, {"key": "buyers", **names, "condition": {"event": "Order Completed"}}, now=START)
        tags.save(conn, {"key": "rfm", **names, "rfm": {"order": {"event": "Order Completed"}}}, now=START)
    for number in range(2, 10):
        if number == 5:
            world.order(bob, 100, day(4))
            world.flush()
        segments.refresh(now=day(number))
        tags.refresh("rfm", now=day(number), base=day(number))
    # a build that died before it was published, older than the newest
    events.command(Statement("INSERT INTO tags VALUES ('rfm', 0, 1, 'x', NULL)"))

    trimmed = trim_versions(events, Keep(newest=3, all_days=0, daily_days=0), now=day(30), zone=ZONE)
    months = {(business_day(day(n), ZONE).year, business_day(day(n), ZONE).month) for n in range(2, 10)}
    left = [one.version for one in segments.history("buyers")]
    assert left[:3] == [8, 7, 6]
    assert len(left) <= 3 + len(months)
    assert trimmed == Trimmed(segments=8 - len(left), tags=8 - len(left))
    assert [one.version for one in tags.history("rfm")] == left
    versions = events.query(Statement("SELECT DISTINCT version FROM tags ORDER BY version DESC")).column(0)
    assert versions.to_pylist() == left
    assert trim_versions(events, Keep(newest=3, all_days=0, daily_days=0), now=day(30), zone=ZONE) == Trimmed(
        segments=0, tags=0
    )

    profiles = Profiles(records, events, identity)
    for member, since in (("A", 1), ("B", 4)):
        reference = ByIdentifier(namespace="member_no", value=member)
        [held] = profiles.read(reference, now=day(30)).segments
        assert (held.version, held.since_version, held.since) == (8, since, day(since + 1))
    profiles.close()
    [built] = segments.refresh(now=day(31))
    assert (built.snapshot.version, built.snapshot.size, built.entered, built.left) == (9, 2, 0, 0)
    with pytest.raises(Error) as gone:
        segments.at("buyers", 2)
    assert gone.value.code == "unknown_version"
