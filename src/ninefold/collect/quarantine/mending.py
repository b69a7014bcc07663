"""Mending: small steps that turn the JSON of a quarantined event into what its sender should have sent. Pure.

A place is a dotted path (``properties.price``, ``batch.0.userId``) or a JSON pointer (``/properties/unit.price``).
"""

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

import msgspec

from ninefold.base import Error, did_you_mean, invalid
from ninefold.collect.wires.body import repair

Op: TypeAlias = Literal["rename", "set", "default", "drop", "cast", "map"]
OPS: Mapping[str, tuple[str, ...]] = {
    "rename": ("path", "to"),
    "set": ("path", "value"),
    "default": ("path", "value"),
    "drop": ("path",),
    "cast": ("path", "type"),
    "map": ("path", "values"),
}
"""The steps with their fields: move, put, put where nothing is, take out, change the type, replace by a table."""

_TYPES = ("number", "text", "boolean")
_MOST = 100
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a mending.

    Attributes:
        op: what is done; see :data:`OPS`.
        path: keys and list positions that lead to the place.
        to: where it moves, of a rename.
        value: what is put.
        type: number, text or boolean, of a cast.
        values: new values by the text of the old ones, of a map.
    """

    op: Op
    path: tuple[str, ...]
    to: tuple[str, ...] = ()
    value: Any = None
    type: str = ""
    values: Mapping[str, Any] | None = None


def parse_steps(documents: Sequence[Mapping[str, object]]) -> tuple[Step, ...]:
    """The steps that documents describe.

    Raises:
        Error: invalid ``bad_mend``, naming the field.

    >>> parse_steps([{"op": "rename", "path": "properties.prce", "to": "properties.price"}])[0].to
    ('properties', 'price')
    """
    if len(documents) > _MOST:
        raise _bad("mend", "too many steps", len(documents), f"at most {_MOST}")
    return tuple(_step(document, f"mend[{k}]") for k, document in enumerate(documents))


def _bad(field: str, message: str, got: object, allowed: str, hint: str = "") -> Error:
    return invalid("bad_mend", message, field=field, got=got, allowed=allowed, hint=hint)


def _step(document: Mapping[str, object], at: str) -> Step:
    op = document.get("op")
    if op not in OPS:
        raise _bad(f"{at}.op", "not a step of a mending", op, ", ".join(OPS), did_you_mean(str(op), OPS))
    known = ("op", *OPS[str(op)])
    for name in document:
        if name not in known:
            raise _bad(f"{at}.{name}", f"{op} has no such field", name, ", ".join(known), did_you_mean(name, known))
    for name in known:
        if name not in document:
            raise _bad(f"{at}.{name}", f"{op} needs this field", "", ", ".join(known))
    kind, values = document.get("type", ""), document.get("values")
    if op == "cast" and kind not in _TYPES:
        raise _bad(f"{at}.type", "not a type to cast to", kind, ", ".join(_TYPES), did_you_mean(str(kind), _TYPES))
    if op == "map" and not isinstance(values, Mapping):
        raise _bad(f"{at}.values", "a table of values is needed here", values, "an object")
    return Step(
        op=cast("Op", op),
        path=_path(document["path"], f"{at}.path"),
        to=_path(document["to"], f"{at}.to") if op == "rename" else (),
        value=document.get("value"),
        type=str(kind),
        values=cast("Mapping[str, Any] | None", values),
    )


def _path(value: object, at: str) -> tuple[str, ...]:
    if not isinstance(value, str) or not value.strip("./") or len(value) > 1_000:
        raise _bad(at, "a path is needed here", value, "a dotted path or a JSON pointer")
    if value.startswith("/"):
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in value[1:].split("/"))
    return tuple(value.split("."))


def mend(raw: bytes, steps: Sequence[Step]) -> bytes:
    """The JSON of an event after all steps; broken text that real clients send is repaired first.

    A step whose place is not there does nothing, so that one list of steps serves many events.

    Raises:
        Error: invalid ``not_mended``, when the bytes are no JSON object or a value cannot become what a step asks for.

    >>> mend(b'{"properties": {"prce": "9.90"}}', parse_steps([
    ...     {"op": "rename", "path": "properties.prce", "to": "properties.price"},
    ...     {"op": "cast", "path": "properties.price", "type": "number"}]))
    b'{"properties":{"price":9.9}}'
    """
    try:
        value: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = msgspec.json.decode(repair(raw) or b"null")
    if not isinstance(value, dict | list):
        raise invalid("not_mended", "the entry holds no JSON object", field="raw", allowed="JSON of an event")
    for step in steps:
        _apply(value, step)
    return msgspec.json.encode(value)


def _apply(root: object, step: Step) -> None:
    holder, key = _holder(root, step.path, make=step.op in ("set", "default"))
    if holder is None:
        return
    there = _has(holder, key)
    if step.op == "set" or (step.op == "default" and not there):
        _put(holder, key, deepcopy(step.value))
    elif not there:
        return
    elif step.op == "drop":
        _take(holder, key)
    elif step.op == "rename":
        moved = _take(holder, key)  # first, so that a thing can move into a new object of its own name
        target, name = _holder(root, step.to, make=True)
        if target is None:
            holder, name = _holder(root, step.path, make=True)
            target = holder
        _put(target, name, moved)
    elif step.op == "cast":
        _put(holder, key, _cast(_get(holder, key), step))
    elif step.op == "map" and step.values is not None:
        old = _get(holder, key)
        text = old if isinstance(old, str) else msgspec.json.encode(old).decode()
        _put(holder, key, deepcopy(step.values.get(text, old)))


def _holder(root: object, path: tuple[str, ...], *, make: bool) -> tuple[Any, str]:
    """The object or list that holds a place, made on the way if asked; None when the way does not lead there."""
    node = root
    for part in path[:-1]:
        if isinstance(node, dict):
            if part not in node and make:
                node[part] = {}
            node = node.get(part)
        elif isinstance(node, list):
            node = node[int(part)] if part.isdecimal() and int(part) < len(node) else None
        else:
            return None, ""
    return (node if isinstance(node, dict | list) else None), path[-1]


def _has(holder: Any, key: str) -> bool:  # noqa: ANN401 - any JSON
    return key in holder if isinstance(holder, dict) else key.isdecimal() and int(key) < len(holder)


def _get(holder: Any, key: str) -> object:  # noqa: ANN401
    return holder[key] if isinstance(holder, dict) else holder[int(key)]


def _take(holder: Any, key: str) -> object:  # noqa: ANN401
    return holder.pop(key) if isinstance(holder, dict) else holder.pop(int(key))


def _put(holder: Any, key: str, value: object) -> None:  # noqa: ANN401
    if isinstance(holder, dict):
        holder[key] = value
    elif key.isdecimal() and int(key) < len(holder):
        holder[int(key)] = value
    elif key.isdecimal():
        holder.append(value)


def _cast(value: object, step: Step) -> object:
    if step.type == "text":
        if isinstance(value, str):
            return value
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _json(value)
    found: float | None
    if step.type == "boolean":
        found = value if isinstance(value, bool) else _FLAGS.get(str(value).strip().lower())
    else:
        found = _number(value)
    if found is None:
        raise invalid(
            "not_mended", f"the value cannot become a {step.type}", field=".".join(step.path), got=value,
            allowed="9.90, 1,299.00, ¥59" if step.type == "number" else "true, false, yes, no, 1, 0",
        )  # fmt: skip
    return found


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        return None
    text = value.strip().lstrip("¥￥$€£").replace(",", "").replace("，", "").strip()
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and "." not in text and abs(number) < 2**53 else number
