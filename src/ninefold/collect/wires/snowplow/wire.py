"""Paths, keys and answers of Snowplow's trackers.

The protocol knows no key. Ours stands in the path, a header, the query, or as the app id (``aid``) of the events.
Trackers retry every status but 400, 401, 403, 410 and 422, so a body that will never fit is answered 400.
"""

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from ninefold.base import Error, invalid
from ninefold.collect.model import Decoded, Limits, Request, Response
from ninefold.collect.wires import answers
from ninefold.collect.wires.body import open_body, repair
from ninefold.collect.wires.items import UNREADABLE
from ninefold.collect.wires.keys import basic_key, header_key, query_keys
from ninefold.collect.wires.wire import Endpoint, Envelope, Wire

from .decoding import KEY_IN_APP_ID, decode
from .openapi import PATHS

_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_OK = Response(status=200, body=b"ok", headers=(("Content-Type", "text/plain; charset=utf-8"),))
_OURS = frozenset(("writeKey", "receipts"))
_BOTH = ("POST", "GET")


class _Payload(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw()


class _App(msgspec.Struct):
    aid: object = None


_PAYLOAD = msgspec.json.Decoder(_Payload)


def _keys(request: Request) -> Iterator[str]:
    if key := request.params.get("write_key"):
        yield key
    yield from basic_key(request)
    yield from header_key(request)
    yield from query_keys(request, "writeKey")


def _unpack(request: Request, limits: Limits) -> Envelope:
    if request.method == "GET":
        item = {name: value for name, value in request.query.items() if name not in _OURS}
        items: tuple[bytes, ...] = (msgspec.json.encode(item),) if item else ()
    else:
        items = _listed(open_body(request.body, encoding=request.encoding, limit=limits.max_request_bytes))
    if not items:
        raise invalid("empty_batch", "there is no event in the request", field="data", allowed="at least one event")
    if next(_keys(request), None) is not None:
        return Envelope(call="", items=items)
    return Envelope(call=KEY_IN_APP_ID, items=items, write_key=_app_of(items[0]))


def _listed(data: bytes) -> tuple[bytes, ...]:
    """The events of ``{"schema": "iglu:…/payload_data/…", "data": [event, …]}``."""
    for attempt in range(2):
        text = data if attempt == 0 else repair(data)
        try:
            if text is not None:
                payload = text if text[:1] == b"[" else bytes(_PAYLOAD.decode(text).data)
                return tuple(map(bytes, _ITEMS.decode(payload))) if payload else ()
        except msgspec.ValidationError:
            break
        except UNREADABLE:
            continue
    raise invalid(
        "broken_json", "the body is no payload_data of Snowplow", field="data", allowed='{"data": [event, …]}'
    )


def _app_of(item: bytes) -> str:
    try:
        app = msgspec.json.decode(item, type=_App).aid
    except UNREADABLE:
        return ""
    return app if isinstance(app, str) else ""


def _success(request: Request, _decoded: Decoded) -> Response:
    return answers.as_image(Response(status=200, body=b"")) if request.method == "GET" else _OK


def _failure(request: Request, error: Error) -> Response:
    told = answers.failure(request, error)
    if told.status == 413:
        told = replace(told, status=400)
    return answers.as_image(told) if request.method == "GET" else told


SNOWPLOW = Wire(
    kind="snowplow",
    endpoints=(
        Endpoint(path="/com.snowplowanalytics.snowplow/tp2", call="", methods=_BOTH),
        Endpoint(path="/i", call="", methods=("GET",)),
        Endpoint(path="/w/{write_key}/i", call="", methods=("GET",)),
        Endpoint(path="/w/{write_key}/{vendor}/{version}", call="", methods=_BOTH),
    ),
    keys=_keys,
    unpack=_unpack,
    decode=decode,
    success=_success,
    failure=_failure,
    openapi=PATHS,
)
