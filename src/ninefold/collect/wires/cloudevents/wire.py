"""The path, modes and answers of CloudEvents. Source: the HTTP protocol binding 1.0.2, section 3."""

import base64
from collections.abc import Mapping
from urllib.parse import unquote

import msgspec

from ninefold.base import invalid
from ninefold.collect.model import Limits, Request
from ninefold.collect.wires.body import open_body, repair
from ninefold.collect.wires.items import UNREADABLE
from ninefold.collect.wires.rest.wire import write_keys
from ninefold.collect.wires.wire import Endpoint, Envelope, Wire

from .decoding import decode
from .openapi import PATHS

_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_PREFIX = "ce-"
_NAMESPACE_LENGTH = 100


def _unpack(request: Request, limits: Limits) -> Envelope:
    """Binary when headers hold the attributes; else the body says by its first byte whether it is one or many."""
    namespace = (request.query.get("subject") or "user_id")[:_NAMESPACE_LENGTH]
    attributes = _attributes(request.headers)
    if attributes:
        data = b""
        if request.body.strip():
            data = open_body(request.body, encoding=request.encoding, limit=limits.max_request_bytes)
        kind = request.headers.get("content-type", "")
        return Envelope(call=namespace, items=(_whole(attributes, data, kind),))
    data = open_body(request.body, encoding=request.encoding, limit=limits.max_request_bytes)
    if data[:1] == b"[":
        items = _listed(data)
    elif data[:1] == b"{":
        items = (data,)
    else:
        raise invalid("broken_json", "the request holds no CloudEvent", field="body",
                      allowed="ce- headers, a CloudEvent as JSON, or a list of them")  # fmt: skip
    if not items:
        raise invalid("empty_batch", "there is no event in the batch", field="body", allowed="at least one event")
    return Envelope(call=namespace, items=items)


def _attributes(headers: Mapping[str, str]) -> dict[str, str]:
    """Attributes of binary mode; values are percent-encoded UTF-8."""
    return {name[len(_PREFIX) :]: unquote(value) for name, value in headers.items() if name.startswith(_PREFIX)}


def _whole(attributes: Mapping[str, str], data: bytes, kind: str) -> bytes:
    """A binary event in structured form, so that both are read, quarantined and replayed alike."""
    item: dict[str, object] = {**attributes, "datacontenttype": kind} if kind else dict(attributes)
    if data:
        try:
            msgspec.json.decode(data)
            item["data"] = msgspec.Raw(data)
        except UNREADABLE:
            if data[:1] in b"{[" and (mended := repair(data)) is not None:
                item["data"] = msgspec.Raw(mended)
            else:
                item["data_base64"] = base64.b64encode(data).decode()
    return msgspec.json.encode(item)


def _listed(data: bytes) -> tuple[bytes, ...]:
    for candidate in (data, None):
        text = data if candidate is not None else repair(data)
        try:
            if text is not None:
                return tuple(map(bytes, _ITEMS.decode(text)))
        except UNREADABLE:
            continue
    raise invalid("broken_json", "the batch is not JSON", field="body", allowed="a list of CloudEvents")


CLOUDEVENTS = Wire(
    kind="cloudevents",
    endpoints=(Endpoint(path="/v1/cloudevents", call=""),),
    keys=write_keys,
    unpack=_unpack,
    decode=decode,
    openapi=PATHS,
)
