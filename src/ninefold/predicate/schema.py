"""The JSON Schema of condition documents, for editors, forms and API descriptions. Pure.

It says what `parse` accepts, but for what a schema cannot say: RE2 syntax, the order of two moments, and limits on
depth and number of clauses.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from .model import (
    AGGREGATES,
    FILTERS_MAX,
    LIST_MAX,
    LIST_OPS,
    NAME_MAX,
    NUMBER_FIELDS,
    NUMBER_OPS,
    PATTERN_MAX,
    PRESENCE_OPS,
    TEXT_FIELDS,
    TEXT_MAX,
    TEXT_OPS,
    TIME_FIELD,
    TIME_OPS,
    Calendar,
    Measure,
    Op,
)

Schema: TypeAlias = dict[str, object]

_SPAN = r"^[1-9][0-9]{0,7}[mhdw]$"
_MOMENT = (
    r"^(19|2[0-2])[0-9]{2}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$"
)
_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": NAME_MAX}
_TEXT: Schema = {"type": "string", "maxLength": TEXT_MAX}
_NUMBER: Schema = {"type": "number", "exclusiveMinimum": -1e300, "exclusiveMaximum": 1e300}
_SCALAR: Schema = {"anyOf": [_TEXT, _NUMBER, {"type": "boolean"}]}
_SPAN_TEXT: Schema = {"type": "string", "pattern": _SPAN}
_MOMENT_TEXT: Schema = {"type": "string", "pattern": _MOMENT}
_NUMBER_FIELD: Schema = {"enum": sorted(NUMBER_FIELDS)}
_TEXT_FIELD: Schema = {"enum": sorted(TEXT_FIELDS)}
_OWN: Schema = {"not": {"enum": sorted({TIME_FIELD, *NUMBER_FIELDS, *TEXT_FIELDS})}, **_NAME}
_NODE: Schema = {"$ref": "#/$defs/condition"}
_EQUAL_OPS = frozenset({Op.EQ, Op.NE})
_SPAN_OPS = frozenset({Op.WITHIN_LAST, Op.NOT_WITHIN_LAST})


def json_schema() -> Schema:
    """The schema (draft 2020-12) as a document of its own.

    >>> json_schema()["$ref"]
    '#/$defs/condition'
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ninefold condition",
        "description": "What is asked about a person.",
        "$ref": "#/$defs/condition",
        "$defs": {
            "condition": {"oneOf": [*_groups(), *_clauses()]},
            "within": _window(),
            "filter": {"oneOf": _filters()},
        },
    }


def _closed(properties: Mapping[str, Schema], required: Iterable[str], description: str = "") -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
    return {"description": description, **schema} if description else schema


def _groups() -> list[Schema]:
    parts: Schema = {"type": "array", "items": _NODE, "minItems": 1}
    return [
        _closed({"all": parts}, ["all"], "True where every condition is."),
        _closed({"any": parts}, ["any"], "True where at least one condition is."),
        _closed({"not": _NODE}, ["not"], "True for everyone for whom the condition is not."),
    ]


def _clauses() -> list[Schema]:
    every_op = frozenset(Op)
    return [
        _closed({"everyone": {"const": True}}, ["everyone"], "True for every person."),
        _closed({"in_segment": _NAME}, ["in_segment"], "Member of the segment's latest version."),
        {"description": "A trait's latest value.", "oneOf": _compared({"trait": _NAME}, every_op)},
        {"description": "A tag's current value.", "oneOf": _compared({"tag": _NAME}, every_op)},
        {"description": "A person's events of one name.", "oneOf": _events()},
    ]


def _compared(head: Mapping[str, Schema], ops: frozenset[Op], rest: Mapping[str, Schema] | None = None) -> list[Schema]:
    """One closed object per form of value that the operators take; without an operator it is "exists"."""
    rest = dict(rest or {})
    forms = [
        (ops & _EQUAL_OPS, _SCALAR),
        (ops & {Op.GT, Op.GTE, Op.LT, Op.LTE}, _NUMBER),
        (ops & {Op.BETWEEN}, {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}),
        (ops & LIST_OPS, _lists()),
        (ops & {Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS_WITH, Op.ENDS_WITH}, {**_TEXT, "minLength": 1}),
        (ops & {Op.MATCHES}, {"type": "string", "minLength": 1, "maxLength": PATTERN_MAX}),
        (ops & _SPAN_OPS, _SPAN_TEXT),
        (ops & {Op.BEFORE, Op.AFTER}, _MOMENT_TEXT),
    ]
    required = [*head, "op", "value"]
    found = [
        _closed({**head, "op": _one_of(chosen), "value": value, **rest}, required) for chosen, value in forms if chosen
    ]
    if presence := ops & PRESENCE_OPS:
        found.append(_closed({**head, "op": _one_of(presence), "value": {"type": "null"}, **rest}, list(head)))
    return found


def _lists() -> Schema:
    size: Schema = {"type": "array", "minItems": 1, "maxItems": LIST_MAX}
    return {"anyOf": [{**size, "items": _TEXT}, {**size, "items": _NUMBER}]}


def _one_of(ops: Iterable[Op]) -> Schema:
    chosen = frozenset(ops)
    return {"enum": [op.value for op in Op if op in chosen]}


def _events() -> list[Schema]:
    rest: dict[str, Schema] = {
        "within": {"$ref": "#/$defs/within"},
        "where": {"type": "array", "items": {"$ref": "#/$defs/filter"}, "maxItems": FILTERS_MAX},
    }
    done: Schema = {"enum": [Measure.DID.value, Measure.DID_NOT.value]}
    numeric: Schema = {"not": {"enum": sorted({*TEXT_FIELDS, TIME_FIELD})}, **_NAME}
    figures: Schema = {"enum": [each.value for each in Measure if each in AGGREGATES]}
    edges: Schema = {"enum": [Measure.FIRST.value, Measure.LAST.value]}
    return [
        _closed({"event": _NAME, "measure": done, **rest}, ["event"]),
        *_numeric({"event": _NAME, "measure": {"const": Measure.COUNT.value}}, rest),
        *_numeric({"event": _NAME, "measure": figures, "of": numeric}, rest),
        *_compared({"event": _NAME, "measure": edges, "of": {"const": TIME_FIELD}}, TIME_OPS, rest),
        *_numeric({"event": _NAME, "measure": edges, "of": _NUMBER_FIELD}, rest),
        *_textual({"event": _NAME, "measure": edges, "of": _TEXT_FIELD}, rest),
        *_compared({"event": _NAME, "measure": edges, "of": _OWN}, frozenset(Op) - PRESENCE_OPS, rest),
    ]


def _numeric(head: Mapping[str, Schema], rest: Mapping[str, Schema]) -> list[Schema]:
    """Comparisons of a figure: numbers only."""
    numbers: Schema = {"type": "array", "items": _NUMBER, "minItems": 1, "maxItems": LIST_MAX}
    pair: Schema = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}
    single = NUMBER_OPS - LIST_OPS - {Op.BETWEEN}
    forms = [(single, _NUMBER), (frozenset({Op.BETWEEN}), pair), (LIST_OPS, numbers)]
    required = [*head, "op", "value"]
    return [_closed({**head, "op": _one_of(ops), "value": value, **rest}, required) for ops, value in forms]


def _textual(head: Mapping[str, Schema], rest: Mapping[str, Schema]) -> list[Schema]:
    """Comparisons of a text: texts only."""
    texts: Schema = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": LIST_MAX}
    equal: Schema = _closed({**head, "op": _one_of(_EQUAL_OPS), "value": _TEXT, **rest}, [*head, "op", "value"])
    listed: Schema = _closed({**head, "op": _one_of(LIST_OPS), "value": texts, **rest}, [*head, "op", "value"])
    return [equal, listed, *_compared(head, TEXT_OPS - LIST_OPS - _EQUAL_OPS, rest)]


def _filters() -> list[Schema]:
    fields: Schema = {"enum": sorted(NUMBER_FIELDS | TEXT_FIELDS)}
    presence = _closed({"property": fields, "op": _one_of(PRESENCE_OPS), "value": {"type": "null"}}, ["property"])
    return [
        *_compared({"property": _OWN}, frozenset(Op)),
        *_compared({"property": {"const": TIME_FIELD}}, TIME_OPS),
        *_numeric({"property": _NUMBER_FIELD}, {}),
        *_textual({"property": _TEXT_FIELD}, {}),
        presence,
    ]


def _window() -> Schema:
    return {
        "description": "A span back from now, or a calendar window in the business zone, or moments.",
        "oneOf": [
            _SPAN_TEXT,
            {"enum": [each.value for each in Calendar]},
            _closed({"last": _SPAN_TEXT}, ["last"]),
            _closed({"calendar": {"enum": [each.value for each in Calendar]}}, ["calendar"]),
            _closed({"from": _MOMENT_TEXT, "to": _MOMENT_TEXT}, ["from", "to"]),
            _closed({"since": _MOMENT_TEXT}, ["since"]),
            _closed({"before": _MOMENT_TEXT}, ["before"]),
        ],
    }
