"""The documents ``kind: tracking-plan`` and ``kind: event``, to and from their values. Pure.

A wrong document is refused with the path of the field, what was got and what is allowed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ninefold.base import Error, did_you_mean, invalid

from .model import REPLIES, Fault, Plan, PlannedEvent, Reply, Schema
from .rules import check_schema

PLAN_KIND = "tracking-plan"
EVENT_KIND = "event"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
_HEAD = ("kind", "key", "name", "owner", "purpose", "description")
_REPLIES = tuple(fault.value for fault in Fault)
_PLAN = (*_HEAD, "sources", "common", *_REPLIES)
_EVENT = (*_HEAD, "event", "plans", "schema", *_REPLIES)
_LENGTH = 255

Document = Mapping[str, object]


def parse_plan(document: Document, *, version: int = 0) -> Plan:
    """The plan that a document describes, yet without events.

    Raises:
        Error: invalid ``bad_plan``, naming the field.

    >>> parse_plan({"key": "shop", "invalid": "block"}).replies[Fault.INVALID].value
    'block'
    """
    _known(document, _PLAN, PLAN_KIND)
    common = _schema(document.get("common", {}), "common")
    return Plan(
        key=_key(document.get("key"), "key"),
        sources=_keys(document.get("sources", ()), "sources"),
        replies=dict.fromkeys(Fault, Reply.ALLOW) | _replies(document),
        common=common,
        events={},
        version=version,
    )


def parse_event(document: Document, *, version: int = 0) -> PlannedEvent:
    """The planned event that a document describes.

    Raises:
        Error: invalid ``bad_plan``, naming the field.

    >>> parse_event({"key": "seen", "event": "Product Viewed", "schema": {"required": ["sku"]}}).plans
    ('default',)
    """
    _known(document, _EVENT, EVENT_KIND)
    key = _key(document.get("key"), "key")
    name = document.get("event")
    if not isinstance(name, str) or not name.strip() or len(name) > _LENGTH:
        allowed = f"1 to {_LENGTH} characters, exactly as sent"
        raise _bad("event", "a planned event needs the event's name", name, allowed)
    name_en, name_zh = _names(document.get("name", name))
    return PlannedEvent(
        key=key,
        event=name,
        plans=_keys(document.get("plans", ("default",)), "plans") or ("default",),
        schema=_schema(document.get("schema", {}), "schema"),
        replies=_replies(document),
        name_en=name_en,
        name_zh=name_zh,
        owner=_text(document.get("owner", ""), "owner"),
        description=_text(document.get("description", ""), "description"),
        version=version,
    )


def event_document(planned: PlannedEvent) -> dict[str, Any]:
    """The document that :func:`parse_event` turns back into the planned event."""
    plain: dict[str, Any] = {
        "kind": EVENT_KIND,
        "key": planned.key,
        "name": {"en": planned.name_en, "zh": planned.name_zh},
        "owner": planned.owner,
        "description": planned.description,
        "event": planned.event,
        "plans": list(planned.plans),
        "schema": dict(planned.schema),
        **{fault.value: reply.value for fault, reply in planned.replies.items()},
    }
    return {name: value for name, value in plain.items() if value not in ("", [], {}, None)}


def _bad(path: str, message: str, got: object, allowed: str, hint: str = "") -> Error:
    return invalid("bad_plan", message, field=path, got=got, allowed=allowed, hint=hint)


def _known(document: object, allowed: Sequence[str], kind: str) -> None:
    if not isinstance(document, Mapping):
        raise _bad(kind, f"a {kind} document is an object with fields", type(document).__name__, ", ".join(allowed))
    for name in document:
        if name not in allowed:
            hint = did_you_mean(str(name), allowed)
            raise _bad(str(name), f"unknown field of a {kind} document", name, ", ".join(allowed), hint)
    if document.get("kind", kind) != kind:
        raise _bad("kind", f"this is not a {kind} document", document["kind"], kind)


def _key(value: object, path: str) -> str:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        allowed = "lower case letters, digits and _, beginning with a letter, at most 63"
        raise _bad(path, "a key is needed here", "" if value is None else value, allowed)
    return value


def _keys(value: object, path: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _bad(path, "a list is needed here", value, "a list of keys")
    for i, one in enumerate(value):
        if not isinstance(one, str) or not one or len(one) > _LENGTH:
            raise _bad(f"{path}[{i}]", "a key is needed here", one, "text")
    return tuple(dict.fromkeys(cast("Sequence[str]", value)))


def _text(value: object, path: str) -> str:
    if not isinstance(value, str) or len(value) > 4_000:
        raise _bad(path, "text is needed here", value, "text of at most 4,000 characters")
    return value


def _names(value: object) -> tuple[str, str]:
    if isinstance(value, str):
        return _text(value, "name"), _text(value, "name")
    if not isinstance(value, Mapping) or not value or not set(value) <= {"en", "zh"}:
        raise _bad("name", "a name is needed here", value, 'text, or {"en": ..., "zh": ...}')
    first = next(iter(value.values()))
    return _text(value.get("en", first), "name.en"), _text(value.get("zh", first), "name.zh")


def _replies(document: Document) -> dict[Fault, Reply]:
    found = {}
    for fault in Fault:
        if fault.value in document:
            word, allowed = document[fault.value], [reply.value for reply in REPLIES[fault]]
            if word not in allowed:
                hint = did_you_mean(str(word), allowed)
                raise _bad(fault.value, "not a way to answer this fault", word, ", ".join(allowed), hint)
            found[fault] = Reply(str(word))
    return found


def _schema(value: object, path: str) -> Schema:
    if not isinstance(value, Mapping):
        raise _bad(path, "a JSON Schema of an object is needed here", value, "an object")
    check_schema(value, path)
    return cast("Schema", value)
