"""SQL of RFM: measuring orders per person, how people lie on each axis, dividing them by borders. No I/O here."""

import sqlglot.expressions as exp

from ninefold.base import to_ms
from ninefold.predicate import writing as w
from ninefold.segments.tags.queries.source import Asking, Span
from ninefold.store import Statement

from .model import AXES, CELLS, Borders, Cut, Rfm, Scale

# The three axes of a person's orders; more is better. Adjustments count as money only.
_RECENCY = "-intDiv(_base_ms - toUnixTimestamp64Milli(maxIf(e.ts, _order)), 86400000)"
_FREQUENCY = "toInt64(uniqExactIf(cityHash64(e.order_id = '', if(e.order_id = '', e.message_id, e.order_id)), _order))"
_MONETARY = "sum(if(e.currency = _money, e.revenue_minor, 0))"

# Totals as text, since they may need more than 64 bits; values at the ranks ceil(j * people / levels).
_SPREADS = """
SELECT
  people,
  recency_total,
  frequency_total,
  monetary_total,
  arrayMap(j -> recencies[intDiv(j * people + _levels - 1, _levels)], ranks) AS recency_ranked,
  arrayMap(j -> frequencies[intDiv(j * people + _levels - 1, _levels)], ranks) AS frequency_ranked,
  arrayMap(j -> monies[intDiv(j * people + _levels - 1, _levels)], ranks) AS monetary_ranked
FROM (
  SELECT
    count() AS people,
    range(1, _levels) AS ranks,
    toString(sum(toInt128(recency))) AS recency_total,
    toString(sum(toInt128(frequency))) AS frequency_total,
    toString(sum(toInt128(monetary))) AS monetary_total,
    arraySort(groupArrayIf(recency, _recency_ranks)) AS recencies,
    arraySort(groupArrayIf(frequency, _frequency_ranks)) AS frequencies,
    arraySort(groupArrayIf(monetary, _monetary_ranks)) AS monies
  FROM _orders
)
"""

_DIVIDE = """
SELECT
  person,
  transform(code, _codes, _keys, toString(code)) AS value,
  if(_named = 1, NULL, toFloat64(code)) AS num
FROM (
  SELECT
    person,
    toUInt32(
      100 * (1 + arrayCount(border -> recency >= border, _recency_borders))
      + 10 * (1 + arrayCount(border -> frequency >= border, _frequency_borders))
      + (1 + arrayCount(border -> monetary >= border, _monetary_borders))
    ) AS code
  FROM _orders
)
"""


def spreads(rfm: Rfm, span: Span, currency: str) -> Statement:
    """How people with orders lie on each axis: one row with people and, per axis, ``_total`` (text) and ``_ranked``."""
    asking = Asking(span, adjusted=True)
    bind = asking.bindings.bind
    ranks = {f"{axis}_ranks": bind(int(rfm.axis(axis).cut is Cut.QUANTILE), "UInt8") for axis in AXES}
    levels = bind(rfm.scale.levels, "UInt8")
    return asking.statement(w.sql(_SPREADS, orders=_orders(asking, currency), levels=levels, **ranks))


def divide(rfm: Rfm, span: Span, currency: str, borders: Borders) -> Statement:
    """The cell or score of every person with orders: person, value, num."""
    asking = Asking(span, adjusted=True)
    bind = asking.bindings.bind
    cells = rfm.scale is Scale.CELLS
    parts: dict[str, exp.Expr] = {
        "named": bind(int(cells), "UInt8"),
        "codes": bind([cell.code for cell in CELLS] if cells else [0], "Array(UInt32)"),
        "keys": bind([cell.value for cell in CELLS] if cells else [""], "Array(String)"),
        **{f"{axis}_borders": bind(list(borders.of(axis)), "Array(Int64)") for axis in AXES},
    }
    return asking.statement(w.sql(_DIVIDE, orders=_orders(asking, currency), **parts))


def _orders(asking: Asking, currency: str) -> exp.Subquery:
    bindings = asking.bindings
    columns = {
        "recency": w.sql(_RECENCY, order=asking.event(), base_ms=bindings.bind(to_ms(asking.span.base), "Int64")),
        "frequency": w.sql(_FREQUENCY, order=asking.event()),
        "monetary": w.sql(_MONETARY, money=bindings.text(currency)),
    }
    return asking.per_person(columns).having("frequency > 0", copy=False).subquery("orders")
