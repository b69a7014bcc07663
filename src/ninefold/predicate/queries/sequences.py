"""Sequences of events as SQL: who took all steps in their order, one event for one step.

A person's events are sorted by time, those of one millisecond by the earliest step they fulfil, and folded once. Per
step the fold keeps the last event that ended a way there, and when that way began. The last one is enough: any way over
an earlier event began no later, is no nearer to what follows, and has no fewer excluded events behind it.

Where no event can be two steps and nothing else is asked, ``windowFunnel`` says the same; elsewhere it is asked first,
since whoever does not pass it does not pass the fold.
"""

from dataclasses import dataclass
from datetime import timedelta

import sqlglot.expressions as exp

from ninefold.predicate.model import EventPick, SequenceClause
from ninefold.predicate.windows import span_of

from .comparisons import Context, event_property, filter_tests
from .figures import window_rows
from .text import every, select, sql

_WAYS = """
SELECT w.person AS person
FROM (
  SELECT
    if(r.root > 0, r.root, e.oneid) AS person,
    _held AS held,
    arraySort(groupArrayIf(tuple(toUnixTimestamp64Milli(e.ts), _first, _mask), _mask > 0)) AS events
  FROM events AS e
  LEFT ANY JOIN merged AS r ON r.oneid = e.oneid
  WHERE _rows
  GROUP BY person, held
  HAVING _promising
) AS w
"""
_FUNNEL = """
SELECT if(r.root > 0, r.root, e.oneid) AS person
FROM events AS e
LEFT ANY JOIN merged AS r ON r.oneid = e.oneid
WHERE _rows
GROUP BY person, _held
HAVING _promising
"""
_EVIDENCE = """
SELECT tuple(
  if(count() = 0, NULL, concat(toString(max(f.level)), _of)),
  if(count() = 0, 0, argMax(f.at, f.level)),
  ''
)
FROM _reached
"""
_NEVER = -(2**62)
_ANY = 2**62
_SHIFT = 10**13  # of the times for windowFunnel, which takes none before 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the events of a sequence are read by.

    Attributes:
        tests: for each step, whether an event is it.
        rows: tests on rows that may matter at all.
        held: what events of one way have in common.
    """

    tests: tuple[exp.Expr, ...]
    rows: exp.Expr
    held: exp.Expr


def sequence(clause: SequenceClause, context: Context, reach: list[exp.Expr]) -> exp.Select:
    """The people of a sequence, some of them several times: one column ``person``."""
    parts = _parts(clause, context, reach)
    if _plain(clause):
        return select(_FUNNEL, rows=parts.rows, held=parts.held, promising=_promising(clause, parts))
    return _folded(clause, context, parts).where(_complete(clause, context), copy=False)


def sequence_evidence(clause: SequenceClause, context: Context, reach: list[exp.Expr]) -> exp.Select:
    """How far one person came: one row with a tuple (steps, such as ``1/3``, or NULL; ms of the last of them; '')."""
    parts = _parts(clause, context, reach)
    ways = _folded(clause, context, parts, every_way=True)
    state = _state(clause, context)
    ends = [
        sql("tupleElement(_state, _place)", state=state, place=_number(2 * n + 2)) for n in range(len(clause.steps))
    ]
    level, at = exp.Case(), exp.Case()
    for number in reversed(range(len(ends))):
        reached = sql("_end > _never", end=ends[number], never=_number(_NEVER))
        level = level.when(reached, _number(number + 1), copy=False)
        at = at.when(reached.copy(), ends[number].copy(), copy=False)
    ways.set("expressions", [
        exp.alias_(level.else_(_number(0), copy=False), "level"), exp.alias_(at.else_(_number(0), copy=False), "at")
    ])  # fmt: skip
    reached_ways = exp.Subquery(this=ways, alias=exp.TableAlias(this=exp.to_identifier("f")))
    return select(_EVIDENCE, of=exp.Literal.string(f"/{len(clause.steps)}"), reached=reached_ways)


def _parts(clause: SequenceClause, context: Context, reach: list[exp.Expr]) -> _Parts:
    tests = tuple(_is(step.pick, context) for step in clause.steps)
    names = context.bindings.bind(sorted({pick.event for pick in clause.picks}), "Array(String)")
    rows = [sql("e.name IN _names", names=names), *window_rows(clause.within, context), *reach]
    held = sql("''")
    if clause.same:
        subject = event_property(clause.same, context)
        held = subject.text
        rows.append(subject.has_text)
    return _Parts(tests=tests, rows=every(rows), held=held)


def _is(pick: EventPick, context: Context) -> exp.Expr:
    return every([
        sql("e.name = _name", name=context.bindings.text(pick.event)), *filter_tests(pick.where, context)
    ])  # fmt: skip


def _plain(clause: SequenceClause) -> bool:
    """Whether no event can be two steps, and nothing but their order and the whole time is asked."""
    names = [step.pick.event for step in clause.steps]
    simple = not any(step.within or step.without for step in clause.steps)
    return simple and clause.then_not is None and len(set(names)) == len(names) and len(names) > 1


def _promising(clause: SequenceClause, parts: _Parts) -> exp.Expr:
    span = _ms(clause.span) if clause.span else _ANY
    shifted = sql("toUInt64(toUnixTimestamp64Milli(e.ts) + _shift)", shift=_number(_SHIFT))
    funnel = exp.ParameterizedAgg(
        this="windowFunnel", expressions=[_number(span)], params=[shifted, *(test.copy() for test in parts.tests)]
    )
    return sql("_funnel >= _steps", funnel=funnel, steps=_number(len(clause.steps)))


def _folded(clause: SequenceClause, context: Context, parts: _Parts, *, every_way: bool = False) -> exp.Select:
    """Ways as sorted events, with the times of what is excluded before each step and after the last."""
    places = [_number(n) for n in range(len(parts.tests))]
    first = exp.func("multiIf", *(each for pair in zip(_copies(parts.tests), places, strict=True) for each in pair),
                     _number(len(places)))  # fmt: skip
    mask: exp.Expr = _number(0)
    for number, test in enumerate(_copies(parts.tests)):
        mask = sql("_mask + _bit * toUInt32(_test)", mask=mask, bit=_number(1 << number), test=test)
    promising = sql("TRUE") if every_way else _promising(clause, parts)
    tree = select(_WAYS, held=parts.held, first=first, mask=mask, rows=parts.rows, promising=promising)
    inner = tree.find(exp.Subquery)
    if inner is None or not isinstance(inner.this, exp.Select):
        raise TypeError(tree)
    for name, picks in _barred(clause).items():
        test = exp.or_(*(_is(pick, context) for pick in picks), dialect="clickhouse", copy=False)
        times = sql("groupArrayIf(toUnixTimestamp64Milli(e.ts), _test)", test=test)
        inner.this.select(exp.alias_(times, name), copy=False)
    return tree


def _barred(clause: SequenceClause) -> dict[str, tuple[EventPick, ...]]:
    """The columns of excluded events: before the step of that number, and after the last."""
    found = {f"barred_{number}": step.without for number, step in enumerate(clause.steps) if step.without}
    return {**found, "after": (clause.then_not.pick,)} if clause.then_not else found


def _complete(clause: SequenceClause, context: Context) -> exp.Expr:
    """Whether the fold reached the end."""
    last = 2 * len(clause.steps) + (1 if clause.then_not else 0)
    return sql("tupleElement(_state, _last) > _never", state=_state(clause, context), last=_number(last),
               never=_number(_NEVER))  # fmt: skip


def _state(clause: SequenceClause, context: Context) -> exp.Expr:
    """The fold: per step when the way began that ends there, and when it got there; at the end when it stayed quiet."""
    fields: list[exp.Expr] = []
    for number in range(len(clause.steps)):
        taken = _taken(clause, number)
        began = sql("x.1") if number == 0 else sql("tupleElement(s, _n)", n=_number(2 * number - 1))
        for place, value in ((2 * number + 1, began), (2 * number + 2, sql("x.1"))):
            kept = sql("tupleElement(s, _n)", n=_number(place))
            fields.append(sql("if(_taken, _value, _kept)", taken=taken.copy(), value=value, kept=kept))
    if clause.then_not is not None:
        wait = _ms(clause.then_not.within)
        now = context.bindings.bind(round(context.now.timestamp() * 1000), "Int64")
        quiet = sql(
            "_taken AND x.1 + _wait < _now AND NOT arrayExists(z -> z > x.1 AND z <= x.1 + _wait, after)",
            taken=_taken(clause, len(clause.steps) - 1), wait=_number(wait), now=now,
        )  # fmt: skip
        kept = sql("tupleElement(s, _n)", n=_number(2 * len(clause.steps) + 1))
        fields.append(sql("if(_quiet, x.1, _kept)", quiet=quiet, kept=kept))
    start = exp.func("tuple", *(sql("toInt64(_never)", never=_number(_NEVER)) for _ in fields))
    return sql("arrayFold((s, x) -> _next, events, _start)", next=exp.func("tuple", *fields), start=start)


def _taken(clause: SequenceClause, number: int) -> exp.Expr:
    """Whether event ``x`` (time, earliest step, steps) ends a way at a step, after state ``s``."""
    step = clause.steps[number]
    tests = [sql("bitTest(x.3, _n)", n=_number(number))]
    if number == 0:
        return tests[0]
    before = sql("tupleElement(s, _n)", n=_number(2 * number))
    tests.append(sql("_before > _never", before=before, never=_number(_NEVER)))
    if step.within:
        tests.append(sql("x.1 - _before <= _most", before=before.copy(), most=_number(_ms(step.within))))
    if clause.span:
        began = sql("tupleElement(s, _n)", n=_number(2 * number - 1))
        tests.append(sql("x.1 - _began <= _most", began=began, most=_number(_ms(clause.span))))
    if step.without:
        lies = "NOT arrayExists(z -> z > _before AND z < x.1, _times)"
        tests.append(sql(lies, before=before.copy(), times=exp.column(f"barred_{number}")))
    return every(tests)


def _copies(trees: tuple[exp.Expr, ...]) -> list[exp.Expr]:
    return [tree.copy() for tree in trees]


def _ms(span: str) -> int:
    return span_of(span) // timedelta(milliseconds=1)


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))
