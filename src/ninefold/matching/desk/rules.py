"""Masking of items, and the cursor of the queue. Pure."""

import base64
import binascii
import json
from dataclasses import replace
from typing import Final

from ninefold.base import invalid
from ninefold.matching.model import Evidence, FieldKind
from ninefold.profiles import masking

from .model import Item

_PERSONAL: Final = {
    FieldKind.NAME.value: "name",
    FieldKind.ADDRESS.value: "address",
    FieldKind.POSTCODE.value: "address",
    FieldKind.PHONE.value: "phone",
    FieldKind.EMAIL.value: "email",
    FieldKind.BIRTH_DATE.value: "birthday",
}


def masked_item(item: Item, clear: frozenset[str]) -> Item:
    """An item as a caller sees it who may see only some kinds of personal fields as they are.

    Which fields agree, and how much that weighs, is always shown; so one can decide without the values.
    """
    kinds = {one.field: personal_kind(one) for one in item.evidence}
    changed = tuple(
        {**one, "before": _hidden(one["before"], kinds.get(str(one["field"]), ""), clear),
         "after": _hidden(one["after"], kinds.get(str(one["field"]), ""), clear)}
        for one in item.changed
    )  # fmt: skip
    evidence = tuple(
        replace(one, a=_hidden(one.a, kinds[one.field], clear), b=_hidden(one.b, kinds[one.field], clear))
        for one in item.evidence
    )
    value, detail = item.value, item.detail
    if value and "identifiers" not in clear:
        value, detail = masking.hidden_identifier(item.namespace, value), {}
    return replace(item, evidence=evidence, changed=changed, value=value, detail=detail)


def personal_kind(evidence: Evidence) -> str:
    """The kind of personal field that evidence shows; empty for others."""
    return _PERSONAL.get(evidence.kind, "") or masking.kind_of(evidence.field)


def _hidden(value: object, kind: str, clear: frozenset[str]) -> str | None:
    if value is None:
        return None
    shown = value if not kind or kind in clear else masking.hidden(str(value), kind)
    return str(shown)


def write_cursor(place: tuple[float, int, int]) -> str:
    """A place in the queue as text."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[float, int, int]:
    """The reverse of :func:`write_cursor`; raises invalid.

    >>> read_cursor(write_cursor((0.25, 1, 7)))
    (0.25, 1, 7)
    """
    try:
        key, source, number = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return float(key), int(source), int(number)
    except (ValueError, TypeError, binascii.Error, OverflowError) as exc:
        raise invalid("bad_cursor", "this is no cursor of the queue", field="cursor", got=text,
                      allowed="`next` of the page before") from exc  # fmt: skip
