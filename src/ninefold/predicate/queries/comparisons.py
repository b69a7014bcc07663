"""Tests on values as SQL. A test is never NULL: where there is no value of the kind asked for, it is false.

The value in the condition says the kind: a number is compared with numbers, a text (or true/false, kept as text)
with texts, a moment or span with times. Negative operators hold for values of the kind that fail the positive one.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlglot.expressions as exp

from ninefold.base import MINOR_DIGITS, to_ms, zone_of
from ninefold.predicate.anniversaries import days_ahead, lunar_births, lunar_days, solar_days
from ninefold.predicate.forms import is_number
from ninefold.predicate.model import (
    ANNIVERSARY_OPS,
    LIST_OPS,
    NUMBER_FIELDS,
    RAW_PREFIX,
    TEXT_FIELDS,
    TIME_FIELD,
    TIME_OPS,
    Op,
    Operand,
    PropertyFilter,
)
from ninefold.predicate.rules import accepts_zero
from ninefold.predicate.survivorship.model import PLAIN, Policies
from ninefold.predicate.windows import end_of, span_of, start_of

from .text import Bindings, every, negated, sql

_POSITIVE = {
    Op.NE: Op.EQ,
    Op.NOT_IN: Op.IN,
    Op.NOT_CONTAINS: Op.CONTAINS,
    Op.NOT_WITHIN_LAST: Op.WITHIN_LAST,
    Op.NOT_EXISTS: Op.EXISTS,
}
_TESTS = {
    Op.EQ: "_subject = _value",
    Op.GT: "_subject > _value",
    Op.GTE: "_subject >= _value",
    Op.LT: "_subject < _value",
    Op.LTE: "_subject <= _value",
    Op.IN: "_subject IN _value",
    Op.CONTAINS: "position(_subject, _value) > 0",
    Op.STARTS_WITH: "startsWith(_subject, _value)",
    Op.ENDS_WITH: "endsWith(_subject, _value)",
    Op.MATCHES: "match(_subject, _value)",
}
# Texts that are an ISO 8601 date or time; the lenient parser alone would take "5" for a day of this month.
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$"
# 1990-05-03, 05-03 or --05-03, with or without a time after it.
_MONTH_DAY = "extract(_text, '^(?:[0-9]{4}-|--)?([0-9]{2}-[0-9]{2})(?:[T ].*)?$')"
_BIRTH_DATE = "extract(_text, '^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*)?$')"
# Money in thousandths of the major unit, whatever the currency: whole numbers, so that sums are exact.
_MONEY = "e.revenue_minor * multiIf(e.currency IN _whole, 1000, e.currency IN _thousandths, 1, 10)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a compilation needs besides the tree.

    Attributes:
        now: the present instant, whole milliseconds.
        zone: business zone, IANA name.
        bindings: where values are bound.
        policies: which value of a trait holds.
    """

    now: datetime
    zone: str
    bindings: Bindings
    policies: Policies = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A value in its three readings, each with the test that there is one.

    Attributes:
        text: the value as text, '' where there is none.
        has_text: whether there is a text.
        number: the value as number, 0 where there is none.
        has_number: whether there is a number.
        instant: the value as instant, NULL where it is none.
        present: whether there is any value.
    """

    text: exp.Expr
    has_text: exp.Expr
    number: exp.Expr
    has_number: exp.Expr
    instant: exp.Expr
    present: exp.Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A test in two parts, so that sets of values can be judged too.

    Attributes:
        holds: the positive test.
        known: whether there is a value of the kind.
        negative: the condition asks for known and not holds.
    """

    holds: exp.Expr
    known: exp.Expr
    negative: bool

    def test(self) -> exp.Expr:
        """The whole test on one value."""
        return every([self.known, negated(self.holds)]) if self.negative else self.holds


def numeric(value: Operand) -> bool:
    """Whether the condition's value is a number, or a list of them."""
    return is_number(value[0] if isinstance(value, tuple) else value)


def verdict(subject: Subject, op: Op, value: Operand, context: Context) -> Verdict:
    """The test of a subject against a condition's value."""
    positive = _POSITIVE.get(op, op)
    negative = positive is not op
    if positive is Op.EXISTS:
        return Verdict(holds=subject.present, known=sql("TRUE"), negative=negative)
    if positive in ANNIVERSARY_OPS:
        return _anniversary(subject, positive, str(value), context)
    if positive in TIME_OPS:
        known = sql("_instant IS NOT NULL", instant=subject.instant)
        holds = sql("ifNull(_test, FALSE)", test=compare_time(subject.instant, positive, value, context))
        return Verdict(holds=holds, known=known, negative=negative)
    if numeric(value):
        core, known = compare(subject.number, positive, value, context), subject.has_number
        absent_fails = not accepts_zero(positive, value)
    else:
        core, known = compare(subject.text, positive, value, context), subject.has_text
        absent_fails = not _accepts_empty(positive, value)
    return Verdict(holds=core if absent_fails else every([known, core]), known=known, negative=negative)


def _anniversary(subject: Subject, op: Op, value: str, context: Context) -> Verdict:
    """Whether the date that a text begins with comes back in the days meant; its year, if any, may be any."""
    first, last = days_ahead(value, context.now.astimezone(zone_of(context.zone)).date())
    found = {Op.ANNIVERSARY: solar_days, Op.LUNAR_DAY: lunar_days, Op.LUNAR_ANNIVERSARY: lunar_births}[op](first, last)
    part = sql(_BIRTH_DATE if op is Op.LUNAR_ANNIVERSARY else _MONTH_DAY, text=subject.text)
    kept = context.bindings.bind(list(found), "Array(String)")
    known = sql("_part <> ''", part=part)
    return Verdict(holds=sql("_part IN _kept", part=part.copy(), kept=kept), known=known, negative=False)


def compare(subject: exp.Expr, op: Op, value: Operand, context: Context) -> exp.Expr:
    """A figure or text against the condition's value; NULL where the subject is."""
    bindings = context.bindings
    if op in _POSITIVE:
        return negated(compare(subject, _POSITIVE[op], value, context))
    if op is Op.BETWEEN and isinstance(value, tuple):
        low, high = (bindings.bind(_float(each), "Float64") for each in value)
        return sql("_subject BETWEEN _low AND _high", subject=subject, low=low, high=high)
    if isinstance(value, tuple) and op in LIST_OPS:
        if numeric(value):
            bound = bindings.bind([_float(each) for each in value], "Array(Float64)")
        else:
            bound = bindings.bind([str(each) for each in value], "Array(String)")
    elif isinstance(value, bool):
        bound = bindings.text("true" if value else "false")
    else:
        bound = bindings.text(value) if isinstance(value, str) else bindings.bind(_float(value), "Float64")
    return sql(_TESTS[op], subject=subject, value=bound)


def compare_time(subject: exp.Expr, op: Op, value: Operand, context: Context) -> exp.Expr:
    """An instant against a moment or span; NULL where the subject is."""
    if op in _POSITIVE:
        return negated(compare_time(subject, _POSITIVE[op], value, context))
    text, bind, zone = str(value), context.bindings.instant, context.zone
    if op is Op.BEFORE:
        return sql("_subject < _at", subject=subject, at=bind(to_ms(start_of(text, zone))))
    if op is Op.AFTER:
        return sql("_subject >= _at", subject=subject, at=bind(to_ms(end_of(text, zone))))
    start, end = to_ms(context.now - span_of(text)), to_ms(context.now)
    return sql("_subject BETWEEN _start AND _end", subject=subject, start=bind(start), end=bind(end))


def _accepts_empty(op: Op, value: Operand) -> bool:
    return op is Op.MATCHES or (op is Op.EQ and value == "") or (isinstance(value, tuple) and "" in value)


def _float(value: Operand) -> float:
    if not isinstance(value, int | float):
        raise TypeError(value)  # a checked tree has a number here
    return float(value)


def read_instant(text: exp.Expr, context: Context) -> exp.Expr:
    """A text as an instant, NULL unless it is ISO 8601; without an offset it is in the business zone."""
    return sql(
        "if(match(_text, _iso), parseDateTime64BestEffortOrNull(_text, 3, _zone), NULL)",
        text=text,
        iso=exp.Literal.string(_ISO),
        zone=context.bindings.text(context.zone),
    )


def stored(table: str, context: Context) -> Subject:
    """The value of a row of traits or tags: text always, number where it is one."""
    text, number = exp.column("value", table), exp.column("num", table)
    return Subject(
        text=text,
        has_text=sql("TRUE"),
        number=sql("ifNull(_number, 0)", number=number),
        has_number=sql("_number IS NOT NULL", number=number),
        instant=read_instant(text, context),
        present=sql("TRUE"),
    )


def event_property(name: str, context: Context) -> Subject:
    """A built-in field or a property of an event ``e``."""
    if name == TIME_FIELD:
        return _constant_kinds(instant=sql("e.ts"))
    if name == "revenue":
        money = sql("_money / 1000", money=scaled_money(context))
        return _constant_kinds(number=money, has_number=sql("e.currency <> ''"))
    if name in NUMBER_FIELDS:
        return _constant_kinds(
            number=exp.column(name, "e"), has_number=sql("_number <> 0", number=exp.column(name, "e"))
        )
    if name in TEXT_FIELDS:
        return _constant_kinds(text=exp.column(name, "e"), has_text=sql("_text <> ''", text=exp.column(name, "e")))
    key = context.bindings.text(name.removeprefix(RAW_PREFIX))
    text, has_text = sql("arrayElement(e.props, _key)", key=key), sql("mapContains(e.props, _key)", key=key)
    number, has_number = sql("arrayElement(e.nums, _key)", key=key), sql("mapContains(e.nums, _key)", key=key)
    return Subject(
        text=text,
        has_text=has_text,
        number=number,
        has_number=has_number,
        instant=read_instant(text, context),
        present=exp.or_(has_text, has_number),
    )


def _constant_kinds(
    *,
    text: exp.Expr | None = None,
    has_text: exp.Expr | None = None,
    number: exp.Expr | None = None,
    has_number: exp.Expr | None = None,
    instant: exp.Expr | None = None,
) -> Subject:
    never = sql("FALSE")
    return Subject(
        text=text or sql("''"),
        has_text=has_text or never,
        number=number or sql("0"),
        has_number=has_number or never,
        instant=instant or sql("NULL"),
        present=has_text or has_number or sql("TRUE"),
    )


def scaled_money(context: Context) -> exp.Expr:
    """Revenue of an event ``e`` as a whole number of thousandths of its currency's major unit."""
    whole, thousandths = (
        context.bindings.bind([code for code, digits in MINOR_DIGITS.items() if digits == wanted], "Array(String)")
        for wanted in (0, 3)
    )
    return sql(_MONEY, whole=whole, thousandths=thousandths)


def filter_tests(filters: tuple[PropertyFilter, ...], context: Context) -> list[exp.Expr]:
    """Tests on the properties of an event ``e``."""
    return [verdict(event_property(each.property, context), each.op, each.value, context).test() for each in filters]
