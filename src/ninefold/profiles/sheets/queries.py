"""SQL of profile sheets: the parts of many accounts at once, each as JSON; and the tables they are kept in. No I/O."""

from collections.abc import Sequence

import sqlalchemy as sa

from ninefold.base import money_events
from ninefold.store import Statement

from .model import ORDERS_KEPT, TIMELINE_KEPT

TRAITS = ("key", "source", "value", "num", "deleted", "at_ms")
EVENTS = (
    "at_ms", "message_id", "name", "source", "channel", "order_id", "product_id", "campaign_id", "revenue_minor",
    "currency", "props", "nums",
)  # fmt: skip
COUNTS = ("name", "times", "first_ms", "last_ms")
ORDERS = ("currency", "total", "orders", "keys")
"""The columns of the arrays in a sheet, in their order."""


def facts(accounts: Sequence[int], order_events: Sequence[str]) -> tuple[Statement, ...]:
    """Traits, events, counts, traits added to, orders of accounts: oneid, body (JSON); no row for nothing."""
    values = {"accounts": list(accounts)}
    orders = {"order_events": list(order_events), "money_events": list(money_events(*order_events))}
    return (
        Statement(_TRAITS, values),
        Statement(_EVENTS, {**values, "kept": TIMELINE_KEPT}),
        Statement(_COUNTS, values),
        Statement(_CHANGED, values),
        Statement(_ORDERS, {**values, **orders, "kept": ORDERS_KEPT}),
    )


FACTS = ("traits", "events", "counts", "changed", "orders")
"""What each statement of :func:`facts` is called in a sheet."""


def tags(accounts: Sequence[int], newest: Sequence[tuple[str, int]]) -> Statement:
    """The values of the newest versions of tags: oneid, body (JSON: [tag, value] pairs)."""
    return Statement(
        """
        SELECT oneid, toJSONString(groupArray((tag, value))) AS body
        FROM tags
        WHERE oneid IN {accounts:Array(UInt32)}
          AND (tag, version) IN (SELECT arrayJoin(arrayZip({tags:Array(String)}, {versions:Array(UInt32)})))
        GROUP BY oneid
        """,
        {
            "accounts": list(accounts),
            "tags": [tag for tag, _ in newest],
            "versions": [version for _, version in newest],
        },
    )


def entries(accounts: Sequence[int]) -> Statement:
    """The newest version of each segment that accounts entered: oneid, body (JSON: [segment, version, ms])."""
    return Statement(
        """
        SELECT oneid, toJSONString(groupArray((segment, entered, at_ms))) AS body
        FROM (
          SELECT
            oneid, segment, max(version) AS entered, toUnixTimestamp64Milli(argMax(built_at, version)) AS at_ms
          FROM segment_entries
          WHERE oneid IN {accounts:Array(UInt32)}
          GROUP BY oneid, segment
        )
        GROUP BY oneid
        """,
        {"accounts": list(accounts)},
    )


_TRAITS = """
SELECT oneid, toJSONString(groupArray((key, source, value, num, deleted, at_ms))) AS body
FROM (
  SELECT oneid, key, source, value, num, deleted, toUnixTimestamp64Milli(ts) AS at_ms
  FROM traits
  WHERE oneid IN {accounts:Array(UInt32)}
  ORDER BY oneid, key, source, ts DESC, received_at DESC
  LIMIT 1 BY oneid, key, source
)
GROUP BY oneid
"""

_EVENTS = """
SELECT
  oneid,
  toJSONString(groupArray((at_ms, message_id, name, source, channel, order_id, product_id, campaign_id, revenue_minor,
    currency, props, nums))) AS body
FROM (
  SELECT
    oneid, toUnixTimestamp64Milli(ts) AS at_ms, message_id, name, source, channel, order_id, product_id, campaign_id,
    revenue_minor, currency, props, nums
  FROM events
  WHERE oneid IN {accounts:Array(UInt32)}
  ORDER BY oneid, ts DESC, message_id DESC
  LIMIT {kept:UInt32} BY oneid
)
GROUP BY oneid
"""

_COUNTS = """
SELECT oneid, toJSONString(groupArray((name, times, first_ms, last_ms))) AS body
FROM (
  SELECT
    oneid, name, count() AS times, toUnixTimestamp64Milli(min(ts)) AS first_ms,
    toUnixTimestamp64Milli(max(ts)) AS last_ms
  FROM events
  WHERE oneid IN {accounts:Array(UInt32)}
  GROUP BY oneid, name
)
GROUP BY oneid
"""

_CHANGED = """
SELECT oneid, toJSONString(groupUniqArray(key)) AS body FROM trait_changes WHERE oneid IN {accounts:Array(UInt32)}
GROUP BY oneid
"""

# An order is named by its own id, else by its message; the hash keeps the two kinds apart.
_ORDERS = """
SELECT oneid, toJSONString(groupArray((currency, total, orders, if(orders > {kept:UInt32}, [], keys)))) AS body
FROM (
  SELECT
    oneid, currency, sum(revenue_minor) AS total, length(keys) AS orders,
    groupUniqArrayIf(
      sipHash64(if(order_id = '', ('message', message_id), ('order', order_id))), name IN {order_events:Array(String)}
    ) AS keys
  FROM events
  WHERE oneid IN {accounts:Array(UInt32)} AND name IN {money_events:Array(String)}
  GROUP BY oneid, currency
)
GROUP BY oneid
"""

PUBLISHED_SEGMENTS = Statement(
    """
    SELECT
      toString(v.segment) AS key, max(v.version) AS version,
      toUnixTimestamp64Milli(argMax(v.built_at, v.version)) AS built_ms,
      min(v.version) AS first_version, toUnixTimestamp64Milli(argMin(v.built_at, v.version)) AS first_ms
    FROM segment_versions AS v
    GROUP BY v.segment
    """
)
PUBLISHED_TAGS = Statement(
    """
    SELECT
      toString(v.tag) AS key, max(v.version) AS version,
      toUnixTimestamp64Milli(argMax(v.built_at, v.version)) AS built_ms,
      min(v.version) AS first_version, toUnixTimestamp64Milli(argMin(v.built_at, v.version)) AS first_ms
    FROM tag_runs AS v
    GROUP BY v.tag
    """
)
"""What the events store has of segments and tags: key, version, built_ms, first_version, first_ms."""

NOT_WAITING = sa.text("SET LOCAL synchronous_commit = off")
"""Let this transaction be lost by a crash of the machine, but never in part."""

READ = sa.text(
    """
    SELECT part, oneid, body, 0 AS change FROM profile_sheets WHERE oneid = ANY(:accounts)
    UNION ALL
    SELECT part, 0, '', id FROM sheet_changes
    UNION ALL
    SELECT 0, 0, concat_ws('/', count(*), sum(version), sum(built_ms)), 0 FROM published_versions
    """
)
"""Sheets of accounts and, of the same moment, which notes of changes are open: part, oneid, body, change.

The row of part 0 has a text that changes whenever something new is published.
"""

KEEP = sa.text(
    """
    INSERT INTO profile_sheets (oneid, part, body)
    SELECT oneid, :part, body FROM unnest(CAST(:oneids AS int[]), CAST(:bodies AS text[])) AS s (oneid, body)
    ON CONFLICT (oneid, part) DO UPDATE SET body = excluded.body
    """
)

NOTE_PUBLISHED = sa.text(
    """
    INSERT INTO published_versions (kind, key, version, built_ms, first_version, first_ms)
    VALUES (:kind, :key, :version, :built_ms, :first_version, :first_ms)
    ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, built_ms = excluded.built_ms
    WHERE published_versions.version <= excluded.version
    """
)
