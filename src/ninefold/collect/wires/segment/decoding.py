"""The wire format of Segment and RudderStack: what a request body holds, item by item.

Pure: bytes in, values out. One bad item never spoils its batch; only a body that is no JSON or holds nothing is an
error. Source: Segment's HTTP tracking API and RudderStack's gateway, as their SDKs use them.
"""

from typing import Any

import msgspec

from ninefold.base import Error, invalid
from ninefold.collect.model import Decoded
from ninefold.collect.wires.body import repair
from ninefold.collect.wires.items import UNREADABLE
from ninefold.collect.wires.times import instant_ms
from ninefold.collect.wires.wire import Arrival, Envelope

from .mapping import Context, Mapper

CALLS = ("identify", "track", "page", "screen", "group", "alias")


class _Head(msgspec.Struct, rename="camel"):
    """What a body says around its items; everything is optional and may have any type."""

    batch: msgspec.Raw = msgspec.Raw()
    context: msgspec.Raw = msgspec.Raw()
    sent_at: Any = None
    write_key: Any = None


_HEAD = msgspec.json.Decoder(_Head)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_CONTEXT = msgspec.json.Decoder(Context | None)


def open_envelope(data: bytes, call: str) -> Envelope:
    """Take a JSON body apart into items.

    Args:
        data: JSON bytes, from :func:`~ninefold.collect.wires.body.open_body`.
        call: call of the path. A ``batch`` may also be a bare list or one bare event; other calls may be a list.

    Raises:
        Error: invalid, when the body is no JSON, is neither object nor list, or holds no event.
    """
    try:
        return _open(data, call)
    except UNREADABLE:
        mended = repair(data)
    try:
        if mended is not None:
            return _open(mended, call)
    except (msgspec.DecodeError, RecursionError):
        pass
    raise invalid("broken_json", "the request body is not JSON", field="body", allowed="a JSON object")


def _open(data: bytes, call: str) -> Envelope:
    if data[:1] == b"[":
        return _filled(Envelope(call=call, items=tuple(map(bytes, _ITEMS.decode(data)))))
    if data[:1] != b"{":
        msgspec.json.decode(data)  # raises when it is no JSON at all
        raise _wrong("the request body is neither an object nor a list", field="body")
    head = _HEAD.decode(data)
    items: tuple[bytes, ...] = (data,)
    if call == "batch":
        if batch := bytes(head.batch):
            items = _listed(batch)
        elif b'"type"' not in data:
            raise _wrong("the batch is missing", field="batch")
    sent_at = head.sent_at
    return _filled(
        Envelope(
            call=call,
            items=items,
            write_key=head.write_key if isinstance(head.write_key, str) else "",
            sent_at=sent_at if isinstance(sent_at, str | float | int) and not isinstance(sent_at, bool) else None,
            # A single call holds its own; a shared one is rare, so it is mended without asking whether it must be.
            context=b"" if items == (data,) else repair(bytes(head.context)) or b"",
        )
    )


def _listed(batch: bytes) -> tuple[bytes, ...]:
    try:
        return tuple(map(bytes, _ITEMS.decode(batch)))
    except msgspec.ValidationError:
        raise _wrong("the batch is not a list", field="batch") from None


def _filled(envelope: Envelope) -> Envelope:
    if not envelope.items:
        raise invalid("empty_batch", "empty batch payload", field="batch", allowed="at least one event")
    return envelope


def _wrong(message: str, *, field: str) -> Error:
    return invalid("wrong_shape", message, field=field, allowed='{"batch": [event, ...]} or one event')


def decode(envelope: Envelope, arrival: Arrival) -> Decoded:
    """The events and rejections of a request, in order.

    Args:
        envelope: the request taken apart.
        arrival: where and when it came in, and what is allowed.
    """
    try:
        context = _CONTEXT.decode(envelope.context) if envelope.context else None
    except UNREADABLE:
        context = None
    mapper = Mapper(
        arrival,
        call="" if envelope.call == "batch" else envelope.call,
        sent=instant_ms(envelope.sent_at),
        context=context,
    )
    return mapper.outcomes(envelope)
