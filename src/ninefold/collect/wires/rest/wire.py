"""The paths, keys and answers of the plain API, its pixel and its beacon."""

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from ninefold.base import Error, invalid
from ninefold.collect.model import Decoded, Limits, Request, Response, Verdict
from ninefold.collect.wires import answers
from ninefold.collect.wires.body import open_body, repair
from ninefold.collect.wires.items import UNREADABLE
from ninefold.collect.wires.keys import basic_key, bearer_key, header_key, query_keys
from ninefold.collect.wires.wire import Endpoint, Envelope, Wire

from .decoding import MEMBERS, decode
from .openapi import PATHS

_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_IGNORED = frozenset(("writeKey", "receipts", "_", "properties", "identifiers", "traits"))
_IDENTIFIERS = frozenset(("user_id", "anonymous_id", "device_id", "member_no", "phone", "email", "openid", "unionid"))
_SPACE = b" \t\r\n"


class _Head(msgspec.Struct):
    """What may stand around a list of events."""

    events: msgspec.Raw = msgspec.Raw()
    sent_at: object = None
    write_key: object = msgspec.field(name="writeKey", default=None)


_HEAD = msgspec.json.Decoder(_Head)


def write_keys(request: Request) -> Iterator[str]:
    """Where senders without an SDK put the key: Basic, Bearer, ``X-Write-Key``, the query."""
    yield from basic_key(request)
    yield from bearer_key(request)
    yield from header_key(request)
    yield from query_keys(request, "writeKey")


def _unpack(request: Request, limits: Limits) -> Envelope:
    if request.method == "GET":
        return Envelope(call="", items=(_pixel_item(request),))
    data = open_body(request.body, encoding=request.encoding, limit=limits.max_request_bytes)
    envelope = _opened(data)
    if not envelope.items:
        raise invalid("empty_batch", "there is no event in the request", field="events", allowed="at least one event")
    return _keyed(envelope, request.headers.get("idempotency-key", "").strip()[:80])


def _opened(data: bytes) -> Envelope:
    """One event, a list, an object with a list, or a line per event."""
    try:
        return _read(data)
    except UNREADABLE:
        if lines := _lines(data):
            return Envelope(call="", items=lines)
    mended = repair(data)
    try:
        if mended is not None:
            return _read(mended)
    except UNREADABLE:
        pass
    raise invalid(
        "broken_json", "the request body is not JSON", field="body",
        allowed='one event, [event, ...], {"events": [event, ...]} or one event per line',
    )  # fmt: skip


def _read(data: bytes) -> Envelope:
    if data[:1] == b"[":
        return Envelope(call="", items=tuple(map(bytes, _ITEMS.decode(data))))
    if data[:1] != b"{":
        msgspec.json.decode(data)  # raises when it is no JSON at all
        raise invalid("wrong_shape", "the request body is neither an object nor a list", field="body",
                      allowed='one event, [event, ...] or {"events": [event, ...]}')  # fmt: skip
    head = _HEAD.decode(data)
    key = head.write_key if isinstance(head.write_key, str) else ""
    listed = bytes(head.events)
    if not listed:
        return Envelope(call="", items=(data,), write_key=key)
    try:
        items = tuple(map(bytes, _ITEMS.decode(listed)))
    except msgspec.ValidationError:
        raise invalid("wrong_shape", "events is not a list", field="events", allowed="a list of events") from None
    sent = head.sent_at
    shown = sent if isinstance(sent, str | int | float) and not isinstance(sent, bool) else None
    return Envelope(call="", items=items, write_key=key, sent_at=shown)


def _lines(data: bytes) -> tuple[bytes, ...]:
    """The lines of NDJSON; none when the first line is no whole object, so that broken JSON is not taken for it."""
    lines = tuple(line for part in data.splitlines() if (line := part.strip(_SPACE)))
    if len(lines) < 2:
        return ()
    try:
        first = msgspec.json.decode(lines[0])
    except UNREADABLE:
        return ()
    return lines if isinstance(first, dict) else ()


def _keyed(envelope: Envelope, key: str) -> Envelope:
    """Give events without an id one from the Idempotency-Key of the request, so that it can be sent again."""
    if not key:
        return envelope
    alone = len(envelope.items) == 1
    named = []
    for index, raw in enumerate(envelope.items):
        try:
            item = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        except UNREADABLE:
            named.append(raw)
            continue
        own = msgspec.json.encode(key if alone else f"{key}#{index}")
        named.append(raw if "message_id" in item else msgspec.json.encode({**item, "message_id": msgspec.Raw(own)}))
    return replace(envelope, items=tuple(named))


def _pixel_item(request: Request) -> bytes:
    """An event by GET, all of it in the query; parameters that mean nothing here are properties."""
    item: dict[str, object] = {}
    identifiers: dict[str, str] = {}
    properties: dict[str, str] = {}
    for name, value in request.query.items():
        if name.startswith("id."):
            identifiers[name[3:]] = value
        elif name in _IDENTIFIERS:
            identifiers[name] = value
        elif name in _IGNORED:
            continue
        elif name in MEMBERS:
            item[name] = value
        else:
            properties[name] = value
    return msgspec.json.encode({**item, "identifiers": identifiers, "properties": properties})


def _success(request: Request, decoded: Decoded) -> Response:
    """Always a verdict per event; a GIF to an image."""
    counts: dict[str, int] = {"kept": 0, "quarantined": 0, "duplicates": 0}
    for receipt in decoded.receipts:
        if receipt.verdict is Verdict.QUARANTINED:
            counts["quarantined"] += 1
        elif receipt.verdict is Verdict.DUPLICATE:
            counts["duplicates"] += 1
        else:
            counts["kept"] += 1
    done = answers.with_receipts(counts, decoded)
    return answers.as_image(done) if request.method == "GET" else done


def _failure(request: Request, error: Error) -> Response:
    told = answers.failure(request, error)
    return answers.as_image(told) if request.method == "GET" and request.path == "/p.gif" else told


REST = Wire(
    kind="rest",
    endpoints=(
        Endpoint(path="/v1/events", call=""),
        Endpoint(path="/v1/beacon", call=""),
        Endpoint(path="/p.gif", call="", methods=("GET",)),
    ),
    keys=write_keys,
    unpack=_unpack,
    decode=decode,
    success=_success,
    failure=_failure,
    openapi=PATHS,
)
