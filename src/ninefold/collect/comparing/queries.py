"""SQL of comparisons over the events store: both sources are read in one pass. Statements only."""

from dataclasses import dataclass
from datetime import datetime

from ninefold.store import Statement

MOST_NAMES, MOST_DAYS, MOST_PROPERTIES = 1_000, 5_000, 5_000

_OF_BOTH = """
  source IN ({left:String}, {right:String})
  AND ts >= {since:DateTime64(3, 'UTC')} AND ts < {until:DateTime64(3, 'UTC')}
"""
_PEOPLE = """
  SELECT e.name AS name, e.source AS source, if(r.oneid = 0, e.oneid, r.root) AS person
  FROM events AS e LEFT ANY JOIN (SELECT oneid, root FROM redirects FINAL WHERE oneid != root) AS r ON r.oneid = e.oneid
  WHERE
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Two sources and the instants between which their events happened."""

    left: str
    right: str
    since: datetime
    until: datetime

    def values(self) -> dict[str, object]:
        """The parameters of the statements."""
        return {"left": self.left, "right": self.right, "since": self.since, "until": self.until}


def sources(since: datetime, until: datetime) -> Statement:
    """Sources that told something: source."""
    return Statement(
        """
        SELECT DISTINCT source FROM events
        WHERE ts >= {since:DateTime64(3, 'UTC')} AND ts < {until:DateTime64(3, 'UTC')} ORDER BY source LIMIT 1000
        """,
        {"since": since, "until": until},
    )


def names(span: Span) -> Statement:
    """Events and people by name, as `NameCount` has them; those that differ first."""
    return Statement(
        """
        SELECT name, sum(l) AS left_events, sum(r) AS right_events,
          countIf(l > 0) AS left_people, countIf(r > 0) AS right_people, countIf(l > 0 AND r > 0) AS both_people
        FROM (
          SELECT name, person, countIf(source = {left:String}) AS l, countIf(source = {right:String}) AS r
          FROM ("""
        + _PEOPLE
        + _OF_BOTH
        + """)
          GROUP BY name, person
        )
        GROUP BY name
        ORDER BY left_events = right_events AND left_people = right_people AND left_people = both_people,
          left_events + right_events DESC, name
        LIMIT {most:UInt32}
        """,
        {**span.values(), "most": MOST_NAMES + 1},
    )


def days(span: Span, zone: str) -> Statement:
    """Business days and names whose numbers differ, as `DayCount` has them."""
    return Statement(
        """
        SELECT toDate(ts, {zone:String}) AS day, name, countIf(source = {left:String}) AS left_events,
          countIf(source = {right:String}) AS right_events
        FROM events
        WHERE """
        + _OF_BOTH
        + """
        GROUP BY day, name HAVING left_events != right_events ORDER BY day, name LIMIT {most:UInt32}
        """,
        {**span.values(), "zone": zone, "most": MOST_DAYS + 1},
    )


def properties(span: Span) -> Statement:
    """Properties by event, of names that both tell: event, path, and in how many events they are what."""
    return Statement(
        """
        SELECT name AS event, pair.1 AS path,
          countIf(source = {left:String} AND NOT pair.2) AS left_text,
          countIf(source = {left:String} AND pair.2) AS left_number,
          countIf(source = {right:String} AND NOT pair.2) AS right_text,
          countIf(source = {right:String} AND pair.2) AS right_number
        FROM (
          SELECT name, source, arrayJoin(arrayConcat(
            arrayMap(one -> (one, false), CAST(mapKeys(props) AS Array(String))),
            arrayMap(one -> (one, true), CAST(mapKeys(nums) AS Array(String))))) AS pair
          FROM events
          WHERE """
        + _OF_BOTH
        + """)
        WHERE NOT startsWith(pair.1, '$') AND NOT startsWith(pair.1, 'context.')
        GROUP BY event, path
        ORDER BY event, path
        LIMIT 300 BY event
        LIMIT {most:UInt32}
        """,
        {**span.values(), "most": MOST_PROPERTIES + 1},
    )


def people(span: Span) -> Statement:
    """People by who tells of them: in_both, left_only, right_only."""
    return Statement(
        """
        SELECT countIf(l AND r) AS in_both, countIf(l AND NOT r) AS left_only, countIf(r AND NOT l) AS right_only
        FROM (
          SELECT person, max(source = {left:String}) AS l, max(source = {right:String}) AS r
          FROM ("""
        + _PEOPLE
        + _OF_BOTH
        + """)
          GROUP BY person
        )
        """,
        span.values(),
    )


def types(span: Span) -> Statement:
    """Events by type, such as identify and alias: type, left_events, right_events."""
    return Statement(
        """
        SELECT type, countIf(source = {left:String}) AS left_events, countIf(source = {right:String}) AS right_events
        FROM events
        WHERE """
        + _OF_BOTH
        + " GROUP BY type ORDER BY type",
        span.values(),
    )
