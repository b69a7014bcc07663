"""Conditions read from documents. Pure.

Reading refuses what it does not know, naming the field, what was got and what is allowed.
"""

from collections.abc import Mapping

from ninefold.base import did_you_mean, invalid
from ninefold.predicate.forms import show
from ninefold.predicate.model import (
    CLAUSES_MAX,
    DEPTH_MAX,
    AllOf,
    AnyOf,
    Clause,
    Condition,
    Draw,
    EventClause,
    EventPick,
    Everyone,
    Limited,
    Measure,
    Not,
    Op,
    PropertyFilter,
    Quiet,
    Rank,
    SegmentClause,
    SequenceClause,
    Step,
    TagClause,
    TraitClause,
    Window,
)
from ninefold.predicate.rules import filter_problems, structure_problems, window_problems

from .fields import (
    read_list,
    read_mapping,
    read_op,
    read_share,
    read_text,
    read_value,
    read_whole,
    read_word,
    refuse_others,
    wrong,
)
from .windows import read_window

_HEADS: dict[str, tuple[str, ...]] = {
    "all": (),
    "any": (),
    "not": (),
    "everyone": (),
    "trait": ("op", "value"),
    "tag": ("op", "value"),
    "event": ("measure", "of", "op", "value", "within", "where", "gap"),
    "sequence": ("span", "same", "within", "then_not"),
    "in_segment": (),
    "limit": ("of", "by"),
    "share": ("of", "by"),
}
_NODE_ALLOWED = "one of " + ", ".join(_HEADS)
_LIMIT = '{limit: 1000, of: a condition, by: {random: "a seed"}}'
_ORDER = '{random: "a seed"}, {highest: {...}} or {lowest: {...}}'
_RANKS = ("trait", "tag", "event")


def parse(document: object, *, path: str = "condition") -> Condition:
    """The tree of a condition document.

    Args:
        document: mappings, lists and scalars, as JSON and YAML give them.
        path: what the field paths of errors begin with.

    Raises:
        Error: invalid, naming the first wrong field, what was got and what is allowed.

    >>> parse({"trait": "city", "op": "eq", "value": "Shanghai"})
    TraitClause(key='city', op=<Op.EQ: 'eq'>, value='Shanghai')
    """
    reader = _Reader()
    condition = reader.node(document, path, 1)
    for problem in structure_problems(condition, path):
        raise problem.error()
    return condition


def parse_filters(documents: object, *, path: str = "where") -> tuple[PropertyFilter, ...]:
    """The property filters of an event, as they stand under ``where``; raises like `parse`.

    >>> parse_filters([{"property": "category", "op": "eq", "value": "shoes"}])[0].value
    'shoes'
    """
    filters = _filters(documents, path)
    for problem in filter_problems(filters, path):
        raise problem.error()
    return filters


def parse_window(document: object, *, path: str = "within") -> Window:
    """A window of time from its document; raises like `parse`.

    >>> parse_window("30d")
    Last(span='30d')
    """
    window = read_window(document, path)
    for problem in window_problems(window, path):
        raise problem.error()
    return window


class _Reader:
    """Reads one document, counting clauses and depth, so that a hostile one is refused early."""

    def __init__(self) -> None:
        self._nodes = 0

    def node(self, document: object, path: str, depth: int) -> Condition:
        self._nodes += 1
        if depth > DEPTH_MAX:
            raise invalid(
                "too_deep", "the condition is nested too deeply", field=path, allowed=f"at most {DEPTH_MAX} levels"
            )
        if self._nodes > CLAUSES_MAX * DEPTH_MAX:
            raise invalid(
                "too_many_clauses", "the condition has too many clauses", field=path, allowed=f"at most {CLAUSES_MAX}"
            )
        body = read_mapping(document, path, _NODE_ALLOWED)
        head = _head(body, path)
        refuse_others(body, (head, *_HEADS[head]), path)
        return self._read(head, body, path, depth)

    def _read(self, head: str, body: Mapping[str, object], path: str, depth: int) -> Condition:
        match head:
            case "all" | "any":
                items = read_list(body[head], f"{path}.{head}", "a list of conditions")
                parts = tuple(self.node(each, f"{path}.{head}[{i}]", depth + 1) for i, each in enumerate(items))
                return AllOf(parts=parts) if head == "all" else AnyOf(parts=parts)
            case "not":
                return Not(part=self.node(body["not"], f"{path}.not", depth + 1))
            case "limit" | "share":
                return self._limited(head, body, path, depth)
            case _:
                return _clause(head, body, path)

    def _limited(self, head: str, body: Mapping[str, object], path: str, depth: int) -> Limited:
        for name in ("of", "by"):
            if name not in body:
                raise invalid("missing_field", f'"{head}" needs "{name}"', field=f"{path}.{name}", allowed=_LIMIT)
        part, by = self.node(body["of"], f"{path}.of", depth + 1), _order(body["by"], f"{path}.by")
        if head == "limit":
            return Limited(part=part, by=by, most=read_whole(body["limit"], f"{path}.limit"))
        return Limited(part=part, by=by, share=read_share(body["share"], f"{path}.share"))


def _order(document: object, path: str) -> Draw | Rank:
    body = read_mapping(document, path, _ORDER)
    refuse_others(body, ("random", "highest", "lowest"), path)
    if len(body) != 1:
        raise wrong("bad_order", "one order is needed", path, ", ".join(body), _ORDER)
    [(word, what)] = body.items()
    if word == "random":
        return Draw(seed=read_text(what, f"{path}.random"))
    place = f"{path}.{word}"
    figure = read_mapping(what, place, "a trait, a tag or a figure of events")
    head = _head(figure, place)
    if head not in _RANKS:
        raise wrong("bad_order", "people are ranked by a number", place, head, "a trait, a tag or a figure of events")
    refuse_others(figure, (head, *_HEADS[head]), place)
    clause = _clause(head, figure, place)
    if not isinstance(clause, TraitClause | TagClause | EventClause):
        raise TypeError(head)
    return Rank(by=clause, lowest=word == "lowest")


def _head(body: Mapping[str, object], path: str) -> str:
    heads = [name for name in _HEADS if name in body]
    if len(heads) == 1:
        return heads[0]
    if heads:
        raise wrong("two_conditions", "two conditions in one", path, ", ".join(heads), 'a list under "all" or "any"')
    near = next((hint for name in body if (hint := did_you_mean(name, _HEADS))), "")
    raise invalid(
        "unknown_condition", "not a condition", field=path, got=show(", ".join(body)), allowed=_NODE_ALLOWED, hint=near
    )


def _clause(head: str, body: Mapping[str, object], path: str) -> Clause:
    match head:
        case "everyone":
            if body["everyone"] is not True:
                raise wrong("bad_everyone", "everyone takes true", f"{path}.everyone", body["everyone"], "true")
            return Everyone()
        case "in_segment":
            return SegmentClause(segment=read_text(body["in_segment"], f"{path}.in_segment"))
        case "event":
            return _event(body, path)
        case "sequence":
            return _sequence(body, path)
        case _:
            name, op, value = (
                read_text(body[head], f"{path}.{head}"),
                read_op(body, path, Op.EXISTS),
                read_value(body, path),
            )
            if head == "trait":
                return TraitClause(key=name, op=op or Op.EXISTS, value=value)
            return TagClause(tag=name, op=op or Op.EXISTS, value=value)


def _event(body: Mapping[str, object], path: str) -> EventClause:
    measure = Measure.DID
    if "measure" in body:
        measure = Measure(read_word(body["measure"], tuple(Measure), f"{path}.measure", "measure"))
    return EventClause(
        event=read_text(body["event"], f"{path}.event"),
        measure=measure,
        of=read_text(body["of"], f"{path}.of") if "of" in body else "",
        op=read_op(body, path, None),
        value=read_value(body, path),
        within=read_window(body["within"], f"{path}.within") if "within" in body else None,
        where=_filters(body.get("where", ()), f"{path}.where"),
        gap=_optional(body, "gap", path),
    )


def _optional(body: Mapping[str, object], name: str, path: str) -> str:
    return read_text(body[name], f"{path}.{name}") if name in body else ""


def _sequence(body: Mapping[str, object], path: str) -> SequenceClause:
    steps = read_list(body["sequence"], f"{path}.sequence", "a list of steps")
    return SequenceClause(
        steps=tuple(_step(step, f"{path}.sequence[{i}]") for i, step in enumerate(steps)),
        span=_optional(body, "span", path),
        same=_optional(body, "same", path),
        within=read_window(body["within"], f"{path}.within") if "within" in body else None,
        then_not=_quiet(body["then_not"], f"{path}.then_not") if "then_not" in body else None,
    )


def _step(document: object, path: str) -> Step:
    body = read_mapping(document, path, "event, where, within, without")
    refuse_others(body, ("event", "where", "within", "without"), path)
    without = read_list(body.get("without", ()), f"{path}.without", "a list of {event, where}")
    barred = []
    for position, each in enumerate(without):
        place = f"{path}.without[{position}]"
        one = read_mapping(each, place, "event, where")
        refuse_others(one, ("event", "where"), place)
        barred.append(_pick(one, place))
    return Step(pick=_pick(body, path), within=_optional(body, "within", path), without=tuple(barred))


def _quiet(document: object, path: str) -> Quiet:
    body = read_mapping(document, path, "event, where, within")
    refuse_others(body, ("event", "where", "within"), path)
    return Quiet(pick=_pick(body, path), within=_optional(body, "within", path))


def _pick(body: Mapping[str, object], path: str) -> EventPick:
    if "event" not in body:
        raise invalid("missing_field", "an event is needed", field=f"{path}.event", allowed="the name of an event")
    event = read_text(body["event"], f"{path}.event")
    return EventPick(event=event, where=_filters(body.get("where", ()), f"{path}.where"))


def _filters(documents: object, path: str) -> tuple[PropertyFilter, ...]:
    filters = []
    for position, each in enumerate(read_list(documents, path, "a list of {property, op, value}")):
        place = f"{path}[{position}]"
        body = read_mapping(each, place, "property, op, value")
        refuse_others(body, ("property", "op", "value"), place)
        if "property" not in body:
            raise invalid("missing_field", "a filter names a property", field=f"{place}.property", allowed="a name")
        op = read_op(body, place, Op.EXISTS) or Op.EXISTS
        name = read_text(body["property"], f"{place}.property")
        filters.append(PropertyFilter(property=name, op=op, value=read_value(body, place)))
    return tuple(filters)
