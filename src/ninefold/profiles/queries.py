"""SQL of the 360 view and of lists of people. No I/O.

Statements that ask by person are answered from the projections ordered by oneid. Only lists of people look at all.
"""

from collections.abc import Sequence

import sqlglot
import sqlglot.expressions as exp

from ninefold.base import money_events
from ninefold.store import Statement, render

from .model import Cursor, Order

EVERYBODY = Statement("SELECT DISTINCT oneid FROM people")
"""Every account there is: oneid."""

_TIMELINE = """
SELECT
  toUnixTimestamp64Milli(ts) AS at_ms, message_id, name, source, channel, order_id, product_id, campaign_id,
  revenue_minor, currency, props, nums
FROM events
WHERE oneid IN {accounts:Array(UInt32)}
"""

_BEFORE = """
  AND ts <= fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
  AND (toUnixTimestamp64Milli(ts), message_id) < ({before_ms:Int64}, {before_id:String})
"""

_NAMED = """
  AND name IN {names:Array(String)}
"""

# Reading columns late pays for big results; for a page it costs a third of the time.
_NEWEST = """
ORDER BY ts DESC, message_id DESC
LIMIT {limit:UInt32}
SETTINGS query_plan_optimize_lazy_materialization = 0
"""


def timeline(
    accounts: Sequence[int], *, limit: int, before: Cursor | None = None, names: Sequence[str] = ()
) -> Statement:
    """Events of a person, newest first."""
    text = _TIMELINE + (_BEFORE if before else "") + (_NAMED if names else "") + _NEWEST
    place = {"before_ms": before.at_ms, "before_id": before.message_id} if before else {}
    named = {"names": list(names)} if names else {}
    return Statement(text, {"accounts": list(accounts), "limit": limit, **place, **named})


def counters(accounts: Sequence[int], order_events: Sequence[str]) -> Statement:
    """Per event name (of_name = 1): times, first, last; and per currency over orders: orders, total."""
    return Statement(
        """
        SELECT
          name, currency, is_order, grouping(name) = 0 AS of_name, count() AS times,
          min(at_ms) AS first_ms, max(at_ms) AS last_ms, sum(revenue_minor) AS total,
          uniqExactIf(order_key, is_placed) AS orders
        FROM (
          SELECT
            name, currency, revenue_minor, toUnixTimestamp64Milli(ts) AS at_ms,
            name IN {order_events:Array(String)} AS is_placed,
            name IN {money_events:Array(String)} AS is_order,
            if(order_id = '', ('message', message_id), ('order', order_id)) AS order_key
          FROM events
          WHERE oneid IN {accounts:Array(UInt32)}
        )
        GROUP BY GROUPING SETS ((name), (is_order, currency))
        """,
        {
            "accounts": list(accounts),
            "order_events": list(order_events),
            "money_events": list(money_events(*order_events)),
        },
    )


def traits(accounts: Sequence[int]) -> Statement:
    """The newest statement of every source about every trait of some accounts."""
    return Statement(
        """
        SELECT key, oneid, source, value, num, deleted, toUnixTimestamp64Milli(ts) AS at_ms
        FROM traits
        WHERE oneid IN {accounts:Array(UInt32)}
        ORDER BY key, oneid, source, ts DESC, received_at DESC
        LIMIT 1 BY key, oneid, source
        """,
        {"accounts": list(accounts)},
    )


def tags_of_many(accounts: Sequence[int], tags: Sequence[str]) -> Statement:
    """The values of tags in their current versions: oneid, tag, value."""
    return Statement(
        """
        SELECT oneid, tag, value FROM tags
        WHERE oneid IN {accounts:Array(UInt32)} AND (tag, version) IN (
          SELECT tag, max(version) FROM tag_runs WHERE tag IN {tags:Array(String)} GROUP BY tag
        )
        """,
        {"accounts": list(accounts), "tags": list(tags)},
    )


PUBLISHED = Statement(
    "SELECT toString(segment) AS segment, max(version) AS newest FROM segment_versions GROUP BY segment"
)
"""The newest version of every segment: segment, newest."""


def segment_members(versions: Sequence[tuple[str, int]]) -> Statement:
    """All people of some versions: segment, version, oneids."""
    return Statement(
        """
        SELECT toString(segment) AS segment, version, bitmapToArray(members) AS oneids
        FROM segment_versions
        WHERE (segment, version) IN (SELECT arrayJoin(arrayZip({segments:Array(String)}, {versions:Array(UInt32)})))
        """,
        {"segments": [key for key, _ in versions], "versions": [version for _, version in versions]},
    )


def by_name(prefix: str, keys: Sequence[str], limit: int) -> Statement:
    """People whose name begins with a text, whatever the case: oneid (root)."""
    return Statement(
        """
        SELECT DISTINCT if(r.root = 0, t.oneid, r.root) AS oneid
        FROM (
          SELECT oneid FROM traits
          WHERE key IN {keys:Array(String)} AND deleted = 0 AND startsWithCaseInsensitiveUTF8(value, {prefix:String})
          ORDER BY lower(value), oneid
          LIMIT {limit:UInt32}
        ) AS t
        LEFT ANY JOIN (SELECT oneid, root FROM redirects FINAL WHERE oneid != root) AS r ON r.oneid = t.oneid
        """,
        {"prefix": prefix, "keys": list(keys), "limit": limit},
    )


# Accounts of some people, with whom each belongs to.
_ACCOUNTS = """
WITH accounts AS (
  SELECT arrayJoin({people:Array(UInt32)}) AS oneid, oneid AS person
  UNION ALL
  SELECT oneid, root AS person FROM redirects FINAL WHERE root IN {people:Array(UInt32)} AND oneid != root
)
"""


def last_seen(people: Sequence[int]) -> Statement:
    """The last event of some people: person, last_ms; no row for somebody without events."""
    return Statement(
        _ACCOUNTS
        + """
        SELECT a.person AS person, max(toUnixTimestamp64Milli(e.ts)) AS last_ms
        FROM events AS e
        INNER JOIN accounts AS a ON a.oneid = e.oneid
        WHERE e.oneid IN (SELECT oneid FROM accounts)
        GROUP BY person
        """,
        {"people": list(people)},
    )


# People of a condition in order of a value; those without one come last, whichever way it is sorted.
_LIST = """
SELECT w.oneid AS oneid, count() OVER () AS total
FROM wanted_people AS w
LEFT ANY JOIN sort_values AS s ON s.oneid = w.oneid
"""
_ASCENDING = "ORDER BY s.present DESC, s.number, s.text, w.oneid LIMIT {limit:UInt32} OFFSET {offset:UInt32}"
_DESCENDING = "ORDER BY s.present DESC, s.number DESC, s.text DESC, w.oneid LIMIT {limit:UInt32} OFFSET {offset:UInt32}"

_BY_ARRIVAL = """
SELECT oneid, toFloat64(oneid) AS number, '' AS text, 1 AS present FROM people GROUP BY oneid
"""

_BY_LAST_SEEN = """
SELECT if(r.root = 0, e.oneid, r.root) AS oneid, toFloat64(max(e.last_ms)) AS number, '' AS text, 1 AS present
FROM (SELECT oneid, max(toUnixTimestamp64Milli(ts)) AS last_ms FROM events GROUP BY oneid) AS e
LEFT ANY JOIN (SELECT oneid, root FROM redirects FINAL WHERE oneid != root) AS r ON r.oneid = e.oneid
GROUP BY oneid
"""

_BY_TRAIT = """
SELECT oneid, ifNull(newest.2, 0) AS number, newest.1 AS text, 1 AS present
FROM (
  SELECT
    if(r.root = 0, t.oneid, r.root) AS oneid,
    argMax((t.value, t.num, t.deleted), (t.ts, t.source, t.value, t.deleted)) AS newest
  FROM traits AS t
  LEFT ANY JOIN (SELECT oneid, root FROM redirects FINAL WHERE oneid != root) AS r ON r.oneid = t.oneid
  WHERE t.key = {sort_trait:String}
  GROUP BY oneid
)
WHERE newest.3 = 0
"""

_BY_VALUE = "SELECT person AS oneid, ifNull(num, 0) AS number, value AS text, 1 AS present FROM held_values"


def people(wanted: Statement, order: Order, *, limit: int, offset: int, sorting: Statement | None = None) -> Statement:
    """A page of the people of a condition, in order: oneid, total.

    Args:
        wanted: a statement with one column ``oneid``, each present person once.
        order: by what, and which way.
        limit: people on the page.
        offset: people before it.
        sorting: the values of the trait to sort by, where they are not simply the newest: person, value, num.
    """
    values = {"arrival": _BY_ARRIVAL, "last_seen": _BY_LAST_SEEN}.get(order.by, _BY_TRAIT)
    tree = sqlglot.parse_one(_LIST + (_DESCENDING if order.descending else _ASCENDING), dialect="clickhouse")
    if sorting is not None:
        values = _BY_VALUE
    parts = {"wanted_people": wanted.text, "sort_values": values}
    for table in list(tree.find_all(exp.Table)):
        if table.name in parts:
            inner = sqlglot.parse_one(parts[table.name], dialect="clickhouse")
            for held in list(inner.find_all(exp.Table)):
                if sorting is not None and held.name == "held_values":
                    held.replace(exp.Subquery(this=sqlglot.parse_one(sorting.text, dialect="clickhouse")))
            table.replace(exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(table.alias))))
    own = {"limit": limit, "offset": offset, "sort_trait": order.trait}
    given = sorting.parameters if sorting else {}
    return render(tree, {**wanted.parameters, **given, **own})
