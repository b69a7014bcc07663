"""What makes a condition right: its shape alone (`structure_problems`), and against what is known (`check`). Pure.

`parse` raises the first structural problem; the compiler refuses a tree that has one; `check` tells them all and
adds unknown names and comparisons that can never be true.
"""

from collections.abc import Iterable, Iterator

from ninefold.base import did_you_mean

from .forms import comparison_problems, is_number, name_problems, op_words, show
from .model import (
    AGGREGATES,
    CLAUSES_MAX,
    DEPTH_MAX,
    FILTERS_MAX,
    NUMBER_FIELDS,
    NUMBER_OPS,
    PRESENCE_OPS,
    RAW_PREFIX,
    TEXT_FIELDS,
    TEXT_OPS,
    TIME_FIELD,
    TIME_OPS,
    AllOf,
    AnyOf,
    Before,
    Between,
    Catalog,
    Condition,
    EventClause,
    Kinds,
    Last,
    Measure,
    Not,
    Op,
    Operand,
    Problem,
    PropertyFilter,
    SegmentClause,
    Since,
    TagClause,
    TraitClause,
    ValueKind,
    Window,
    walk,
)
from .windows import MOMENT_ALLOWED, SPAN_ALLOWED, end_of, read_moment, read_span

_ANY_OPS = frozenset(Op)
_FIGURE_OPS = TEXT_OPS | NUMBER_OPS | TIME_OPS


def check(condition: Condition, catalog: Catalog, *, path: str = "condition") -> tuple[Problem, ...]:
    """Everything wrong with a condition, in the order of the document; nothing when it is right.

    Args:
        condition: the tree.
        catalog: the names known.
        path: what the fields' paths begin with.

    >>> check(TraitClause(key="citty"), Catalog(traits={"city": frozenset()}))[0].hint
    'did you mean "city"?'
    """
    found = list(structure_problems(condition, path))
    for place, node in walk(condition, path):
        found += _unknown(node, catalog, place)
    return tuple(found)


def structure_problems(condition: Condition, path: str = "condition") -> Iterator[Problem]:
    """What is wrong with the shape of a condition, without knowing any data."""
    if (depth := _depth(condition)) > DEPTH_MAX:
        yield Problem(
            code="too_deep",
            message="the condition is nested too deeply",
            field=path,
            got=str(depth),
            allowed=f"at most {DEPTH_MAX} levels",
        )
    clauses = 0
    for place, node in walk(condition, path):
        clauses += not isinstance(node, AllOf | AnyOf | Not)
        clauses += len(node.where) if isinstance(node, EventClause) else 0
        yield from _node_problems(node, place)
    if clauses > CLAUSES_MAX:
        yield Problem(
            code="too_many_clauses",
            message="the condition has too many clauses and filters",
            field=path,
            got=str(clauses),
            allowed=f"at most {CLAUSES_MAX}",
        )


def accepts_zero(op: Op, value: Operand) -> bool:
    """Whether 0 satisfies a comparison with a number: decides what no event and no value mean.

    >>> accepts_zero(Op.LT, 3), accepts_zero(Op.NOT_IN, (0, 1))
    (True, False)
    """
    if op in {Op.NE, Op.NOT_IN}:
        return not accepts_zero(Op.EQ if op is Op.NE else Op.IN, value)
    if isinstance(value, tuple):
        numbers = [each for each in value if is_number(each)]
        return 0 in numbers if op is Op.IN else numbers[0] <= 0 <= numbers[1]
    if not is_number(value):
        raise TypeError(value)  # a checked tree has a number here
    return {Op.EQ: value == 0, Op.GT: value < 0, Op.GTE: value <= 0, Op.LT: value > 0, Op.LTE: value >= 0}[op]


def counts_nothing(clause: EventClause) -> bool:
    """Whether people without any such event pass: a count or sum over nothing is 0."""
    figure = clause.measure in {Measure.COUNT, Measure.SUM}
    return figure and clause.op is not None and accepts_zero(clause.op, clause.value)


def _depth(condition: Condition) -> int:
    deepest, level = 0, [condition]
    while level:
        deepest += 1
        level = [part for node in level for part in _parts(node)]
    return deepest


def _parts(node: Condition) -> tuple[Condition, ...]:
    match node:
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return parts
        case Not(part=part):
            return (part,)
        case _:
            return ()


def _node_problems(node: Condition, path: str) -> Iterator[Problem]:
    match node:
        case AllOf(parts=()) | AnyOf(parts=()):
            word = "all" if isinstance(node, AllOf) else "any"
            yield Problem(
                code="empty_group",
                message=f'"{word}" needs at least one condition',
                field=f"{path}.{word}",
                got="[]",
                allowed="a list of conditions",
            )
        case TraitClause(key=key, op=op, value=value):
            yield from name_problems(key, f"{path}.trait")
            yield from comparison_problems(op, value, path, _ANY_OPS)
        case TagClause(tag=tag, op=op, value=value):
            yield from name_problems(tag, f"{path}.tag")
            yield from comparison_problems(op, value, path, _ANY_OPS)
        case SegmentClause(segment=segment):
            yield from name_problems(segment, f"{path}.in_segment")
        case EventClause():
            yield from _event_problems(node, path)
        case _:
            pass


def _event_problems(clause: EventClause, path: str) -> Iterator[Problem]:
    yield from name_problems(clause.event, f"{path}.event")
    measure = clause.measure
    if measure in {Measure.DID, Measure.DID_NOT}:
        for name, given in (("of", clause.of or None), ("op", clause.op), ("value", clause.value)):
            if given is not None:
                yield Problem(
                    code="needless_field",
                    message=f'"{measure.value}" takes no "{name}"',
                    field=f"{path}.{name}",
                    got=show(given),
                    allowed="only event, measure, within, where",
                    hint="use measure: count to compare how often",
                )
    else:
        yield from _figure_problems(clause, path)
    if clause.within is not None:
        yield from window_problems(clause.within, f"{path}.within")
    yield from filter_problems(clause.where, f"{path}.where")


def _figure_problems(clause: EventClause, path: str) -> Iterator[Problem]:
    measure, of = clause.measure, clause.of
    allowed = NUMBER_OPS
    if measure is Measure.COUNT:
        if of:
            yield Problem(
                code="needless_field", message='"count" counts events and takes no "of"', field=f"{path}.of", got=of
            )
    elif not of:
        yield Problem(
            code="missing_field",
            message=f'"{measure.value}" needs the property it is taken over',
            field=f"{path}.of",
            allowed="revenue, quantity or a property of the event",
        )
    else:
        yield from name_problems(of, f"{path}.of")
        if measure in AGGREGATES and (of in TEXT_FIELDS or of == TIME_FIELD):
            yield Problem(
                code="not_a_number",
                message=f'"{measure.value}" needs a number, and "{of}" is none',
                field=f"{path}.of",
                got=of,
                allowed="revenue, quantity or a numeric property",
                hint="the first or last time of an event: measure: first or last, of: time",
            )
            return
        if measure not in AGGREGATES:
            allowed = _ops_of(of) - PRESENCE_OPS
    if clause.op is None:
        yield Problem(
            code="missing_field",
            message=f'"{measure.value}" needs a comparison',
            field=f"{path}.op",
            allowed=op_words(allowed),
        )
    else:
        yield from comparison_problems(clause.op, clause.value, path, allowed)
        if measure in AGGREGATES or measure is Measure.COUNT:
            yield from _kind_problems(clause.value, NUMBER_FIELDS, "revenue", path)
        else:
            yield from _kind_problems(clause.value, {of}, of, path)


def filter_problems(filters: tuple[PropertyFilter, ...], path: str) -> Iterator[Problem]:
    """What is wrong with the property filters of an event."""
    if len(filters) > FILTERS_MAX:
        yield Problem(
            code="too_many_filters",
            message="too many filters on one event",
            field=path,
            got=str(len(filters)),
            allowed=f"at most {FILTERS_MAX}",
        )
    for position, each in enumerate(filters):
        place = f"{path}[{position}]"
        yield from name_problems(each.property, f"{place}.property")
        yield from comparison_problems(each.op, each.value, place, _ops_of(each.property))
        yield from _kind_problems(each.value, {each.property}, each.property, place)


def _ops_of(name: str) -> frozenset[Op]:
    """The operators a property can be compared with; all for one whose kind is not fixed."""
    if name == TIME_FIELD:
        return TIME_OPS
    if name in NUMBER_FIELDS:
        return NUMBER_OPS | PRESENCE_OPS
    return TEXT_OPS | PRESENCE_OPS if name in TEXT_FIELDS else _ANY_OPS


def _kind_problems(value: Operand, names: Iterable[str], name: str, path: str) -> Iterator[Problem]:
    """A built-in field has one kind of values."""
    first = value[0] if isinstance(value, tuple) and value else value
    if first is None or isinstance(first, tuple):
        return
    number = isinstance(first, int | float) and not isinstance(first, bool)
    if NUMBER_FIELDS.intersection(names) and not number:
        yield Problem(
            code="type_mismatch",
            message=f'"{name}" is a number' if name else "a number is needed",
            field=f"{path}.value",
            got=show(value),
            allowed="a number, without quotes",
        )
    elif TEXT_FIELDS.intersection(names) and not isinstance(first, str):
        yield Problem(
            code="type_mismatch",
            message=f'"{name}" is a text',
            field=f"{path}.value",
            got=show(value),
            allowed="a text, in quotes",
        )


def window_problems(window: Window, path: str) -> Iterator[Problem]:
    """Everything wrong with a window of time."""
    if isinstance(window, Last):
        if read_span(window.span) is None:
            yield Problem(
                code="bad_span",
                message="not a span of time",
                field=f"{path}.last",
                got=show(window.span),
                allowed=SPAN_ALLOWED,
            )
        return
    moments: list[tuple[str, str]] = []
    match window:
        case Between(start=start, end=end):
            moments = [("from", start), ("to", end)]
        case Since(start=start):
            moments = [("since", start)]
        case Before(end=end):
            moments = [("before", end)]
        case _:
            pass
    wrong = [(word, text) for word, text in moments if read_moment(text) is None]
    for word, text in wrong:
        yield Problem(
            code="bad_moment",
            message="not a date or time",
            field=f"{path}.{word}",
            got=show(text),
            allowed=MOMENT_ALLOWED,
        )
    if isinstance(window, Between) and not wrong:
        start_at = read_moment(window.start)
        if start_at is not None and start_at >= end_of(window.end, "UTC"):
            yield Problem(
                code="window_reversed",
                message="the window ends before it begins",
                field=path,
                got=f"from {window.start} to {window.end}",
                allowed="from not after to",
            )


def _unknown(node: Condition, catalog: Catalog, path: str) -> Iterator[Problem]:
    match node:
        case TraitClause(key=key):
            yield from _named("trait", key, catalog.traits, f"{path}.trait")
            yield from _mismatch(key, node.op, node.value, catalog.traits.get(key, frozenset()), path)
        case TagClause(tag=tag):
            yield from _named("tag", tag, catalog.tags, f"{path}.tag")
            yield from _mismatch(tag, node.op, node.value, catalog.tags.get(tag, frozenset()), path)
        case SegmentClause(segment=segment):
            yield from _named("segment", segment, catalog.segments, f"{path}.in_segment")
        case EventClause(event=event):
            yield from _named("event", event, catalog.events, f"{path}.event")
            if event in catalog.events:
                yield from _unknown_properties(node, catalog, path)
        case _:
            pass


def _unknown_properties(clause: EventClause, catalog: Catalog, path: str) -> Iterator[Problem]:
    known = catalog.events[clause.event]
    fields = TEXT_FIELDS | NUMBER_FIELDS | {TIME_FIELD}
    used = [(f"{path}.where[{i}]", "property", f.property, f.op, f.value) for i, f in enumerate(clause.where)]
    if clause.of and clause.op is not None:
        used.insert(0, (path, "of", clause.of, clause.op, clause.value))
    for place, word, name, op, value in used:
        if name in fields:
            continue
        own = name.removeprefix(RAW_PREFIX)
        yield from _named(f"property of {clause.event}", own, (*known, *fields), f"{place}.{word}", ok=own in known)
        kinds = known.get(own, frozenset())
        if word == "of" and clause.measure in AGGREGATES:
            yield from _not_numeric(clause.measure, own, kinds, f"{place}.of")
        else:
            yield from _mismatch(own, op, value, kinds, place)


def _not_numeric(measure: Measure, name: str, known: Kinds, path: str) -> Iterator[Problem]:
    if known and ValueKind.NUMBER not in known:
        kinds = " or ".join(sorted(kind.value for kind in known))
        yield Problem(
            code="type_mismatch",
            message=f'"{name}" is a {kinds}, and "{measure.value}" needs a number',
            field=path,
            got=name,
            allowed="revenue, quantity or a numeric property",
        )


def _named(what: str, name: str, known: Iterable[str], path: str, *, ok: bool | None = None) -> Iterator[Problem]:
    names = sorted(known)
    if not (name in names if ok is None else ok):
        yield Problem(
            code=f"unknown_{what.split(maxsplit=1)[0]}",
            message=f"unknown {what}",
            field=path,
            got=name,
            allowed=", ".join(names[:10]) + (", ..." if len(names) > 10 else ""),
            hint=did_you_mean(name, names),
        )


def _mismatch(name: str, op: Op, value: Operand, known: Kinds, path: str) -> Iterator[Problem]:
    """A comparison that the kinds of values seen so far can never satisfy."""
    first = value[0] if isinstance(value, tuple) and value else value
    if not known or first is None:
        return
    if op in TIME_OPS:
        wanted, allowed = {ValueKind.TIME, ValueKind.TEXT}, "a time"
    elif isinstance(first, bool):
        wanted, allowed = {ValueKind.YES_NO, ValueKind.TEXT}, "true or false"
    elif isinstance(first, int | float):
        wanted, allowed = {ValueKind.NUMBER}, "a number"
    else:
        wanted, allowed = {ValueKind.TEXT, ValueKind.TIME, ValueKind.YES_NO}, "a text"
    if not known & wanted:
        kinds = " or ".join(sorted(kind.value for kind in known))
        yield Problem(
            code="type_mismatch",
            message=f'"{name}" is a {kinds}, the condition compares it with {allowed}',
            field=f"{path}.value",
            got=show(value),
            allowed=f"a {kinds}",
            hint="write numbers without quotes and texts with them" if op not in TIME_OPS else "",
        )
