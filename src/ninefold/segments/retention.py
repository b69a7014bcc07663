"""Which old versions of segments and tags are kept, and taking out the others.

Versions are dense while they are young and thin out with age, so that a "time machine" reaches far back at a bounded
price. Campaigns need none of them: they record their members themselves. When somebody entered a segment is kept
apart from the versions, and stays.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ninefold.base import business_day, from_ms
from ninefold.store import Events, Statement

from .queries import retention as sql

Versions = Iterable[tuple[int, datetime]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """What stays besides the newest versions.

    Attributes:
        newest: so many stay, however old they are; at least 2, since a version is compared with the one before it.
        all_days: younger than this, every version stays.
        daily_days: younger than this, the last version of each business day stays; older, the last of each month.
    """

    newest: int = 10
    all_days: int = 7
    daily_days: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """How many versions were taken out."""

    segments: int
    tags: int


def superfluous(versions: Versions, keep: Keep, *, now: datetime, zone: str) -> frozenset[int]:
    """The versions that the policy does not keep. Pure.

    Args:
        versions: number and time of building of every version of one segment or tag.
        keep: the policy.
        now: as of when.
        zone: the business time zone, which says where a day and a month end.
    """
    ordered = sorted(versions)
    last: dict[tuple[int, ...], int] = {}
    for version, built_at in ordered:
        day = business_day(built_at, zone)
        if now - built_at < timedelta(days=keep.all_days):
            last[(version,)] = version
        elif now - built_at < timedelta(days=keep.daily_days):
            last[day.year, day.month, day.day] = version
        else:
            last[day.year, day.month] = version
    newest = {version for version, _ in ordered[-max(keep.newest, 2) :]}
    return frozenset(version for version, _ in ordered) - newest - set(last.values())


def trim_versions(events: Events, keep: Keep, *, now: datetime, zone: str) -> Trimmed:
    """Take out the versions of all segments and tags that a policy does not keep; a repeat finds nothing to do.

    What a tag build left behind that died before it was published goes too.

    Args:
        events: the events store.
        keep: the policy.
        now: as of when.
        zone: the business time zone.
    """
    segments = _superfluous(events, sql.SEGMENT_VERSIONS, keep, now, zone)
    if segments:
        events.delete("segment_versions", sql.of_versions("segment", segments))
    tags = _superfluous(events, sql.TAG_VERSIONS, keep, now, zone)
    if tags:
        # Values last: a reader who is told of a version finds it.
        events.delete("tag_runs", sql.of_versions("tag", tags))
    orphans = [(row["tag"], row["version"]) for row in events.query(sql.ORPHANS).to_pylist()]
    if orphans:
        events.delete("tags", sql.of_versions("tag", orphans))
    return Trimmed(segments=len(segments), tags=len(tags))


def _superfluous(events: Events, listed: Statement, keep: Keep, now: datetime, zone: str) -> list[tuple[str, int]]:
    versions: dict[str, list[tuple[int, datetime]]] = defaultdict(list)
    free: set[tuple[str, int]] = set()
    for row in events.query(listed).to_pylist():
        versions[row["key"]].append((row["version"], from_ms(row["built_ms"])))
        if row["free"]:
            free.add((row["key"], row["version"]))
    gone = {
        (key, version) for key, known in versions.items() for version in superfluous(known, keep, now=now, zone=zone)
    }
    return sorted(gone & free)
