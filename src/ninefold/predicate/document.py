"""Conditions as documents: reading the JSON/YAML form into a tree and writing it back. Pure.

Reading refuses what it does not know, naming the field, what was got and what is allowed. YAML's own dates are
taken as the text they stand for.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import assert_never

from ninefold.base import Error, did_you_mean, invalid

from .forms import op_words, show
from .model import (
    CLAUSES_MAX,
    DEPTH_MAX,
    AllOf,
    AnyOf,
    Before,
    Between,
    Calendar,
    Clause,
    Condition,
    During,
    EventClause,
    Everyone,
    Last,
    Measure,
    Not,
    Op,
    Operand,
    PropertyFilter,
    Scalar,
    SegmentClause,
    Since,
    TagClause,
    TraitClause,
    Window,
)
from .rules import filter_problems, structure_problems, window_problems
from .windows import SPAN_ALLOWED, read_span

_HEADS: dict[str, tuple[str, ...]] = {
    "all": (),
    "any": (),
    "not": (),
    "everyone": (),
    "trait": ("op", "value"),
    "tag": ("op", "value"),
    "event": ("measure", "of", "op", "value", "within", "where"),
    "in_segment": (),
}
_SIGNS = {
    "=": Op.EQ,
    "==": Op.EQ,
    "is": Op.EQ,
    "equals": Op.EQ,
    "!=": Op.NE,
    "<>": Op.NE,
    "is_not": Op.NE,
    ">": Op.GT,
    ">=": Op.GTE,
    "ge": Op.GTE,
    "<": Op.LT,
    "<=": Op.LTE,
    "le": Op.LTE,
    "regex": Op.MATCHES,
    "~": Op.MATCHES,
}
_WINDOWS: tuple[tuple[str, ...], ...] = (("last",), ("calendar",), ("from", "to"), ("since",), ("before",))
_WINDOW_ALLOWED = "{last: 30d}, {calendar: this_month}, {from: ..., to: ...}, {since: ...} or {before: ...}"
_NODE_ALLOWED = "one of " + ", ".join(_HEADS)


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
    window = _window(document, path)
    for problem in window_problems(window, path):
        raise problem.error()
    return window


def to_document(condition: Condition) -> dict[str, object]:
    """The document of a tree; `parse` gives the tree back.

    >>> to_document(EventClause(event="order", within=Last(span="30d")))
    {'event': 'order', 'measure': 'did', 'within': {'last': '30d'}}
    """
    match condition:
        case AllOf(parts=parts):
            return {"all": [to_document(part) for part in parts]}
        case AnyOf(parts=parts):
            return {"any": [to_document(part) for part in parts]}
        case Not(part=part):
            return {"not": to_document(part)}
        case _:
            return _clause_document(condition)


def _clause_document(clause: Clause) -> dict[str, object]:
    match clause:
        case Everyone():
            return {"everyone": True}
        case SegmentClause(segment=segment):
            return {"in_segment": segment}
        case TraitClause(key=name):
            return {"trait": name, **_comparison(clause.op, clause.value)}
        case TagClause(tag=name):
            return {"tag": name, **_comparison(clause.op, clause.value)}
        case EventClause():
            return _event_document(clause)
        case _:
            assert_never(clause)


def _event_document(clause: EventClause) -> dict[str, object]:
    document: dict[str, object] = {"event": clause.event, "measure": clause.measure.value}
    if clause.of:
        document["of"] = clause.of
    document |= _comparison(clause.op, clause.value)
    if clause.within is not None:
        document["within"] = _window_document(clause.within)
    if clause.where:
        document["where"] = [{"property": f.property, **_comparison(f.op, f.value)} for f in clause.where]
    return document


def _comparison(op: Op | None, value: Operand) -> dict[str, object]:
    document: dict[str, object] = {} if op is None else {"op": op.value}
    if value is not None:
        document["value"] = list(value) if isinstance(value, tuple) else value
    return document


def _window_document(window: Window) -> dict[str, object]:
    match window:
        case Last(span=span):
            return {"last": span}
        case During(calendar=calendar):
            return {"calendar": calendar.value}
        case Between(start=start, end=end):
            return {"from": start, "to": end}
        case Since(start=start):
            return {"since": start}
        case Before(end=end):
            return {"before": end}
        case _:
            assert_never(window)


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
        body = _mapping(document, path, _NODE_ALLOWED)
        head = _head(body, path)
        _no_others(body, (head, *_HEADS[head]), path)
        return self._read(head, body, path, depth)

    def _read(self, head: str, body: Mapping[str, object], path: str, depth: int) -> Condition:
        match head:
            case "all" | "any":
                items = _sequence(body[head], f"{path}.{head}", "a list of conditions")
                parts = tuple(self.node(each, f"{path}.{head}[{i}]", depth + 1) for i, each in enumerate(items))
                return AllOf(parts=parts) if head == "all" else AnyOf(parts=parts)
            case "not":
                return Not(part=self.node(body["not"], f"{path}.not", depth + 1))
            case _:
                return _clause(head, body, path)


def _head(body: Mapping[str, object], path: str) -> str:
    heads = [name for name in _HEADS if name in body]
    if len(heads) == 1:
        return heads[0]
    if heads:
        raise _wrong("two_conditions", "two conditions in one", path, ", ".join(heads), 'a list under "all" or "any"')
    near = next((hint for name in body if (hint := did_you_mean(name, _HEADS))), "")
    raise invalid(
        "unknown_condition", "not a condition", field=path, got=show(", ".join(body)), allowed=_NODE_ALLOWED, hint=near
    )


def _clause(head: str, body: Mapping[str, object], path: str) -> Clause:
    match head:
        case "everyone":
            if body["everyone"] is not True:
                raise _wrong("bad_everyone", "everyone takes true", f"{path}.everyone", body["everyone"], "true")
            return Everyone()
        case "in_segment":
            return SegmentClause(segment=_text(body["in_segment"], f"{path}.in_segment"))
        case "event":
            return _event(body, path)
        case _:
            name, op, value = _text(body[head], f"{path}.{head}"), _op(body, path, Op.EXISTS), _value(body, path)
            if head == "trait":
                return TraitClause(key=name, op=op or Op.EXISTS, value=value)
            return TagClause(tag=name, op=op or Op.EXISTS, value=value)


def _event(body: Mapping[str, object], path: str) -> EventClause:
    measure = Measure.DID
    if "measure" in body:
        measure = Measure(_word(body["measure"], tuple(Measure), f"{path}.measure", "measure"))
    return EventClause(
        event=_text(body["event"], f"{path}.event"),
        measure=measure,
        of=_text(body["of"], f"{path}.of") if "of" in body else "",
        op=_op(body, path, None),
        value=_value(body, path),
        within=_window(body["within"], f"{path}.within") if "within" in body else None,
        where=_filters(body.get("where", ()), f"{path}.where"),
    )


def _filters(documents: object, path: str) -> tuple[PropertyFilter, ...]:
    filters = []
    for position, each in enumerate(_sequence(documents, path, "a list of {property, op, value}")):
        place = f"{path}[{position}]"
        body = _mapping(each, place, "property, op, value")
        _no_others(body, ("property", "op", "value"), place)
        if "property" not in body:
            raise invalid("missing_field", "a filter names a property", field=f"{place}.property", allowed="a name")
        op = _op(body, place, Op.EXISTS) or Op.EXISTS
        name = _text(body["property"], f"{place}.property")
        filters.append(PropertyFilter(property=name, op=op, value=_value(body, place)))
    return tuple(filters)


def _window(document: object, path: str) -> Window:
    if isinstance(document, str):  # the short forms: 30d, this_month
        if document in {each.value for each in Calendar}:
            return During(calendar=Calendar(document))
        if read_span(document) is None:
            allowed = f"{SPAN_ALLOWED}; {', '.join(Calendar)}; or {_WINDOW_ALLOWED}"
            hint = did_you_mean(document, Calendar)
            raise invalid("bad_window", "not a window", field=path, got=show(document), allowed=allowed, hint=hint)
        return Last(span=document)
    body = _mapping(document, path, _WINDOW_ALLOWED)
    _no_others(body, tuple(name for names in _WINDOWS for name in names), path)
    if tuple(sorted(body)) not in _WINDOWS:
        raise _wrong("bad_window", "not a window", path, ", ".join(body), _WINDOW_ALLOWED)
    moments = {name: _moment(value, f"{path}.{name}") for name, value in body.items()}
    builders: dict[str, Callable[[], Window]] = {
        "last": lambda: Last(span=moments["last"]),
        "calendar": lambda: During(
            calendar=Calendar(_word(moments["calendar"], tuple(Calendar), f"{path}.calendar", "calendar window"))
        ),
        "from": lambda: Between(start=moments["from"], end=moments["to"]),
        "since": lambda: Since(start=moments["since"]),
        "before": lambda: Before(end=moments["before"]),
    }
    return builders[min(body)]()


def _op(body: Mapping[str, object], path: str, default: Op | None) -> Op | None:
    if "op" not in body:
        if default is not None and body.get("value") is not None:
            raise invalid("missing_field", "a value needs an operator", field=f"{path}.op", allowed=op_words(Op))
        return default
    word = body["op"]
    if isinstance(word, str) and word not in {op.value for op in Op} and word in _SIGNS:
        hint = f'did you mean "{_SIGNS[word].value}"?'
        raise invalid("unknown_op", "unknown op", field=f"{path}.op", got=word, allowed=op_words(Op), hint=hint)
    return Op(_word(word, tuple(Op), f"{path}.op", "op"))


def _value(body: Mapping[str, object], path: str) -> Operand:
    value = body.get("value")
    place = f"{path}.value"
    if value is None:
        return None
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return tuple(_scalar(each, f"{place}[{position}]") for position, each in enumerate(value))
    return _scalar(value, place)


def _scalar(value: object, path: str) -> Scalar:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | bool | int | float):
        return value
    raise _wrong("bad_value", "not a value", path, value, "a text, a number, true or false")


def _moment(value: object, path: str) -> str:
    return value.isoformat() if isinstance(value, date) else _text(value, path)


def _text(value: object, path: str) -> str:
    if isinstance(value, str):
        return value
    hint = "put it in quotes" if isinstance(value, int | float) else ""
    raise invalid("not_a_text", "a text is needed", field=path, got=show(value), allowed="a text", hint=hint)


def _word(value: object, words: Sequence[str], path: str, what: str) -> str:
    text = _text(value, path)
    if text not in words:
        hint, allowed = did_you_mean(text, words), ", ".join(words)
        code = f"unknown_{what.replace(' ', '_')}"
        raise invalid(code, f"unknown {what}", field=path, got=show(text), allowed=allowed, hint=hint)
    return text


def _mapping(value: object, path: str, allowed: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise _wrong("not_a_mapping", "fields by name are needed here", path, value, allowed)
    return value


def _sequence(value: object, path: str, allowed: str) -> Sequence[object]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise _wrong("not_a_list", "a list is needed", path, value, allowed)
    return value


def _no_others(body: Mapping[str, object], allowed: Sequence[str], path: str) -> None:
    for name in body:
        if name not in allowed:
            hint = did_you_mean(name, allowed)
            field = f"{path}.{show(name)}"
            words = ", ".join(allowed)
            raise invalid("unknown_field", "unknown field", field=field, got=show(name), allowed=words, hint=hint)


def _wrong(code: str, message: str, path: str, got: object, allowed: str) -> Error:
    return invalid(code, message, field=path, got=show(got), allowed=allowed)
