"""SQL of the life cycle: how long people have been there, how long silent, and whether they came back. No I/O here."""

from ninefold.base import to_ms
from ninefold.predicate import writing as w
from ninefold.store import Statement

from .source import Asking, Span

_DAY_MS = 86_400_000
_STAGES = """
SELECT
  s.person AS person,
  multiIf(
    _base_ms - s.times[-1] >= _dormant, 'lost',
    _base_ms - s.times[-1] >= _at_risk, 'dormant',
    _base_ms - s.times[-1] >= _active, 'at_risk',
    _base_ms - s.times[1] < _fresh, 'new',
    arrayExists(
      (now, before) -> _base_ms - now < _active AND now - before >= _at_risk,
      arrayPopFront(s.times), arrayPopBack(s.times)
    ), 'resurrected',
    'active'
  ) AS value,
  NULL AS num
FROM _seen
"""


def stages(span: Span, *, new: int, active: int, at_risk: int, dormant: int) -> Statement:
    """The stage of every person with events: person, value, num. The four bounds are days of 24 hours."""
    asking = Asking(span)
    bounds = {"fresh": new, "active": active, "at_risk": at_risk, "dormant": dormant}
    bound = {name: asking.bindings.bind(days * _DAY_MS, "Int64") for name, days in bounds.items()}
    seen = asking.per_person({"times": w.sql("arraySort(groupUniqArray(toUnixTimestamp64Milli(e.ts)))")})
    base = asking.bindings.bind(to_ms(span.base), "Int64")
    return asking.statement(w.sql(_STAGES, seen=seen.subquery("s"), base_ms=base, **bound))
