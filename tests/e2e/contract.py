"""What ``GET /v1/status`` must answer so that the console can draw it."""

from typing import Any

from jsonschema import Draft202012Validator

_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
_COUNT = {"type": "integer", "minimum": 0}
_NUMBER = {"type": ["number", "null"]}
_SHARE = {"type": ["number", "null"], "minimum": 0, "maximum": 1}


def _object(**properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_WORDS = _object(en={"type": "string"}, zh={"type": "string"})
_FIGURE = _object(
    key={"type": "string"}, label=_WORDS, value={}, kind={"enum": ["count", "money", "share", "seconds", "text"]}
)
_FIGURE |= {
    "if": {"properties": {"kind": {"const": "money"}}},
    "then": {"required": ["currency"], "properties": {"value": {"type": ["integer", "null"]}}},  # minor units
    "else": {
        "if": {"properties": {"kind": {"const": "text"}}},
        "then": {"properties": {"value": {"type": ["string", "object", "null"]}}},
        "else": {"properties": {"value": _NUMBER}},
    },
}
_STEP = _object(
    number={"type": "integer", "minimum": 1, "maximum": 9},
    key={"type": "string"},
    state={"enum": ["ok", "idle", "attention"]},
    note=_WORDS,
    figures={"type": "array", "maxItems": 5, "items": _FIGURE},
)
_LIFT = {"anyOf": [{"type": "null"}, _object(value=_NUMBER, low=_NUMBER, high=_NUMBER)]}
_REPORT = _object(
    campaign={"type": "string"},
    name=_WORDS,
    treated=_COUNT,
    control=_COUNT,
    conversion_treated=_SHARE,
    conversion_control=_SHARE,
    lift_absolute=_LIFT,
    lift_relative=_LIFT,
    incremental_revenue=_object(
        value_minor=_NUMBER, low_minor=_NUMBER, high_minor=_NUMBER, currency={"type": "string", "pattern": "^[A-Z]{3}$"}
    ),
    cost_minor=_NUMBER,
    p_value=_SHARE,
    sample_ratio_ok={"type": ["boolean", "null"]},
)
STATUS = _object(
    as_of=_TIME,
    version={"type": "string"},
    brand={"type": "string"},
    language={"enum": ["en", "zh"]},
    health=_object(records={"type": "string"}, events={"type": "string"})
    | {"additionalProperties": {"type": "string"}},
    steps={"type": "array", "minItems": 9, "maxItems": 9, "items": _STEP},
    activity={"type": "array", "maxItems": 30, "items": _object(minute=_TIME, events=_COUNT)},
    running={
        "type": "array",
        "items": _object(
            kind={"enum": ["import", "connector", "segment", "campaign"]},
            name={"type": "string"},
            done=_COUNT,
            total={"type": ["integer", "null"], "minimum": 0},
            since=_TIME,
        ),
    },
    report={"anyOf": [{"type": "null"}, _REPORT]},
)


def problems(document: dict[str, Any]) -> list[str]:
    """Where a status departs from what the console draws; empty if nowhere."""
    found = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in Draft202012Validator(STATUS).iter_errors(document)
    ]
    numbers = [step.get("number") for step in document.get("steps", [])]
    if numbers != list(range(1, 10)):
        found.append(f"steps: numbered {numbers}")
    for step in document.get("steps", []):
        keys = [figure.get("key") for figure in step.get("figures", [])]
        if len(keys) != len(set(keys)):
            found.append(f"steps/{step.get('number')}: a key of a figure stands twice in {keys}")
    return found
