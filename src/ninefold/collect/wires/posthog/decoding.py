"""The PostHog format: what a request holds, event by event.

Pure. A request is one event, a bare list, or ``{"api_key", "batch"}``; JSON, gzip that nobody announces, or base64 in a
form or in the query. Source: PostHog's open-source SDKs and its capture service.
"""

from typing import Any

import msgspec

from ninefold.base import Error, Kind, invalid
from ninefold.collect.model import Decoded, Limits, Request
from ninefold.collect.wires.body import form_fields, open_body, repair, unpacked
from ninefold.collect.wires.flatten import text_of
from ninefold.collect.wires.items import UNREADABLE
from ninefold.collect.wires.times import instant_ms
from ninefold.collect.wires.wire import Arrival, Envelope

from .mapping import Mapper

_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


class _Head(msgspec.Struct):
    """What a body says around its events, or one event about itself; anything may have any type."""

    batch: msgspec.Raw = msgspec.Raw()
    properties: Any = None
    token: Any = None
    api_key: Any = None
    other_token: Any = msgspec.field(name="$token", default=None)
    sent_at: Any = None

    @property
    def key(self) -> str:
        """The project's key, wherever it stands."""
        within = self.properties if isinstance(self.properties, dict) else {}
        for given in (self.api_key, self.token, self.other_token, within.get("token"), within.get("api_key")):
            if isinstance(given, str) and given:
                return given
        return ""


_HEAD = msgspec.json.Decoder(_Head)


def unpack(request: Request, limits: Limits) -> Envelope:
    """The events of a request.

    Raises:
        Error: invalid, when there is no event, nothing of it is JSON, or its events name different keys;
            ``personal_key`` when the key is a personal one.
    """
    data = _opened(request, limits.max_request_bytes)
    try:
        envelope = _open(data, request)
    except UNREADABLE:
        mended = repair(data)
        try:
            if mended is None:
                raise invalid("broken_json", "the request body is not JSON", field="body", allowed="JSON") from None
            envelope = _open(mended, request)
        except UNREADABLE:
            raise invalid("broken_json", "the request body is not JSON", field="body", allowed="JSON") from None
    refuse_personal(envelope.write_key)
    return envelope


def refuse_personal(write_key: str) -> None:
    """Raises an `Error` for a personal API key, which must not stand in web pages."""
    if write_key.startswith("phx_"):
        raise Error(Kind.REFUSED, "personal_key", "a personal API key may not write", field="api_key",
                    allowed="the write key of a source")  # fmt: skip


def _opened(request: Request, limit: int) -> bytes:
    form = form_fields(request.body)
    fields = form if "data" in form else request.query
    text = fields.get("data", "")
    if not text:
        return open_body(request.body, encoding=request.encoding, limit=limit)
    named = form.get("compression") or request.query.get("compression", "")
    try:
        data = unpacked(text, limit=limit)
    except Error:
        if named != "lz64":
            raise
        data = b""
    if named == "lz64" and data[:1] not in (b"{", b"["):
        raise invalid("compression_unsupported", "lz64 is not supported", field="compression", got=named,
                      allowed="gzip, deflate, zstd, base64 or none")  # fmt: skip
    return open_body(data, limit=limit)


def _open(data: bytes, request: Request) -> Envelope:
    sent: object = request.headers.get("posthog-request-timestamp") or request.query.get("_")
    if data[:1] == b"[":
        items = tuple(map(bytes, _ITEMS.decode(data)))
        heads = [_head(item) for item in items]
        keys = {head.key for head in heads} - {""}
        if len(keys) > 1:
            raise invalid("mixed_keys", "the events of a request must have one key", field="token", allowed="one key")
        key = next(iter(keys), "")
        sent = sent or next((head.sent_at for head in heads if head.sent_at is not None), None)
    else:
        if data[:1] != b"{":
            msgspec.json.decode(data)  # raises when it is no JSON at all
            raise invalid("wrong_shape", "the body is neither an object nor a list", field="body", allowed="events")
        head = _HEAD.decode(data)
        key, sent = head.key, head.sent_at if head.sent_at is not None else sent
        batch = bytes(head.batch)
        items = _listed(batch) if batch else (data,)
        key = key or next((found for item in items if (found := _head(item).key)), "")
    if not items:
        raise invalid("empty_batch", "empty batch payload", field="batch", allowed="at least one event")
    return Envelope(call=request.call, items=items, write_key=key, sent_at=_as_time(sent))


def _listed(batch: bytes) -> tuple[bytes, ...]:
    try:
        return tuple(map(bytes, _ITEMS.decode(batch)))
    except msgspec.ValidationError:
        raise invalid("wrong_shape", "the batch is not a list", field="batch", allowed="a list of events") from None


def _head(item: bytes) -> _Head:
    try:
        return _HEAD.decode(item)
    except UNREADABLE:
        return _Head()


def _as_time(sent: object) -> str | float | None:
    if isinstance(sent, bool) or not isinstance(sent, str | int | float):
        return None
    text = text_of(sent)
    return float(text) if text.isdecimal() and len(text) < 20 else text or None


def decode(envelope: Envelope, arrival: Arrival) -> Decoded:
    """The events and rejections of a request, in order."""
    return Mapper(arrival, call=envelope.call, sent=instant_ms(envelope.sent_at)).outcomes(envelope)
