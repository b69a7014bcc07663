"""The collector's HTTP edge: raw ASGI, since every event of every SDK comes through here.

It serves the paths of all wires, reads bodies with a limit, with or without a length, answers browsers (CORS) and
leaves everything else to the wires and the `Collector`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ninefold.base import Error, Kind

from .model import Request, Response
from .service import Collector
from .wires import WIRES, Ask, Endpoint, Wire
from .wires.answers import status_of
from .wires.body import too_large

_DRAIN_SECONDS = 2.0
_DRAIN_BYTES = 64 * 1024 * 1024
_YES = ("1", "true")


def routes(collector: Collector) -> list[BaseRoute]:
    """The paths of all wires, to be mounted at the root of an application."""
    exact: dict[str, _App] = {}
    found: list[BaseRoute] = []
    for wire in WIRES:
        for path in wire.paths:
            app = _App(collector, wire, path)
            if "{" in path.path:
                found.append(Route(path.path, app))
            elif path.path in exact:
                raise Error(Kind.DEFECT, "path_taken", "two wires want the same path", field="path", got=path.path)
            else:
                exact[path.path] = app
    return [_Exact(exact), *found]


def openapi_paths() -> dict[str, object]:
    """OpenAPI path items of all wires, by path."""
    return {path: item for wire in WIRES for path, item in wire.openapi.items()}


class _Exact(BaseRoute):
    """All fixed paths as one route: found in one step, however many wires there are."""

    def __init__(self, apps: Mapping[str, "_App"]) -> None:
        self._apps = apps

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        app = self._apps.get(scope["path"]) if scope["type"] == "http" else None
        if app is None:
            return Match.NONE, {}
        return Match.FULL if scope["method"] in app.methods else Match.PARTIAL, {"endpoint": app}

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = scope["endpoint"]
        await app(scope, receive, send)


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

    def request(self, call: str, body: bytes) -> Request:
        """The request, free of the web framework."""
        headers, query = self.headers, self.query
        return Request(
            call=call,
            body=body,
            authorization=headers.get("authorization", ""),
            encoding=headers.get("content-encoding", "").strip().lower(),
            query=query,
            receipts=(query.get("receipts") or headers.get("x-ninefold-receipts", "")) in _YES,
            dry_run=(headers.get("x-ninefold-dry-run") or headers.get("dry-run", "")) in _YES,
            method=self.method,
            path=self.scope["path"],
            scheme=self.scope.get("scheme", "http"),
            headers=headers,
            params=self.scope.get("path_params", {}),
        )

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


class _App:
    """An ASGI application for one path: method check, CORS, the body, the answer."""

    def __init__(self, collector: Collector, wire: Wire, path: Endpoint | Ask) -> None:
        self._collector = collector
        self._wire = wire
        self._call = path.call if isinstance(path, Endpoint) else ""
        self._answer = path.answer if isinstance(path, Ask) else None
        self._allowed = path.methods
        self.methods = frozenset((*path.methods, "OPTIONS"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive)
        if exchange.method == "OPTIONS":
            response = Response(status=200, body=b"", headers=_preflight(exchange))
        elif exchange.method not in self.methods:
            response = self._wrong_method(exchange)
        else:
            response = await self._respond(exchange)
        await _send(exchange, response, send)

    async def _respond(self, exchange: Exchange) -> Response:
        try:
            body = await exchange.body(self._collector.settings.limits.max_request_bytes)
        except Error as error:
            return self._wire.failure(exchange.request(self._call, b""), error)
        request = exchange.request(self._call, body)
        if self._answer is None:
            return await self._collector.accept(request, self._wire)
        try:
            return await self._answer(request, self._collector.source_of)
        except Error as error:
            return self._wire.failure(request, error)

    def _wrong_method(self, exchange: Exchange) -> Response:
        allowed = ", ".join(self._allowed)
        wrong = Error(Kind.INVALID, "wrong_method", f"{exchange.method} is not possible here", allowed=allowed)
        response = self._wire.failure(exchange.request(self._call, b""), wrong)
        return replace(response, status=status_of(wrong), headers=(*response.headers, ("Allow", f"{allowed}, OPTIONS")))


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
