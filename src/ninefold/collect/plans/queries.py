"""SQL of tracking plans over the events store: traffic to draft from, events to simulate on, violations. No I/O."""

from collections.abc import Sequence
from datetime import datetime

from ninefold.store import Statement

_RECENT = """
  ts >= {since:DateTime64(3, 'UTC')}
  AND (empty({sources:Array(String)}) OR source IN {sources:Array(String)})
"""

_TRACKED = "type = 'track' AND NOT startsWith(name, '$')"


def _window(since: datetime, sources: Sequence[str]) -> dict[str, object]:
    return {"since": since, "sources": list(sources)}


def event_counts(since: datetime, sources: Sequence[str]) -> Statement:
    """Track events by name, the most frequent 1,000: name, events."""
    return Statement(
        "SELECT name, count() AS events FROM events WHERE "
        + _TRACKED
        + " AND "
        + _RECENT
        + " GROUP BY name ORDER BY events DESC, name LIMIT 1000",
        _window(since, sources),
    )


def text_properties(since: datetime, sources: Sequence[str], *, values: int) -> Statement:
    """Text properties by event: event, property, events, flags, lists, values (at most one more than asked for)."""
    return Statement(
        """
        SELECT
          name AS event, pair.1 AS property, count() AS events, countIf(pair.2 IN ('true', 'false')) AS flags,
          countIf(startsWith(pair.2, '[') AND isValidJSON(pair.2)) AS lists,
          arraySort(groupUniqArray({values:UInt8})(substring(pair.2, 1, 200))) AS values
        FROM (SELECT name, arrayJoin(CAST(props AS Array(Tuple(String, String)))) AS pair FROM events WHERE """
        + _TRACKED
        + " AND "
        + _RECENT
        + """)
        WHERE NOT startsWith(pair.1, '$') AND NOT startsWith(pair.1, 'context.')
        GROUP BY event, property
        ORDER BY event, property
        LIMIT 300 BY event
        """,
        _window(since, sources) | {"values": values + 1},
    )


def number_properties(since: datetime, sources: Sequence[str]) -> Statement:
    """Numeric properties by event: event, property, events, whole, least."""
    return Statement(
        """
        SELECT
          name AS event, pair.1 AS property, count() AS events, countIf(pair.2 = floor(pair.2)) AS whole,
          min(pair.2) AS least
        FROM (SELECT name, arrayJoin(CAST(nums AS Array(Tuple(String, Float64)))) AS pair FROM events WHERE """
        + _TRACKED
        + " AND "
        + _RECENT
        + """)
        WHERE NOT startsWith(pair.1, '$') AND NOT startsWith(pair.1, 'context.')
        GROUP BY event, property
        ORDER BY event, property
        LIMIT 300 BY event
        """,
        _window(since, sources),
    )


def recent_count(since: datetime, sources: Sequence[str]) -> Statement:
    """How many track events there are."""
    return Statement("SELECT count() FROM events WHERE " + _TRACKED + " AND " + _RECENT, _window(since, sources))


def recent_events(since: datetime, sources: Sequence[str], *, one_in: int) -> Statement:
    """Track events to judge, one in so many by a hash of their id: what a plan looks at, when and whence they came."""
    return Statement(
        """
        SELECT name, source, message_id, toUnixTimestamp64Milli(ts) AS at_ms, props, nums
        FROM events
        WHERE """
        + _TRACKED
        + " AND "
        + _RECENT
        + " AND cityHash64(message_id) % {one_in:UInt32} = 0",
        _window(since, sources) | {"one_in": one_in},
    )


def violations(since: datetime, *, limit: int) -> Statement:
    """Faults of events that were kept: event, fault, path, events, sources, sample, message, reply, latest_ms."""
    return Statement(
        """
        SELECT
          name AS event, one.1 AS fault, one.2 AS path, count() AS events,
          arraySort(groupUniqArray(10)(source)) AS sources,
          argMax(message_id, ts) AS sample, argMax(one.3, ts) AS message, argMax(one.4, ts) AS reply,
          toUnixTimestamp64Milli(max(ts)) AS latest_ms
        FROM (
          SELECT name, source, message_id, ts,
            arrayJoin(JSONExtract(props['$violations'], 'Array(Tuple(String, String, String, String))')) AS one
          FROM events
          WHERE ts >= {since:DateTime64(3, 'UTC')} AND mapContains(props, '$violations')
        )
        GROUP BY event, fault, path
        ORDER BY events DESC, event, fault, path
        LIMIT {limit:UInt32}
        """,
        {"since": since, "limit": limit},
    )
