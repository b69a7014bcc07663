"""Which segments change size when people are joined or parted; nothing is written."""

from collections.abc import Callable, Sequence
from datetime import datetime

from ninefold.identity import changing
from ninefold.predicate import Condition, Reading, count, survivorship
from ninefold.segments.model import Segment
from ninefold.segments.rules import inlined
from ninefold.segments.service import Segments
from ninefold.store import Events, Records


class SegmentImpact:
    """Counts segments as they are and as they would be, by the very SQL that builds them."""

    def __init__(self, records: Records, events: Events, segments: Segments) -> None:
        """Args: the stores; the segments."""
        self._records = records
        self._events = events
        self._segments = segments

    def segments(
        self, parts: Sequence[changing.Part], *, now: datetime, tell: Callable[[int, int], None]
    ) -> tuple[int, Sequence[changing.SegmentSize]]:
        """How many segments there are, and those whose size changes when people do.

        Segments that are made from others are worked out from the others' conditions, so that they change together;
        tags and lists are as they were built.

        Args:
            parts: the people who change.
            now: the instant the conditions are asked for.
            tell: is told how many of how many questions are answered.
        """
        reading = self._reading()
        known = self._segments.list()
        conditions = {one.key: one.condition for one in known}
        found: list[changing.SegmentSize] = []
        for place, segment in enumerate(known):
            condition, gained = inlined(segment.condition, conditions), 0
            for number, part in enumerate(parts):
                tell(place * len(parts) + number, len(known) * len(parts))
                then = Reading(policies=reading.policies, moved=part.moved)
                gained += self._count(condition, now, then, part.after) - self._count(
                    condition, now, reading, part.before
                )
            if gained:
                found.append(_size(segment, self._count(condition, now, reading), gained))
        return len(known), found

    def _count(self, condition: Condition, now: datetime, reading: Reading, only: Sequence[int] | None = None) -> int:
        if only is not None and not only:
            return 0
        return self._events.count(count(condition, now=now, zone=self._segments.zone, only=only, reading=reading))

    def _reading(self) -> Reading:
        with self._records.begin() as conn:
            return Reading(policies=survivorship.load(conn))


def _size(segment: Segment, before: int, gained: int) -> changing.SegmentSize:
    return changing.SegmentSize(key=segment.key, name=segment.header.name_en, before=before, after=before + gained)
