"""SQL of purchase histories. No I/O here."""

from datetime import timedelta

from ninefold.base import to_ms
from ninefold.predicate import writing as w
from ninefold.segments.tags.queries.source import Asking, Span
from ninefold.store import Statement

# Days with what was spent on them and how often something was bought; an adjustment is money of its order's day.
_DAYS = """
sumMap(
  [toInt32(toDate(e.ts, _zone))], [toInt64(if(e.currency = _money, e.revenue_minor, 0))], [toUInt64(if(_event, 1, 0))]
)
"""
_BOUGHT = "arrayFilter((at, times) -> times > 0, days.1, days.3)"
_HISTORIES = """
SELECT
  d.person AS person,
  toFloat64(length(d.bought) - 1) AS repeats,
  (d.bought[-1] - d.bought[1]) / 7 AS last,
  (toInt32(toDate(_end, _zone)) - d.bought[1]) / 7 AS age,
  if(
    length(d.bought) > 1,
    greatest(arraySum(d.days.2) - d.days.2[indexOf(d.days.1, d.bought[1])], 0) / (length(d.bought) - 1), 0
  ) AS spend
FROM _seen
ORDER BY person
"""


def histories(span: Span, currency: str) -> Statement:
    """The history of every person who bought: person, repeats, last and age in weeks, spend in the smallest unit.

    Spend is per day after the first, as orders stand after their adjustments, and not below nothing.
    """
    asking = Asking(span, adjusted=True)
    bindings = asking.bindings
    zone = bindings.text(span.zone)
    parts = {"zone": zone, "money": bindings.text(currency), "event": asking.event()}
    days = asking.per_person({"days": w.sql(_DAYS, **parts), "bought": w.sql(_BOUGHT)})
    days.having(w.sql("notEmpty(bought)"), copy=False)
    end = bindings.instant(to_ms(span.base - timedelta(milliseconds=1)))
    return asking.statement(w.sql(_HISTORIES, seen=days.subquery("d"), end=end, zone=zone))
