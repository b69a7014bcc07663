"""One clause as SQL: a SELECT of one bitmap of people, and a SELECT of what one person's data say about it.

Rows keep the person they were about when they arrived. Existence is read as a bitmap of these and moved to the
merged people at the end; figures and latest values join ``merged`` first, so that one person has one figure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import sqlglot.expressions as exp

from ninefold.base import money_events, to_ms
from ninefold.predicate.model import (
    TIME_FIELD,
    Clause,
    EventClause,
    Everyone,
    Measure,
    Op,
    SegmentClause,
    TagClause,
    TraitClause,
)
from ninefold.predicate.rules import counts_nothing
from ninefold.predicate.windows import bounds

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
    stored,
    verdict,
)
from .held import held
from .text import every, negated, select, sql

# The person of a row of alias x: the one its account was merged into, if any.
_TRAIT = """
SELECT if(r.root > 0, r.root, t.oneid) AS person
FROM traits AS t
LEFT ANY JOIN merged AS r ON r.oneid = t.oneid
WHERE _rows
GROUP BY person
HAVING argMax(_test, _newest)
"""
_VALUED = "SELECT t.person AS person FROM _values WHERE _test"
# Of a merged person's accounts the surviving one's values count; if it has none, those of the highest of the others.
_TAG = """
SELECT if(r.root > 0, r.root, t.oneid) AS person
FROM (
  SELECT t.oneid AS oneid, _verdict AS verdict
  FROM tags AS t
  WHERE t.tag = _name AND t.version = (SELECT max(version) FROM tag_runs WHERE tag = _name) AND _reach
  GROUP BY t.oneid
) AS t
LEFT ANY JOIN merged AS r ON r.oneid = t.oneid
GROUP BY person
HAVING argMax(t.verdict, if(r.root > 0, toUInt64(t.oneid), 4294967296))
"""
_FIGURE = """
SELECT if(r.root > 0, r.root, e.oneid) AS person
FROM events AS e
LEFT ANY JOIN merged AS r ON r.oneid = e.oneid
WHERE _rows
GROUP BY person
HAVING _test
"""
_DID = "SELECT groupBitmapState(e.oneid) AS members FROM events AS e WHERE _rows"
# Events lie in the order of name and day. The index does not find the days from instants alone; the hint tests no row.
_DAYS = "indexHint(toDate(e.ts) BETWEEN _first AND _last)"
_DATES = (datetime(1970, 1, 2, tzinfo=UTC), datetime(2149, 1, 1, tzinfo=UTC))  # what a Date can say
_PEOPLE = "SELECT groupBitmapState(person) AS members FROM _grouped"
_SEGMENT = """
SELECT groupBitmapMergeState(members) AS members
FROM (SELECT members FROM segment_versions WHERE segment = _name ORDER BY version DESC LIMIT 1)
"""

# Latest by time, then source, then value: a text whose order is theirs (the time is 6 bytes from 1688 on).
_NEWEST = """
concat(
  reverse(reinterpretAsString(toUnixTimestamp64Milli(t.ts) + 10000000000000)),
  t.source, char(0), t.value, char(0), toString(t.deleted)
)
"""
_EVENT_ORDER = "concat(reverse(reinterpretAsString(toUnixTimestamp64Milli(e.ts) + 10000000000000)), toString(_value))"
_AGGREGATES = {
    Measure.SUM: "sum(_number)",
    Measure.AVG: "avg(_number)",
    Measure.MIN: "min(_number)",
    Measure.MAX: "max(_number)",
}
_AVG_ADJUSTED = "sum(_number) / greatest(countIf(e.name = _name), 1)"
_ADJUSTABLE = {"revenue", "quantity"}  # what adjustments of an event tell as differences
# What the data say of one person: the value as text (NULL for none), when, from where. A trait stated only where there
# is no other stands under a time mirrored at 2000-01-01, so a time before it is mirrored back.
_TRAIT_EVIDENCE = """
SELECT tuple(
  tupleElement(argMax(tuple(if(t.deleted = 1, NULL, t.value)), _newest), 1),
  if(
    count() = 0, 0,
    greatest(max(toUnixTimestamp64Milli(t.ts)), 1893369600000 - max(toUnixTimestamp64Milli(t.ts)))
  ),
  argMax(toString(t.source), _newest)
)
FROM traits AS t
WHERE t.key = _name
"""
_HELD_EVIDENCE = """
SELECT tuple(
  if(count() = 0, NULL, any(t.value)),
  if(count() = 0, 0, greatest(any(t.ms), 1893369600000 - any(t.ms))),
  any(t.source)
)
FROM _values
"""
_TAG_EVIDENCE = """
SELECT tuple(if(count() = 0, NULL, argMax(mine, rank)), max(built), '')
FROM (
  SELECT
    if(t.oneid = _oneid, 4294967296, toUInt64(t.oneid)) AS rank,
    arrayStringConcat(arraySort(groupUniqArray(t.value)), ', ') AS mine,
    (SELECT toUnixTimestamp64Milli(max(built_at)) FROM tag_runs WHERE tag = _name) AS built
  FROM tags AS t
  WHERE t.tag = _name AND t.version = (SELECT max(version) FROM tag_runs WHERE tag = _name) AND _reach
  GROUP BY rank
)
"""
_SEGMENT_EVIDENCE = """
SELECT tuple(CAST(NULL AS Nullable(String)), max(toUnixTimestamp64Milli(built_at)), '')
FROM segment_versions
WHERE segment = _name
"""
_FIGURE_EVIDENCE = """
SELECT tuple(_value, if(count() = 0, 0, max(toUnixTimestamp64Milli(e.ts))), '')
FROM events AS e
WHERE _rows
"""
_NO_EVIDENCE = "SELECT tuple(CAST(NULL AS Nullable(String)), 0, '')"


Reach: TypeAlias = Callable[[str], list[exp.Expr]]
"""Gives the tests that keep, under a table alias, the rows of the people asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A clause read from the store.

    Attributes:
        members: a SELECT of one row with one bitmap; None for everyone.
        raw: the bitmap holds people as they were when the rows arrived: move them to the merged ones.
        snapshot: it may hold people who are no more: keep those who are.
        negative: the clause is true for everyone not in it.
    """

    members: exp.Select | None
    raw: bool = False
    snapshot: bool = False
    negative: bool = False


def read(clause: Clause, context: Context, reach: Reach) -> Read:
    """The bitmap of the people of a clause."""
    match clause:
        case Everyone():
            return Read(members=None)
        case SegmentClause(segment=segment):
            return Read(members=select(_SEGMENT, name=context.bindings.text(segment)), raw=True, snapshot=True)
        case TraitClause():
            return _trait(clause, context, reach)
        case TagClause():
            return _tag(clause, context, reach)
        case EventClause():
            return _event(clause, context, reach)


def _people(grouped: exp.Select) -> exp.Select:
    return select(_PEOPLE, grouped=grouped.subquery(copy=False))


def _trait(clause: TraitClause, context: Context, reach: Reach) -> Read:
    found = verdict(stored("t", context), clause.op, clause.value, context)
    absent = clause.op is Op.NOT_EXISTS
    if not context.policies.simple(clause.key):
        values = _held(clause.key, context, reach)
        test = found.holds if absent else found.test()
        return Read(members=_people(select(_VALUED, values=_named(values), test=test)), negative=absent)
    test = every([sql("t.deleted = 0"), found.holds if absent else found.test()])
    rows = every([sql("t.key = _name", name=context.bindings.text(clause.key)), *reach("t")])
    return Read(members=_people(select(_TRAIT, rows=rows, test=test, newest=sql(_NEWEST))), negative=absent)


def _held(key: str, context: Context, reach: Reach) -> exp.Select:
    """The value in force of a trait that is not simply the newest statement."""
    policies = context.policies
    return held(
        [key], policies.of(key), context.bindings, changed=key in policies.changed, now=context.now, reach=reach("t")
    )


def _named(values: exp.Select) -> exp.Subquery:
    return exp.Subquery(this=values, alias=exp.TableAlias(this=exp.to_identifier("t")))


def _tag(clause: TagClause, context: Context, reach: Reach) -> Read:
    found = verdict(stored("t", context), clause.op, clause.value, context)
    absent = clause.op is Op.NOT_EXISTS
    judged = sql("max(_test)", test=found.holds)  # a person may have several values
    if found.negative and not absent:
        judged = sql("max(_known) AND NOT _judged", known=found.known, judged=judged)
    grouped = select(_TAG, name=context.bindings.text(clause.tag), verdict=judged, reach=every(reach("t")))
    return Read(members=_people(grouped), snapshot=True, negative=absent)


def _event(clause: EventClause, context: Context, reach: Reach) -> Read:
    figure = _figure(clause, context)
    rows = every([*event_rows(clause, context), *figure.rows, *reach("e")])
    if figure.test is None:
        return Read(members=select(_DID, rows=rows), raw=True, negative=figure.negative)
    test = negated(figure.test) if figure.negative else figure.test
    return Read(members=_people(select(_FIGURE, rows=rows, test=test)), negative=figure.negative)


def event_rows(clause: EventClause, context: Context) -> list[exp.Expr]:
    """Tests on the rows of ``events AS e`` that a clause looks at: name, window, filters."""
    bindings = context.bindings
    window = bounds(clause.within, now=context.now, zone=context.zone)
    tests = [_named_events(clause, context)]
    if window.start is not None:
        tests.append(sql("e.ts >= _start", start=bindings.instant(to_ms(window.start))))
    if window.end is not None:
        tests.append(sql("e.ts < _end", end=bindings.instant(to_ms(window.end))))
    if window.start is not None and window.end is not None and _DATES[0] <= window.start and window.end <= _DATES[1]:
        days = (bindings.bind(each.astimezone(UTC).date().isoformat(), "Date") for each in (window.start, window.end))
        tests.append(sql(_DAYS, first=next(days), last=next(days)))
    return tests + filter_tests(clause.where, context)


def _named_events(clause: EventClause, context: Context) -> exp.Expr:
    """Events of a name; where their money or pieces are added up, also their adjustments, which hold differences."""
    if not _adds_differences(clause):
        return sql("e.name = _name", name=context.bindings.text(clause.event))
    name, adjusted = (context.bindings.text(each) for each in money_events(clause.event))
    return sql("e.name IN (_name, _adjusted)", name=name, adjusted=adjusted)


def _adds_differences(clause: EventClause) -> bool:
    return clause.measure in {Measure.SUM, Measure.AVG} and clause.of in _ADJUSTABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
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


def _figure(clause: EventClause, context: Context) -> _Figure:
    measure, op = clause.measure, clause.op
    counted = sql("toString(count())")
    if op is None:
        return _Figure(test=None, shown=counted, negative=measure is Measure.DID_NOT)
    if measure is Measure.COUNT:
        negative = counts_nothing(clause)
        return _Figure(test=compare(sql("count()"), op, clause.value, context), shown=counted, negative=negative)
    subject = event_property(clause.of, context)
    if measure in {Measure.FIRST, Measure.LAST}:
        return _edge(clause, subject, context)
    money = clause.of == "revenue"
    aggregate, more = _AGGREGATES[measure], {}
    if measure is Measure.AVG and _adds_differences(clause):
        aggregate, more = _AVG_ADJUSTED, {"name": context.bindings.text(clause.event)}
    value = sql(aggregate, number=scaled_money(context) if money else subject.number, **more)
    if money:
        value = sql("_value / 1000", value=value)
    if measure in {Measure.SUM, Measure.AVG}:  # free of the noise that the order of adding leaves in floats
        value = sql("round(_value, 6)", value=value)
    test = compare(value, op, clause.value, context)
    if measure is Measure.SUM:
        return _Figure(test=test, shown=sql("toString(_value)", value=value), negative=counts_nothing(clause))
    shown = sql("if(count() = 0, NULL, toString(_value))", value=value)
    return _Figure(test=test, shown=shown, rows=(subject.has_number,))


def _edge(clause: EventClause, subject: Subject, context: Context) -> _Figure:
    """The first or last event that carries the property, and the property's value there."""
    pick = "argMin(_value, _order)" if clause.measure is Measure.FIRST else "argMax(_value, _order)"
    op = clause.op or Op.EXISTS
    if clause.of == TIME_FIELD:
        instant = sql("min(e.ts)" if clause.measure is Measure.FIRST else "max(e.ts)")
        test = compare_time(instant, op, clause.value, context)
        shown = sql(
            "if(count() = 0, NULL, formatDateTime(_instant, '%Y-%m-%d %H:%i:%S', _zone))",
            instant=instant,
            zone=context.bindings.text(context.zone),
        )
        return _Figure(test=test, shown=shown)
    found: Verdict = verdict(subject, op, clause.value, context)
    value = subject.number if numeric(clause.value) else subject.text
    order = sql(_EVENT_ORDER, value=value)
    there = sql(pick, value=sql("toString(_value)", value=value), order=order)
    shown = sql("if(count() = 0, NULL, _there)", there=there)
    return _Figure(test=sql(pick, value=found.test(), order=order), shown=shown, rows=(found.known,))


def evidence(clause: Clause, oneid: exp.Expr, context: Context, reach: Reach) -> exp.Select:
    """What the data of one person say about a clause: one row with a tuple (value or NULL, ms or 0, source)."""
    text = context.bindings.text
    match clause:
        case Everyone():
            return select(_NO_EVIDENCE)
        case SegmentClause(segment=segment):
            return select(_SEGMENT_EVIDENCE, name=text(segment))
        case TraitClause(key=key) if not context.policies.simple(key):
            return select(_HELD_EVIDENCE, values=_named(_held(key, context, reach)))
        case TraitClause(key=key):
            tree = select(_TRAIT_EVIDENCE, name=text(key), newest=sql(_NEWEST))
            return tree.where(*reach("t"), copy=False)
        case TagClause(tag=tag):
            return select(_TAG_EVIDENCE, name=text(tag), oneid=oneid, reach=every(reach("t")))
        case EventClause():
            figure = _figure(clause, context)
            rows = every([*event_rows(clause, context), *figure.rows, *reach("e")])
            return select(_FIGURE_EVIDENCE, value=figure.shown, rows=rows)
