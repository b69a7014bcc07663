"""The types of planned properties, free of any language."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from ninefold.collect.plans.model import Plan, PlannedEvent
from ninefold.collect.plans.shape import resolved

_DEEPEST = 8
_EDGE = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One of the JSON types: string, number, integer, boolean, null, or any."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One of these values."""

    values: tuple[str | float | bool | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of values of a type."""

    item: "Type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A property: its name, type, whether it must be there, what it means."""

    name: str
    type: "Type"
    required: bool
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """An object with fields; open when it may have others."""

    fields: tuple[Field, ...]
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """One of several types."""

    types: tuple["Type", ...]


Type: TypeAlias = Scalar | Values | Listing | Object | Either
ANY = Scalar(name="any")


def event_type(plan: Plan, planned: PlannedEvent) -> Object:
    """The properties of a planned event, those that the plan asks of every event included."""
    own = _read(planned.schema, planned.schema, _DEEPEST)
    common = _read(plan.common, plan.common, _DEEPEST) if plan.common and planned.event != "$identify" else None
    parts = [part for part in (common, own) if isinstance(part, Object)]
    fields: dict[str, Field] = {}
    for part in parts:
        for field in part.fields:
            fields[field.name] = field
    return Object(fields=tuple(fields.values()), open=any(part.open for part in parts) or not fields)


def _read(schema: object, root: Mapping[str, object], room: int) -> Type:
    if not isinstance(schema, Mapping) or room <= 0:
        return ANY
    if isinstance(reference := schema.get("$ref"), str):
        return _read(resolved(reference, root), root, room - 1)
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(values, Sequence) and not isinstance(values, str):
        return _values(values)
    kinds = schema.get("type", "object" if "properties" in schema or "required" in schema else "any")
    if isinstance(kinds, Sequence) and not isinstance(kinds, str):
        return Either(types=tuple(_of_kind(str(kind), schema, root, room) for kind in kinds))
    return _of_kind(str(kinds), schema, root, room)


def _values(values: Sequence[object]) -> Type:
    plain = [one for one in values if one is None or isinstance(one, str | int | float | bool)]
    return Values(values=tuple(cast("list[str | float | bool | None]", plain))) if len(plain) == len(values) else ANY


def _of_kind(kind: str, schema: Mapping[str, object], root: Mapping[str, object], room: int) -> Type:
    if kind == "array":
        return Listing(item=_read(schema.get("items", {}), root, room - 1))
    if kind != "object":
        return Scalar(name=kind)
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    named = list(map(str, required)) if isinstance(required, Sequence) and not isinstance(required, str) else []
    known = dict(properties) if isinstance(properties, Mapping) else {}
    for name in named:
        known.setdefault(name, {})
    fields = tuple(
        Field(
            name=str(name),
            type=_read(one, root, room - 1),
            required=name in named,
            description=str(one.get("description", "")) if isinstance(one, Mapping) else "",
        )
        for name, one in known.items()
    )
    return Object(fields=fields, open=bool(schema.get("additionalProperties", False)) or not fields)


def words(text: str, fallback: str) -> list[str]:
    """The words of a name, for identifiers: letters and digits of the Latin alphabet only.

    >>> words("Order Completed", "order")
    ['Order', 'Completed']
    >>> words("加购", "added_to_cart")
    ['added', 'to', 'cart']
    """
    found = [word for word in _EDGE.split(text) if word]
    return found if found and found[0][0].isalpha() else [word for word in fallback.split("_") if word]


def one_line(text: str) -> str:
    """Free text as part of a comment: no line breaks, nothing that ends the comment."""
    return " ".join(text.split()).replace("*/", "* /").replace('"""', "'''").replace("\\", "/")[:300]
