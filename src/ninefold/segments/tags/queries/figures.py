"""SQL of figures per person, of bands over them, of first and last values and of preferences. No I/O here."""

from collections.abc import Mapping

import sqlglot.expressions as exp

from ninefold.predicate import event_value
from ninefold.predicate import writing as w
from ninefold.store import Statement

from .source import Asking, Span

# The figure of a person's events, by the word of the document. Money is added in its smallest unit.
FIGURES: Mapping[str, str] = {
    "count": "toFloat64(count())",
    "orders": "toFloat64(uniqExact(cityHash64(e.order_id = '', if(e.order_id = '', e.message_id, e.order_id))))",
    "days": "toFloat64(uniqExact(toDate(e.ts, _zone)))",
    "hours": "toFloat64(uniqExact(toStartOfHour(toTimeZone(e.ts, _zone))))",
    "distinct": "toFloat64(uniqExactIf(_text, _text != ''))",
    "sum": "round(sumIf(_number, _has), 6)",
    "avg": "round(sumIf(_number, _has) / countIf(_event AND _has), 6)",
    "min": "minIf(_number, _has)",
    "max": "maxIf(_number, _has)",
}
NEED_PROPERTY = frozenset({"distinct", "sum", "avg", "min", "max"})
_ADDED = frozenset({"sum", "avg"})
_ADJUSTABLE = frozenset({"revenue", "quantity"})  # what adjustments of an event tell as differences
_NUMBERS = frozenset({"sum", "avg", "min", "max"})
MONEY = "revenue"
TIME = "time"

_PLAIN = "SELECT f.person AS person, toString(f.figure) AS value, f.figure AS num FROM _figures"
_RANKED = """
SELECT arrayMap(j -> sorted[intDiv(j * length(sorted) + _bands - 1, _bands)], range(1, _bands)) AS points
FROM (SELECT arraySort(groupArray(f.figure)) AS sorted FROM _figures)
WHERE notEmpty(sorted)
"""
_BANDED = """
SELECT
  f.person AS person,
  arrayElement(
    _values, 1 + arrayCount(point -> if(_beyond = 1, f.figure > point, f.figure >= point), _points)
  ) AS value,
  NULL AS num
FROM _figures
"""
_PICKED = "SELECT p.person AS person, p.value AS value, toFloat64OrNull(p.value) AS num FROM _picked"
_STAMP = "formatDateTime(_at, '%Y-%m-%dT%H:%i:%SZ', 'UTC')"
_LIKED = """
SELECT l.person AS person, l.value AS value, NULL AS num
FROM _weighed
WHERE l.value != '' AND l.times >= _at_least
ORDER BY l.person, l.weight DESC, l.value
LIMIT _top BY l.person
"""


class Figures:
    """One figure per person over the events of a span."""

    def __init__(self, span: Span, *, function: str, of: str = "", currency: str = "") -> None:
        """Args: the events; a word of `FIGURES`; the property; for money the currency whose amounts count."""
        self._asking = Asking(span, adjusted=function in _ADDED and of in _ADJUSTABLE)
        self._function, self._of, self._currency = function, of, currency

    def plain(self) -> Statement:
        """The figure itself as the value: person, value, num."""
        return self._over(_PLAIN)

    def ranked(self, bands: int) -> Statement:
        """The figures at the ranks ceil(j * people / bands), ascending: one row ``points``; none without people."""
        return self._over(_RANKED, bands=self._asking.bindings.bind(bands, "UInt32"))

    def banded(self, points: tuple[float, ...], values: tuple[str, ...], *, beyond: bool) -> Statement:
        """The value of the band a figure falls in: person, value, num.

        Args:
            points: borders, ascending.
            values: one more than borders.
            beyond: a border has to be passed, not just reached.
        """
        bind = self._asking.bindings.bind
        return self._over(
            _BANDED, points=bind(list(points), "Array(Float64)"), values=bind(list(values), "Array(String)"),
            beyond=bind(int(beyond), "UInt8"),
        )  # fmt: skip

    def _over(self, text: str, **parts: exp.Expr) -> Statement:
        return self._asking.statement(w.sql(text, figures=self._figures().subquery("f"), **parts))

    def _figures(self) -> exp.Select:
        asking = self._asking
        parts = {"zone": asking.bindings.text(asking.span.zone), "event": asking.event()}
        if self._of:
            parts |= _property(asking, self._of, self._currency)
        tree = asking.per_person({"figure": w.sql(FIGURES[self._function], **parts)})
        if self._function in _NUMBERS:
            tree.having(w.sql("countIf(_event AND _has) > 0", event=asking.event(), has=parts["has"]), copy=False)
        return tree


def picked(span: Span, *, which: str, of: str) -> Statement:
    """The first or last value that a property had: person, value, num; a time as ISO text in UTC."""
    asking = Asking(span)
    smallest = which == "first"
    if of == TIME:
        at = w.sql("min(e.ts)" if smallest else "max(e.ts)")
        tree = asking.per_person({"value": w.sql(_STAMP, at=at)})
    else:
        text = _property(asking, of, "")["text"]
        pick = "argMinIf" if smallest else "argMaxIf"
        value = w.sql(f"{pick}(_text, (e.ts, e.message_id), _text != '')", text=text)
        tree = asking.per_person({"value": value})
        tree.having(w.sql("countIf(_text != '') > 0", text=text.copy()), copy=False)
    return asking.statement(w.sql(_PICKED, picked=tree.subquery("p")))


def preferred(span: Span, *, of: str, by_money: str, at_least: int, top: int) -> Statement:
    """The values of a property that a person's events carry most: person, value, num; up to ``top`` rows a person.

    Args:
        span: the events.
        of: the property.
        by_money: weigh by the amounts in this currency; empty weighs by number of events. Of equals the first by
            alphabet goes before.
        at_least: events a value needs.
        top: values per person.
    """
    asking = Asking(span, adjusted=bool(by_money))
    bind = asking.bindings
    weight = w.sql("toInt64(count())")
    if by_money:
        weight = w.sql("sumIf(e.revenue_minor, e.currency = _money)", money=bind.text(by_money))
    tree = asking.per_person(
        {
            "value": _property(asking, of, "")["text"],
            "times": w.sql("countIf(_event)", event=asking.event()),
            "weight": weight,
        }
    )
    tree.group_by("value", copy=False)
    return asking.statement(
        w.sql(_LIKED, weighed=tree.subquery("l"), at_least=bind.bind(at_least, "UInt32"), top=bind.bind(top, "UInt32"))
    )


def _property(asking: Asking, name: str, currency: str) -> dict[str, exp.Expr]:
    """A property as text and number; money only of the currency."""
    value = event_value(name, now=asking.span.base, zone=asking.span.zone)
    asking.add(value.parameters)
    has = value.has_number
    if currency:
        has = w.sql("_has AND e.currency = _money", has=has, money=asking.bindings.text(currency))
    return {"text": value.text, "number": value.number, "has": exp.paren(has)}
