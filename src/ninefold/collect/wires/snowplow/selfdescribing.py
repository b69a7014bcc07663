"""Self-describing JSON of Snowplow: a schema's name and its data, plain or as URL-safe base64. Pure."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from ninefold.collect.wires.body import repair
from ninefold.collect.wires.items import UNREADABLE

_IGLU = re.compile(r"^iglu:([^/]{1,200})/([^/]{1,200})/([^/]{1,50})/([^/]{1,50})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfDescribed:
    """Data with the schema it claims to follow.

    Attributes:
        name: of the schema, e.g. ``add_to_cart``.
        vendor: who wrote it, e.g. ``com.acme``.
        version: e.g. ``1-0-0``.
        data: its members; empty when it is no object.
    """

    name: str
    vendor: str
    version: str
    data: Mapping[str, object]


def packed_json(plain: object, packed: object) -> object:
    """The JSON of a pair of parameters such as ``ue_pr`` (text, or JSON itself) and ``ue_px`` (base64).

    Raises:
        ValueError: when it cannot be read; None is returned when neither is given.
    """
    if isinstance(plain, dict | list):
        return plain
    if isinstance(plain, str) and plain:
        return _json(plain.encode("utf-8", "surrogatepass"))
    if isinstance(packed, str) and packed:
        text = packed.strip().replace("+", "-").replace("/", "_").replace(" ", "-").rstrip("=")
        try:
            return _json(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        except binascii.Error as exc:
            raise ValueError("not base64") from exc
    return None


def _json(data: bytes) -> object:
    try:
        found: object = msgspec.json.decode(data)
    except UNREADABLE:
        mended = repair(data)
        if mended is None:
            raise ValueError("not JSON") from None
        found = msgspec.json.decode(mended)
    return found


def described(value: object) -> SelfDescribed | None:
    """What a self-describing object says; None for anything else.

    >>> described({"schema": "iglu:com.acme/add_to_cart/jsonschema/1-0-0", "data": {"sku": "s1"}}).name
    'add_to_cart'
    """
    if not isinstance(value, dict):
        return None
    schema = value.get("schema")
    found = _IGLU.match(schema) if isinstance(schema, str) else None
    if found is None:
        return None
    data = value.get("data")
    return SelfDescribed(name=found[2], vendor=found[1], version=found[4], data=data if isinstance(data, dict) else {})


def contexts(value: object) -> tuple[SelfDescribed, ...]:
    """The entities attached to an event."""
    listed = value.get("data") if isinstance(value, dict) else value
    found = (described(each) for each in listed) if isinstance(listed, list) else ()
    return tuple(each for each in found if each is not None)
