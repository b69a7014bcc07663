"""The JSON Schema of condition documents, for editors, forms and API descriptions. Pure.

It says what `parse` accepts, but for what a schema cannot say: RE2 syntax, the order of two moments, and limits on
depth and number of clauses.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from .anniversaries import DAYS_PATTERN
from .model import (
    AGGREGATES,
    ANNIVERSARY_OPS,
    COUNTS,
    EDGES,
    FILTERS_MAX,
    FULL_MAX,
    LIST_MAX,
    LIST_OPS,
    NAME_MAX,
    NUMBER_FIELDS,
    NUMBER_OPS,
    PATTERN_MAX,
    PEOPLE_MAX,
    PRESENCE_OPS,
    STEPS_MAX,
    TEXT_FIELDS,
    TEXT_MAX,
    TEXT_OPS,
    TIME_FIELD,
    TIME_OPS,
    VALUE_OPS,
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
            "condition": {"oneOf": [*_groups(), *_limits(), *_clauses()]},
            "within": _window(),
            "filter": {"oneOf": _filters()},
            "pick": _closed({"event": _NAME, **_where()}, ["event"]),
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


def _where() -> dict[str, Schema]:
    return {"where": {"type": "array", "items": {"$ref": "#/$defs/filter"}, "maxItems": FILTERS_MAX}}


def _limits() -> list[Schema]:
    lot: Schema = _closed({"random": {"type": "string", "minLength": 1, "maxLength": TEXT_MAX}}, ["random"])
    people: Schema = {"type": "integer", "minimum": 1, "maximum": PEOPLE_MAX}
    share: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
    return [
        _closed({"limit": people, "of": _NODE, "by": {"oneOf": [lot, *_ranks()]}}, ["limit", "of", "by"],
                "So many of them: by lot, or with the highest or lowest figure."),
        _closed({"share": share, "of": _NODE, "by": lot}, ["share", "of", "by"], "Each of them with a chance."),
    ]  # fmt: skip


def _ranks() -> list[Schema]:
    within: dict[str, Schema] = {"within": {"$ref": "#/$defs/within"}, **_where()}
    taken: Schema = {"enum": [each.value for each in Measure if each in AGGREGATES | EDGES | {Measure.DISTINCT}]}
    counted: Schema = {"enum": [each.value for each in Measure if each in COUNTS - {Measure.DISTINCT}]}
    figure: Schema = {"oneOf": [
        _closed({"trait": _NAME}, ["trait"]),
        _closed({"tag": _NAME}, ["tag"]),
        _closed({"event": _NAME, "measure": counted, **within}, ["event", "measure"]),
        _closed({"event": _NAME, "measure": taken, "of": _NAME, **within}, ["event", "measure", "of"]),
    ]}  # fmt: skip
    return [_closed({word: figure}, [word]) for word in ("highest", "lowest")]


def _sequence() -> list[Schema]:
    step: dict[str, Schema] = {"event": _NAME, **_where()}
    barred: Schema = {"type": "array", "items": {"$ref": "#/$defs/pick"}}
    later = _closed({**step, "within": _SPAN_TEXT, "without": barred}, ["event"])
    rest: dict[str, Schema] = {
        "span": _SPAN_TEXT,
        "same": {"not": {"enum": sorted({TIME_FIELD, *NUMBER_FIELDS})}, **_NAME},
        "within": {"$ref": "#/$defs/within"},
    }
    then_not = _closed({**step, "within": _SPAN_TEXT}, ["event", "within"])

    def steps(least: int) -> Schema:
        first: Schema = {"$ref": "#/$defs/pick"}
        return {"type": "array", "prefixItems": [first], "items": later, "minItems": least, "maxItems": STEPS_MAX}

    return [
        _closed({"sequence": steps(2), **rest}, ["sequence"]),
        _closed({"sequence": steps(1), **rest, "then_not": then_not}, ["sequence", "then_not"]),
    ]


def _clauses() -> list[Schema]:
    every_op = frozenset(Op)  # of stored values; properties and figures have no anniversaries
    return [
        _closed({"everyone": {"const": True}}, ["everyone"], "True for every person."),
        _closed({"in_segment": _NAME}, ["in_segment"], "Member of the segment's latest version."),
        {"description": "A trait's latest value.", "oneOf": _compared({"trait": _NAME}, every_op)},
        {"description": "A tag's current value.", "oneOf": _compared({"tag": _NAME}, every_op)},
        {"description": "A person's events of one name.", "oneOf": _events()},
        {"description": "Events in an order.", "oneOf": _sequence()},
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
        (ops & ANNIVERSARY_OPS, {**_TEXT, "pattern": DAYS_PATTERN}),
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
    counted: Schema = {"enum": [each.value for each in Measure if each in COUNTS - {Measure.DISTINCT}]}
    own: Schema = {"not": {"const": TIME_FIELD}, **_NAME}
    first_time: Schema = {"const": Measure.FIRST_TIME.value}
    resumed: Schema = {"const": Measure.RESUMED.value}
    numeric: Schema = {"not": {"enum": sorted({*TEXT_FIELDS, TIME_FIELD})}, **_NAME}
    figures: Schema = {"enum": [each.value for each in Measure if each in AGGREGATES]}
    edges: Schema = {"enum": [Measure.FIRST.value, Measure.LAST.value]}
    return [
        _closed({"event": _NAME, "measure": done, **rest}, ["event"]),
        _closed({"event": _NAME, "measure": first_time, **rest}, ["event", "measure", "within"]),
        _closed({"event": _NAME, "measure": resumed, "gap": _SPAN_TEXT, **rest}, ["event", "measure", "gap"]),
        *_numeric({"event": _NAME, "measure": counted}, rest),
        *_numeric({"event": _NAME, "measure": {"const": Measure.DISTINCT.value}, "of": own}, rest),
        *_numeric({"event": _NAME, "measure": figures, "of": numeric}, rest),
        *_compared({"event": _NAME, "measure": edges, "of": {"const": TIME_FIELD}}, TIME_OPS, rest),
        *_numeric({"event": _NAME, "measure": edges, "of": _NUMBER_FIELD}, rest),
        *_textual({"event": _NAME, "measure": edges, "of": _TEXT_FIELD}, rest),
        *_compared({"event": _NAME, "measure": edges, "of": _OWN}, VALUE_OPS - PRESENCE_OPS, rest),
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
        *_compared({"property": _OWN}, VALUE_OPS),
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
            *(
                _closed(
                    {"full": {"const": unit.value}, "count": {"type": "integer", "minimum": 1, "maximum": most}},
                    ["full", "count"],
                )
                for unit, most in FULL_MAX.items()
            ),
        ],
    }
