"""A CloudEvent as an event of the plain API. Pure. Source: the CloudEvents specification 1.0.2, sections 2 and 3."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from ninefold.collect.event import Event
from ninefold.collect.model import Decoded
from ninefold.collect.wires.flatten import text_of
from ninefold.collect.wires.items import ItemMapper, Refused
from ninefold.collect.wires.rest import RestMapper
from ninefold.collect.wires.wire import Arrival, Envelope

_ATTRIBUTES = frozenset(
    ("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "data", "data_base64")
)
_WHO = {"userid": "user_id", "anonymousid": "anonymous_id"}
_REQUIRED = ("id", "source", "type", "specversion")
_MESSAGE_ID_LENGTH = 100
IDENTIFY = "$identify"


class CloudEventMapper(ItemMapper[dict[str, Any]]):
    """Maps the CloudEvents of one request."""

    decoder = msgspec.json.Decoder(dict[str, Any])

    def __init__(self, arrival: Arrival, *, namespace: str) -> None:
        """Args: where and when the request came in, and of which namespace a ``subject`` is an identifier."""
        super().__init__(arrival)
        self._namespace = namespace
        self._plain = RestMapper(arrival)

    def given_id(self, item: dict[str, Any]) -> str:
        """``source#id``: an id is unique within its source only."""
        identity = text_of(item.get("id"))
        return message_id_of(text_of(item.get("source")), identity) if identity else ""

    def has_time(self, item: dict[str, Any]) -> bool:
        """``time``."""
        return item.get("time") is not None

    def id_within(self, raw: bytes) -> str:
        """The id of an event of which something else is broken."""
        return self.given_id(self.decoder.decode(raw))

    def event(self, item: dict[str, Any], message_id: str) -> Event:
        """The event. Raises `Refused` or `TooDeep`."""
        for name in _REQUIRED:
            if not text_of(item.get(name)):
                raise Refused("missing_attribute", f"a CloudEvent needs the attribute {name}", name)
        version = text_of(item["specversion"])
        if version.partition(".")[0] != "1":
            raise Refused("unknown_specversion", f"CloudEvents {version[:20]} is not known; 1.0 is", "specversion")
        return self._plain.event(self._as_plain(item), message_id)

    def _as_plain(self, item: dict[str, Any]) -> dict[str, Any]:
        data = _data(item)
        identifiers: dict[str, Any] = {}
        if subject := text_of(item.get("subject")):
            identifiers[self._namespace] = subject
        identifiers |= {space: text for name, space in _WHO.items() if (text := text_of(item.get(name)))}
        if isinstance(listed := data.get("identifiers"), dict):
            data = {name: value for name, value in data.items() if name != "identifiers"}
            identifiers |= listed
        said: dict[str, Any] = {"time": item.get("time"), "identifiers": identifiers}
        about = {f"ce.{name}": item[name] for name in ("source", "dataschema") if item.get(name) is not None}
        about |= {f"ce.{name}": value for name, value in item.items() if name not in _ATTRIBUTES and name not in _WHO}
        if text_of(item["type"]) == IDENTIFY:
            return {**said, "type": "identify", "traits": data, "properties": about}
        return {**said, "event": item["type"], "properties": {**about, **data}}


def decode(envelope: Envelope, arrival: Arrival) -> Decoded:
    """The events and rejections of a request, in order; its ``call`` names the namespace of subjects."""
    return CloudEventMapper(arrival, namespace=envelope.call).outcomes(envelope)


def message_id_of(source: str, identity: str) -> str:
    """The message id of a CloudEvent.

    >>> message_id_of("/shop/orders", "17")
    '/shop/orders#17'
    """
    whole = f"{source}#{identity}"
    if len(whole) <= _MESSAGE_ID_LENGTH:
        return whole
    return "ce:" + hashlib.blake2b(f"{source}\0{identity}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _data(item: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as properties: an object gives its members, anything else stands under ``data``."""
    data = item.get("data")
    if data is None and isinstance(packed := item.get("data_base64"), str):
        try:
            data = base64.b64decode(packed, validate=True).decode()
        except (binascii.Error, ValueError):
            return {"data_base64": packed}  # bytes that are no text
        if "json" in text_of(item.get("datacontenttype")):
            try:
                data = msgspec.json.decode(data)
            except msgspec.DecodeError as exc:
                raise Refused("broken_json", "data_base64 is not JSON, as datacontenttype says", "data_base64") from exc
    if data is None:
        return {}
    return data if isinstance(data, dict) else {"data": data}
