"""Figures over a person's events: which rows of ``events AS e`` they look at, what is taken of them, and the test."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlglot.expressions as exp

from ninefold.base import money_events, to_ms
from ninefold.predicate.model import (
    COUNTS,
    EDGES,
    PERIODS,
    TIME_FIELD,
    YES_NO,
    EventClause,
    Measure,
    Op,
    Unit,
    Window,
)
from ninefold.predicate.rules import counts_nothing
from ninefold.predicate.windows import bounds, span_of

from .comparisons import (
    Context,
    Subject,
    Verdict,
    compare,
    compare_time,
    event_property,
    filter_tests,
    numeric,
    scaled_money,
    verdict,
)
from .text import sql

# Events lie in the order of name and day. The index does not find the days from instants alone; the hint tests no row.
_DAYS = "indexHint(toDate(e.ts) BETWEEN _first AND _last)"
_DATES = (datetime(1970, 1, 2, tzinfo=UTC), datetime(2149, 1, 1, tzinfo=UTC))  # what a Date can say
_EVENT_ORDER = "concat(reverse(reinterpretAsString(toUnixTimestamp64Milli(e.ts) + 10000000000000)), toString(_value))"
_AGGREGATES = {
    Measure.SUM: "sum(_number)",
    Measure.AVG: "avg(_number)",
    Measure.MIN: "min(_number)",
    Measure.MAX: "max(_number)",
}
_AVG_ADJUSTED = "sum(_number) / greatest(countIf(e.name = _name), 1)"
_ADJUSTABLE = {"revenue", "quantity"}  # what adjustments of an event tell as differences


_PERIODS = {
    Unit.DAYS: "uniqExact(toYYYYMMDD(e.ts, _zone))",
    Unit.WEEKS: "uniqExact(toYearWeek(e.ts, 3, _zone))",  # weeks by ISO 8601: they begin on Monday
    Unit.MONTHS: "uniqExact(toYYYYMM(e.ts, _zone))",
}
_DISTINCT = "uniqExact(multiIf(_has_text, concat('t', toString(_text)), concat('n', toString(_number))))"
_TIMES = "arraySort(groupArray(toUnixTimestamp64Milli(e.ts)))"
# A time that comes so long after the one before it, and lies in the window.
_RESUMED = (
    "arrayExists((t, b) -> t - b >= _gap AND t >= _start AND t < _end, arrayPopFront(_times), arrayPopBack(_times))"
)
_GAPS = "arrayMax(arrayMap((t, b) -> t - b, arrayPopFront(_times), arrayPopBack(_times)))"
_EVER = 10**16  # ms that no event reaches
_SHOWN_TIME = "if(count() = 0, NULL, formatDateTime(_instant, '%Y-%m-%d %H:%i:%S', _zone))"


def event_rows(clause: EventClause, context: Context) -> list[exp.Expr]:
    """Tests on the rows of ``events AS e`` that a clause looks at: name, window, filters."""
    ever = clause.measure in {Measure.FIRST_TIME, Measure.RESUMED}  # what came before the window counts too
    tests = [_named_events(clause, context), *window_rows(None if ever else clause.within, context)]
    return tests + filter_tests(clause.where, context)


def window_rows(within: Window | None, context: Context) -> list[exp.Expr]:
    """Tests that keep the rows of ``events AS e`` in a window of time."""
    bindings, tests = context.bindings, list[exp.Expr]()
    window = bounds(within, now=context.now, zone=context.zone)
    if window.start is not None:
        tests.append(sql("e.ts >= _start", start=bindings.instant(to_ms(window.start))))
    if window.end is not None:
        tests.append(sql("e.ts < _end", end=bindings.instant(to_ms(window.end))))
    if window.start is not None and window.end is not None and _DATES[0] <= window.start and window.end <= _DATES[1]:
        days = (bindings.bind(each.astimezone(UTC).date().isoformat(), "Date") for each in (window.start, window.end))
        tests.append(sql(_DAYS, first=next(days), last=next(days)))
    return tests


def _named_events(clause: EventClause, context: Context) -> exp.Expr:
    """Events of a name; where their money or pieces are added up, also their adjustments, which hold differences."""
    if not _adds_differences(clause):
        return sql("e.name = _name", name=context.bindings.text(clause.event))
    name, adjusted = (context.bindings.text(each) for each in money_events(clause.event))
    return sql("e.name IN (_name, _adjusted)", name=name, adjusted=adjusted)


def _adds_differences(clause: EventClause) -> bool:
    return clause.measure in {Measure.SUM, Measure.AVG} and clause.of in _ADJUSTABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What is asked of a person's rows.

    Attributes:
        test: over the person's rows; None asks only whether there are any.
        shown: the figure as text, for explanations.
        rows: further tests on rows.
        negative: people without rows pass, and ``test`` is to be turned round.
    """

    test: exp.Expr | None
    shown: exp.Expr
    rows: tuple[exp.Expr, ...] = ()
    negative: bool = False


def figure(clause: EventClause, context: Context) -> Figure:
    """What an event clause asks of a person's rows."""
    if clause.measure in YES_NO:
        return _yes_no(clause, context)
    if clause.measure in EDGES:
        return _edge(clause, event_property(clause.of, context), context)
    value, rows = _number(clause, context)
    test = compare(value, clause.op or Op.EQ, clause.value, context)
    if clause.measure in COUNTS or clause.measure is Measure.SUM:
        shown, negative = sql("toString(_value)", value=value), counts_nothing(clause)
        return Figure(test=test, shown=shown, rows=rows, negative=negative)
    return Figure(test=test, shown=sql("if(count() = 0, NULL, toString(_value))", value=value), rows=rows)


def ranked(clause: EventClause, context: Context) -> tuple[exp.Expr, tuple[exp.Expr, ...]]:
    """The figure of a clause as a number over a person's rows, and further tests on the rows."""
    if clause.measure not in EDGES:
        return _number(clause, context)
    if clause.of == TIME_FIELD:
        edge = "min(e.ts)" if clause.measure is Measure.FIRST else "max(e.ts)"
        return sql("toFloat64(toUnixTimestamp64Milli(_edge))", edge=sql(edge)), ()
    subject = event_property(clause.of, context)
    pick = "argMin(_value, _order)" if clause.measure is Measure.FIRST else "argMax(_value, _order)"
    order = sql(_EVENT_ORDER, value=subject.number)
    return sql(pick, value=subject.number, order=order), (subject.has_number,)


def _number(clause: EventClause, context: Context) -> tuple[exp.Expr, tuple[exp.Expr, ...]]:
    """A count, sum, average, smallest or largest, and which rows it is taken over."""
    measure = clause.measure
    if measure is Measure.COUNT:
        return sql("count()"), ()
    if measure in PERIODS:
        return sql(_PERIODS[PERIODS[measure]], zone=context.bindings.text(context.zone)), ()
    subject = event_property(clause.of, context)
    if measure is Measure.DISTINCT:
        value = sql(_DISTINCT, has_text=subject.has_text, text=subject.text, number=subject.number)
        return value, (subject.present,)
    money = clause.of == "revenue"
    aggregate, more = _AGGREGATES[measure], {}
    if measure is Measure.AVG and _adds_differences(clause):
        aggregate, more = _AVG_ADJUSTED, {"name": context.bindings.text(clause.event)}
    value = sql(aggregate, number=scaled_money(context) if money else subject.number, **more)
    if money:
        value = sql("_value / 1000", value=value)
    if measure in {Measure.SUM, Measure.AVG}:  # free of the noise that the order of adding leaves in floats
        value = sql("round(_value, 6)", value=value)
    return value, () if measure is Measure.SUM else (subject.has_number,)


def _yes_no(clause: EventClause, context: Context) -> Figure:
    """Done or not, for the first time in a window, or again after a pause."""
    counted = sql("toString(count())")
    if clause.measure in {Measure.DID, Measure.DID_NOT}:
        return Figure(test=None, shown=counted, negative=clause.measure is Measure.DID_NOT)
    window = bounds(clause.within, now=context.now, zone=context.zone)
    start, end = -_EVER if window.start is None else to_ms(window.start), to_ms(window.end or context.now)
    inside = {name: context.bindings.bind(ms, "Int64") for name, ms in (("start", start), ("end", end))}
    if clause.measure is Measure.FIRST_TIME:
        first = sql("toUnixTimestamp64Milli(min(e.ts))")
        test = sql("_first >= _start AND _first < _end", first=first, **inside)
        shown = sql(_SHOWN_TIME, instant=sql("min(e.ts)"), zone=context.bindings.text(context.zone))
        return Figure(test=test, shown=shown)
    gap = context.bindings.bind(span_of(clause.gap) // timedelta(milliseconds=1), "Int64")
    test = sql(_RESUMED, gap=gap, times=sql(_TIMES), **inside)
    longest = sql("intDiv(_longest, 86400000)", longest=sql(_GAPS, times=sql(_TIMES)))
    return Figure(test=test, shown=sql("if(count() < 2, NULL, concat(toString(_days), 'd'))", days=longest))


def _edge(clause: EventClause, subject: Subject, context: Context) -> Figure:
    """The first or last event that carries the property, and the property's value there."""
    pick = "argMin(_value, _order)" if clause.measure is Measure.FIRST else "argMax(_value, _order)"
    op = clause.op or Op.EXISTS
    if clause.of == TIME_FIELD:
        instant = sql("min(e.ts)" if clause.measure is Measure.FIRST else "max(e.ts)")
        test = compare_time(instant, op, clause.value, context)
        shown = sql(_SHOWN_TIME, instant=instant, zone=context.bindings.text(context.zone))
        return Figure(test=test, shown=shown)
    found: Verdict = verdict(subject, op, clause.value, context)
    value = subject.number if numeric(clause.value) else subject.text
    order = sql(_EVENT_ORDER, value=value)
    there = sql(pick, value=sql("toString(_value)", value=value), order=order)
    shown = sql("if(count() = 0, NULL, _there)", there=there)
    return Figure(test=sql(pick, value=found.test(), order=order), shown=shown, rows=(found.known,))
