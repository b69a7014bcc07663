"""SQL of purchase histories. No I/O here."""

from datetime import timedelta

from ninefold.base import to_ms
from ninefold.predicate import writing as w
from ninefold.segments.tags.queries.source import Asking, Span
from ninefold.store import Statement

# Days with a purchase, each with what was spent on it and how often (which keeps days on which nothing was paid).
_DAYS = "sumMap([toInt32(toDate(e.ts, _zone))], [toInt64(if(e.currency = _money, e.revenue_minor, 0))], [toUInt64(1)])"
_HISTORIES = """
SELECT
  d.person AS person,
  toFloat64(length(d.days.1) - 1) AS repeats,
  (d.days.1[-1] - d.days.1[1]) / 7 AS last,
  (toInt32(toDate(_end, _zone)) - d.days.1[1]) / 7 AS age,
  if(length(d.days.1) > 1, (arraySum(d.days.2) - d.days.2[1]) / (length(d.days.1) - 1), 0) AS spend
FROM _seen
ORDER BY person
"""


def histories(span: Span, currency: str) -> Statement:
    """The history of every person who bought: person, repeats, last and age in weeks, spend in the smallest unit."""
    asking = Asking(span)
    bindings = asking.bindings
    zone = bindings.text(span.zone)
    days = asking.per_person({"days": w.sql(_DAYS, zone=zone, money=bindings.text(currency))})
    end = bindings.instant(to_ms(span.base - timedelta(milliseconds=1)))
    return asking.statement(w.sql(_HISTORIES, seen=days.subquery("d"), end=end, zone=zone))
