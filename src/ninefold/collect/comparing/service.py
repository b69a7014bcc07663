"""Compares what two sources told of the last days; reads only."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

from ninefold.base import business_day, did_you_mean, invalid, missing, zone_of
from ninefold.store import Events

from . import queries
from .model import Comparison, DayCount, NameCount, PeopleCount, PropertyCount

_DAYS = (1, 90)
_TOLERANCE = 0.01  # shares of a property that are less apart are the same


def compare(events: Events, left: str, right: str, *, days: int, now: datetime, zone: str) -> Comparison:
    """What two sources told of the same business days: numbers, people, properties.

    Args:
        events: the events store.
        left: key of the source that is trusted so far, such as the old SDK's.
        right: key of the source that is judged by it.
        days: business days back, today's among them; 1 to 90.
        now: the present instant.
        zone: of business days, an IANA name.

    Raises:
        Error: invalid, when both are the same source or the days are out of range; missing ``unknown_source``, when one
            told nothing in these days.
    """
    if left == right:
        raise invalid("same_source", "a source is not compared with itself", field="right", got=right,
                      allowed="another source: give each SDK a write key of a source of its own")  # fmt: skip
    if not _DAYS[0] <= days <= _DAYS[1]:
        raise invalid("bad_days", "not a number of days", field="days", got=days, allowed=f"{_DAYS[0]} to {_DAYS[1]}")
    last = business_day(now, zone)
    first = last - timedelta(days=days - 1)
    midnight = partial(datetime.combine, time=time(), tzinfo=zone_of(zone))
    until = midnight(last + timedelta(days=1)).astimezone(UTC)  # a client's clock may be a little ahead of ours
    span = queries.Span(left=left, right=right, since=midnight(first).astimezone(UTC), until=until)
    _known(events, span)
    names = [NameCount(**row) for row in events.query(queries.names(span)).to_pylist()]
    differ = [DayCount(**row) for row in events.query(queries.days(span, zone)).to_pylist()]
    found = events.query(queries.properties(span)).to_pylist()
    cut = (
        len(names) > queries.MOST_NAMES or len(differ) > queries.MOST_DAYS or len(found) > queries.MOST_PROPERTIES
    )  # each statement gives one row more than a report holds
    types = {
        row["type"]: (row["left_events"], row["right_events"]) for row in events.query(queries.types(span)).to_pylist()
    }
    [people] = events.query(queries.people(span)).to_pylist()
    return Comparison(
        left=left, right=right, first=first, last=last, names=tuple(names[: queries.MOST_NAMES]),
        days=tuple(differ[: queries.MOST_DAYS]),
        properties=tuple(_properties(found[: queries.MOST_PROPERTIES], names)),
        people=PeopleCount(**people), types=types, cut=cut,
    )  # fmt: skip


def _known(events: Events, span: queries.Span) -> None:
    known = [row["source"] for row in events.query(queries.sources(span.since, span.until)).to_pylist()]
    for field, source in (("left", span.left), ("right", span.right)):
        if source not in known:
            raise missing("unknown_source", "this source told nothing in these days", field=field, got=source,
                          hint=did_you_mean(source, known) or f"these did: {', '.join(known[:20])}")  # fmt: skip


def _properties(rows: Iterable[Mapping[str, Any]], names: Iterable[NameCount]) -> Iterator[PropertyCount]:
    """The properties that differ, of event names that both sources tell."""
    both = {one.name: one for one in names if one.left_events and one.right_events}
    for row in rows:
        of = both.get(row["event"])
        if of is None:
            continue
        one = PropertyCount(
            left_share=(row["left_text"] + row["left_number"]) / of.left_events,
            right_share=(row["right_text"] + row["right_number"]) / of.right_events,
            **row,
        )
        if abs(one.left_share - one.right_share) > _TOLERANCE or one.types[0] != one.types[1]:
            yield one
