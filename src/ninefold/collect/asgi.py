"""The collector's HTTP edge: raw ASGI routes, since every event of every SDK comes through here.

It reads bodies with a limit, with or without a length, knows the paths of the SDKs, answers browsers (CORS, settings)
and leaves everything else to the `Collector`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import parse_qsl

import msgspec
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from ninefold.base import Error, Kind, missing

from .model import Request, Response
from .service import Collector, answer, outer_keys
from .wires.body import too_large

_CALLS = {
    "identify": "identify", "track": "track", "page": "page", "screen": "screen", "group": "group", "alias": "alias",
    "batch": "batch", "i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias",
    "b": "batch",
}  # fmt: skip
_GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00"
    b"\x01\x00\x00\x02\x02D\x01\x00;"
)
_PIXEL_FIELDS = frozenset(("anonymousId", "userId", "event", "name", "category", "timestamp", "sentAt", "messageId"))
_DRAIN_SECONDS = 2.0
_DRAIN_BYTES = 64 * 1024 * 1024

Handler = Callable[[Collector, "Exchange"], Awaitable[Response]]


def routes(collector: Collector) -> list[Route]:
    """The write paths of Segment's and RudderStack's SDKs, to be mounted at the root of an application.

    ``/v1/{identify,track,page,screen,group,alias,batch}``, their one-letter forms, ``/beacon/v1/batch``,
    ``/pixel/v1/{track,page}``, ``/v1/m`` (SDK metrics, ignored), ``/v1/projects/{key}/settings``, ``/sourceConfig/``.
    """
    found = [Route(f"/v1/{path}", _Endpoint(collector, _write(call), "POST")) for path, call in _CALLS.items()]
    found += [
        Route("/beacon/v1/batch", _Endpoint(collector, _write("batch"), "POST")),
        Route("/v1/m", _Endpoint(collector, _ignore, "POST")),
        Route("/v1/projects/{write_key}/settings", _Endpoint(collector, _settings, "GET")),
        Route("/sourceConfig", _Endpoint(collector, _source_config, "GET")),
        Route("/sourceConfig/", _Endpoint(collector, _source_config, "GET")),
    ]
    found += [Route(f"/pixel/v1/{call}", _Endpoint(collector, _pixel(call), "GET")) for call in ("track", "page")]
    return found


class Exchange:
    """One HTTP request: headers by lower-case name, query, body with a limit."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self._receive = receive
        self.method: str = scope["method"]
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        self.query = dict(pairs[:200])
        self.unread = False

    async def body(self, limit: int) -> bytes:
        """The whole body.

        Raises:
            Error: ``request_too_large`` beyond the limit, before the rest is read; ``client_gone`` when it ends early.
        """
        declared = self.headers.get("content-length", "")
        if declared.isdecimal() and int(declared[:19]) > limit:
            self.unread = True
            raise too_large(limit)
        parts: list[bytes] = []
        size = 0
        while True:
            message: Message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Error(Kind.INVALID, "client_gone", "the client went away before the end of the body")
            part = message.get("body", b"")
            size += len(part)
            more = message.get("more_body", False)
            if size > limit:
                self.unread = more
                raise too_large(limit)
            parts.append(part)
            if not more:
                return b"".join(parts)

    async def drain(self) -> None:
        """Throw away what a client still sends, for a while, so that it gets to read the refusal."""
        size = 0
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while size < _DRAIN_BYTES:
                    message = await self._receive()
                    size += len(message.get("body", b""))
                    if message["type"] == "http.disconnect" or not message.get("more_body", False):
                        return
        except TimeoutError:
            return


class _Endpoint:
    """An ASGI application for one path: method check, CORS, the handler, the answer."""

    def __init__(self, collector: Collector, handler: Handler, method: str) -> None:
        self._collector = collector
        self._handler = handler
        self._method = method

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive)
        if exchange.method == "OPTIONS":
            response = Response(status=200, body=b"", headers=_preflight(exchange))
        elif exchange.method != self._method:
            wrong = Error(Kind.INVALID, "wrong_method", f"{exchange.method} is not possible here", allowed=self._method)
            response = replace(answer(wrong), status=405, headers=(("Allow", f"{self._method}, OPTIONS"),))
        else:
            try:
                response = await self._handler(self._collector, exchange)
            except Error as error:
                response = answer(error)
        await _send(exchange, response, send)


def _write(call: str) -> Handler:
    async def handle(collector: Collector, exchange: Exchange) -> Response:
        return await collector.accept(await _request(collector, exchange, call))

    return handle


async def _request(collector: Collector, exchange: Exchange, call: str) -> Request:
    wanted = exchange.query.get("receipts") or exchange.headers.get("x-ninefold-receipts", "")
    return Request(
        call=call,
        body=await exchange.body(collector.settings.limits.max_request_bytes),
        authorization=exchange.headers.get("authorization", ""),
        encoding=exchange.headers.get("content-encoding", "").strip().lower(),
        query=exchange.query,
        receipts=wanted in ("1", "true"),
    )


def _pixel(call: str) -> Handler:
    """A call by GET, all of it in the query; the answer is a GIF whatever the status."""

    async def handle(collector: Collector, exchange: Exchange) -> Response:
        query = exchange.query
        item: dict[str, object] = {key: value for key, value in query.items() if key in _PIXEL_FIELDS}
        item["properties"] = _object(query.get("properties")) | {
            key: value
            for key, value in query.items()
            if key not in _PIXEL_FIELDS and key not in ("writeKey", "context", "properties", "receipts")
        }
        item["context"] = _object(query.get("context"))
        body = json.dumps(item).encode()
        done = await collector.accept(Request(call=call, body=body, query={"writeKey": query.get("writeKey", "")}))
        kind = (("Content-Type", "image/gif"), ("Cache-Control", "no-store"))
        return Response(status=done.status, body=_GIF, headers=done.headers + kind)

    return handle


def _object(text: str | None) -> dict[str, object]:
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


async def _ignore(collector: Collector, exchange: Exchange) -> Response:
    await exchange.body(collector.settings.limits.max_request_bytes)
    return Response(status=200, body=b'{"success":true}')


async def _settings(collector: Collector, exchange: Exchange) -> Response:
    """What analytics.js asks first: where to send to."""
    write_key = str(exchange.scope["path_params"]["write_key"])
    if await collector.source_of(write_key) is None:
        raise missing("unknown_write_key", "no source has this write key", field="writeKey")
    target = {
        "apiKey": write_key,
        "apiHost": f"{exchange.headers.get('host', '')}/v1",
        "protocol": exchange.scope.get("scheme", "http"),
        "type": "browser",
        "unbundledIntegrations": [],
    }
    return _json(
        {
            "integrations": {"Segment.io": target},
            "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
            "edgeFunction": {},
            "analyticsNextEnabled": True,
            "middlewareSettings": {},
            "enabledMiddleware": {},
            "metrics": {"sampleRate": 0},
            "legacyVideoPluginsEnabled": False,
            "remotePlugins": [],
        }
    )


async def _source_config(collector: Collector, exchange: Exchange) -> Response:
    """What RudderStack's browser SDK asks first: that its source is enabled and sends nowhere else."""
    request = Request(
        call="batch", body=b"", authorization=exchange.headers.get("authorization", ""), query=exchange.query
    )
    for write_key in outer_keys(request):
        if (source := await collector.source_of(write_key)) is not None:
            off = {"enabled": False}
            return _json(
                {
                    "source": {
                        "id": source.key,
                        "name": source.key,
                        "writeKey": write_key,
                        "enabled": True,
                        "workspaceId": "ninefold",
                        "config": {"statsCollection": {"errors": off, "metrics": off}},
                        "connections": [],
                        "destinations": [],
                        "dataplanes": {},
                    },
                    "updatedAt": "2026-01-01T00:00:00.000Z",
                }
            )
    raise Error(Kind.REFUSED, "invalid_write_key", "invalid write key", field="writeKey")


def _json(value: dict[str, object]) -> Response:
    return Response(status=200, body=msgspec.json.encode(value), headers=(("Cache-Control", "no-cache"),))


def _origin(exchange: Exchange) -> tuple[tuple[str, str], ...]:
    """Browsers of any site may write; the origin is mirrored, since credentials forbid the star."""
    origin = exchange.headers.get("origin")
    if not origin:
        return ()
    return (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
    )


def _preflight(exchange: Exchange) -> tuple[tuple[str, str], ...]:
    return (
        ("Access-Control-Allow-Methods", exchange.headers.get("access-control-request-method", "GET, POST")),
        ("Access-Control-Allow-Headers", exchange.headers.get("access-control-request-headers", "*")),
        ("Access-Control-Max-Age", "86400"),
    )


async def _send(exchange: Exchange, response: Response, send: Send) -> None:
    closing = exchange.unread or exchange.headers.get("connection", "").lower() == "close"
    headers = list(response.headers) + list(_origin(exchange))
    if not any(name == "Content-Type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    headers.append(("Content-Length", str(len(response.body))))
    if closing:
        headers.append(("Connection", "close"))
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": response.status, "headers": encoded})
    if exchange.unread:
        await send({"type": "http.response.body", "body": response.body, "more_body": True})
        await exchange.drain()
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": response.body})
