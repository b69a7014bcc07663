"""Names and kinds of values a condition uses, against those that are known. Pure."""

from collections.abc import Iterable, Iterator

from ninefold.base import did_you_mean
from ninefold.predicate.forms import show
from ninefold.predicate.model import (
    AGGREGATES,
    EDGES,
    NUMBER_FIELDS,
    RAW_PREFIX,
    TEXT_FIELDS,
    TIME_FIELD,
    TIME_OPS,
    Catalog,
    Condition,
    EventClause,
    Kinds,
    Limited,
    Measure,
    Op,
    Operand,
    Problem,
    Rank,
    SegmentClause,
    SequenceClause,
    TagClause,
    TraitClause,
    ValueKind,
    walk,
)

from .shape import structure_problems

_FIELDS = TEXT_FIELDS | NUMBER_FIELDS | {TIME_FIELD}


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
        if isinstance(node, Limited) and isinstance(node.by, Rank):
            found += _unknown(node.by.by, catalog, f"{place}.by.{'lowest' if node.by.lowest else 'highest'}")
        found += _unknown(node, catalog, place)
    return tuple(found)


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
        case SequenceClause():
            yield from _unknown_steps(node, catalog, path)
        case _:
            pass


def _unknown_steps(clause: SequenceClause, catalog: Catalog, path: str) -> Iterator[Problem]:
    places = []
    for position, step in enumerate(clause.steps):
        here = f"{path}.sequence[{position}]"
        places += [here, *(f"{here}.without[{number}]" for number in range(len(step.without)))]
    for place, pick in zip([*places, f"{path}.then_not"], clause.picks, strict=False):
        yield from _unknown(EventClause(event=pick.event, where=pick.where), catalog, place)
        if clause.same and pick.event in catalog.events:
            yield from _known_property(pick.event, clause.same, catalog, f"{path}.same")


def _known_property(event: str, name: str, catalog: Catalog, path: str) -> Iterator[Problem]:
    if name not in _FIELDS:
        known, own = catalog.events[event], name.removeprefix(RAW_PREFIX)
        yield from _named(f"property of {event}", own, (*known, *_FIELDS), path, ok=own in known)


def _unknown_properties(clause: EventClause, catalog: Catalog, path: str) -> Iterator[Problem]:
    known = catalog.events[clause.event]
    if clause.of and clause.of not in _FIELDS:
        yield from _known_property(clause.event, clause.of, catalog, f"{path}.of")
        own = clause.of.removeprefix(RAW_PREFIX)
        kinds = known.get(own, frozenset())
        if clause.measure in AGGREGATES:
            yield from _not_numeric(clause.measure, own, kinds, f"{path}.of")
        elif clause.measure in EDGES and clause.op is not None:
            yield from _mismatch(own, clause.op, clause.value, kinds, path)
    for position, each in enumerate(clause.where):
        place = f"{path}.where[{position}]"
        yield from _known_property(clause.event, each.property, catalog, f"{place}.property")
        if each.property not in _FIELDS:
            own = each.property.removeprefix(RAW_PREFIX)
            yield from _mismatch(own, each.op, each.value, known.get(own, frozenset()), place)


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
