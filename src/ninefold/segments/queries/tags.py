"""SQL of tags: measuring orders per person, dividing people by borders, publishing, and reading values back.

Orders are grouped by the person a row belongs to now. A value written before a merge is read for the merged person,
whose own row goes before that of an account taken over. No I/O here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlglot
import sqlglot.expressions as exp

from ninefold.base import money_events, to_ms
from ninefold.segments.tag_model import AXES, CELLS, Cut, Rfm, Scale, TagBuild
from ninefold.store import Statement, render

_DAWN_MS = -2_208_988_800_000  # 1900-01-01, the first day a DateTime64 can hold

# One row per person with an order in [since, base): the three axes, more is better. Adjustments count as money only.
_ORDERS = """
SELECT
  if(r.root = 0, e.oneid, r.root) AS person,
  -intDiv({base_ms:Int64} - toUnixTimestamp64Milli(maxIf(e.ts, e.name = {order_event:String})), 86400000) AS recency,
  toInt64(uniqExactIf(
    cityHash64(e.order_id = '', if(e.order_id = '', e.message_id, e.order_id)), e.name = {order_event:String}
  )) AS frequency,
  sum(if(e.currency = {money:String}, e.revenue_minor, 0)) AS monetary
FROM events AS e
LEFT ANY JOIN (SELECT oneid, root FROM redirects FINAL WHERE oneid != root) AS r ON r.oneid = e.oneid
WHERE e.name IN {money_events:Array(String)}
  AND e.ts >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
  AND e.ts < fromUnixTimestamp64Milli({base_ms:Int64}, 'UTC')
GROUP BY person
HAVING frequency > 0
"""

_CURRENCIES = """
SELECT e.currency AS currency, count() AS orders
FROM events AS e
WHERE e.name = {order_event:String}
  AND e.ts >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
  AND e.ts < fromUnixTimestamp64Milli({base_ms:Int64}, 'UTC')
  AND e.revenue_minor != 0
GROUP BY currency
ORDER BY orders DESC, currency
"""

# Totals as text, since they may need more than 64 bits; values at the ranks ceil(j * people / levels).
_SPREADS = """
SELECT
  people,
  recency_total,
  frequency_total,
  monetary_total,
  arrayMap(j -> recencies[intDiv(j * people + {levels:UInt8} - 1, {levels:UInt8})], ranks) AS recency_ranked,
  arrayMap(j -> frequencies[intDiv(j * people + {levels:UInt8} - 1, {levels:UInt8})], ranks) AS frequency_ranked,
  arrayMap(j -> monies[intDiv(j * people + {levels:UInt8} - 1, {levels:UInt8})], ranks) AS monetary_ranked
FROM (
  SELECT
    count() AS people,
    range(1, {levels:UInt8}) AS ranks,
    toString(sum(toInt128(recency))) AS recency_total,
    toString(sum(toInt128(frequency))) AS frequency_total,
    toString(sum(toInt128(monetary))) AS monetary_total,
    arraySort(groupArrayIf(recency, {recency_ranks:UInt8})) AS recencies,
    arraySort(groupArrayIf(frequency, {frequency_ranks:UInt8})) AS frequencies,
    arraySort(groupArrayIf(monetary, {monetary_ranks:UInt8})) AS monies
  FROM orders_of_people
)
"""

_DIVIDE = """
INSERT INTO tags (tag, version, oneid, value, num)
SELECT
  {tag:String},
  {version:UInt32},
  person,
  transform(code, {codes:Array(UInt32)}, {keys:Array(String)}, toString(code)),
  if({named:UInt8} = 1, NULL, toFloat64(code))
FROM (
  SELECT
    person,
    toUInt32(
      100 * (1 + arrayCount(border -> recency >= border, {recency_borders:Array(Int64)}))
      + 10 * (1 + arrayCount(border -> frequency >= border, {frequency_borders:Array(Int64)}))
      + (1 + arrayCount(border -> monetary >= border, {monetary_borders:Array(Int64)}))
    ) AS code
  FROM orders_of_people
)
"""

# The value of every person as known now, by the rule of conditions: the person's own row before any other, then that
# of the account with the highest number.
_VALUES = """
SELECT
  if(r.root = 0, t.oneid, r.root) AS person,
  argMax(t.value, (r.root = 0, t.oneid)) AS value
FROM tags AS t
LEFT ANY JOIN (SELECT oneid, root FROM redirects FINAL WHERE oneid != root) AS r ON r.oneid = t.oneid
WHERE t.tag = {tag:String} AND t.version = {version:UInt32}
GROUP BY person
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """A further condition on orders: a tree over the columns of ``events AS e``, and the values it is bound to."""

    tree: exp.Expr | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)


def currencies(rfm: Rfm, orders: Filter, base: datetime) -> Statement:
    """The currencies that orders before ``base`` carry amounts in, commonest first: currency, orders."""
    return render(_orders(_CURRENCIES, orders), {**orders.parameters, **_span(rfm, base)})


def spreads(rfm: Rfm, orders: Filter, base: datetime, currency: str) -> Statement:
    """How people with orders lie on each axis: one row with people and, per axis, ``_total`` (text) and ``_ranked``."""
    ranks = {f"{axis}_ranks": int(rfm.axis(axis).cut is Cut.QUANTILE) for axis in AXES}
    own = {**_span(rfm, base), "money": currency, "levels": rfm.scale.levels, **ranks}
    return render(_over(_SPREADS, _orders(_ORDERS, orders)), {**orders.parameters, **own})


def divide(rfm: Rfm, orders: Filter, build: TagBuild) -> Statement:
    """Write the value of every person with orders under a version that nobody sees before it is published."""
    cells = rfm.scale is Scale.CELLS
    own = {
        **_span(rfm, build.base_at),
        "money": build.currency,
        "tag": build.tag,
        "version": build.version,
        "named": int(cells),
        "codes": [cell.code for cell in CELLS] if cells else [0],
        "keys": [cell.key for cell in CELLS] if cells else [""],
        **{f"{axis}_borders": list(build.borders.of(axis)) for axis in AXES},
    }
    return render(_over(_DIVIDE, _orders(_ORDERS, orders)), {**orders.parameters, **own})


def newest_version(tag: str) -> Statement:
    """The highest version that was ever begun, published or not."""
    return Statement(
        """
        SELECT greatest(
          (SELECT max(version) FROM tags WHERE tag = {tag:String}),
          (SELECT max(version) FROM tag_runs WHERE tag = {tag:String})
        )
        """,
        {"tag": tag},
    )


def publish(tag: str, version: int, now: datetime) -> Statement:
    """Make a version the current one, in one row."""
    return Statement(
        """
        INSERT INTO tag_runs (tag, version, built_at, people)
        SELECT {tag:String}, {version:UInt32}, fromUnixTimestamp64Milli({built_ms:Int64}, 'UTC'), count()
        FROM tags
        WHERE tag = {tag:String} AND version = {version:UInt32}
        """,
        {"tag": tag, "version": version, "built_ms": to_ms(now)},
    )


def changed(tag: str, old: int, new: int) -> Statement:
    """For whom two versions say different things, or only one says something: oneid."""
    return Statement(
        """
        SELECT oneid
        FROM tags
        WHERE tag = {tag:String} AND version IN ({old:UInt32}, {new:UInt32})
        GROUP BY oneid
        HAVING uniqExact(version) < 2 OR min(value) != max(value)
        """,
        {"tag": tag, "old": old, "new": new},
    )


def runs(tag: str) -> Statement:
    """Published versions of a tag, newest first: version, built_ms, people."""
    return Statement(
        """
        SELECT version, toUnixTimestamp64Milli(built_at) AS built_ms, people
        FROM tag_runs
        WHERE tag = {tag:String}
        ORDER BY version DESC
        LIMIT 1 BY version
        """,
        {"tag": tag},
    )


def distribution(tag: str, version: int) -> Statement:
    """People by value of a version, as they are known now: value, people; most people first."""
    return Statement(
        "SELECT value, count() AS people FROM (" + _VALUES + ") GROUP BY value ORDER BY people DESC, value",
        {"tag": tag, "version": version},
    )


def value_of(tag: str, version: int, oneid: int) -> Statement:
    """The value of one person (root) in a version, taken over accounts included: value; no row when there is none."""
    return Statement(
        """
        SELECT value
        FROM tags
        WHERE tag = {tag:String} AND version = {version:UInt32}
          AND oneid IN (
            SELECT {oneid:UInt32} UNION ALL SELECT oneid FROM redirects FINAL WHERE root = {oneid:UInt32}
          )
        ORDER BY oneid = {oneid:UInt32} DESC, oneid DESC
        LIMIT 1
        """,
        {"tag": tag, "version": version, "oneid": oneid},
    )


def _orders(text: str, orders: Filter) -> exp.Query:
    tree = sqlglot.parse_one(text, dialect="clickhouse")
    assert isinstance(tree, exp.Select)  # noqa: S101 - both texts above are
    return tree.where(orders.tree, copy=False) if orders.tree is not None else tree


def _over(text: str, source: exp.Query) -> exp.Expr:
    tree = sqlglot.parse_one(text, dialect="clickhouse")
    for table in list(tree.find_all(exp.Table)):
        if table.name == "orders_of_people":
            table.replace(source.copy().subquery("orders_of_people"))
    return tree


def _span(rfm: Rfm, base: datetime) -> dict[str, object]:
    since = to_ms(base - timedelta(days=rfm.window_days)) if rfm.window_days else _DAWN_MS
    named = {"order_event": rfm.event, "money_events": list(money_events(rfm.event))}
    return {**named, "since_ms": since, "base_ms": to_ms(base)}
