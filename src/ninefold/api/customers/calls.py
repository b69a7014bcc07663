"""What every call of the open API goes through: the limit of its key, and repeats by ``Idempotency-Key``."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy.engine import Connection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ninefold.api.auth import Caller
from ninefold.api.errors import Problem
from ninefold.base import Clock, Error, Kind, stable_key
from ninefold.governance import Principal, calls

_HEADERS = {
    "RateLimit-Limit": {"schema": {"type": "integer"}, "description": "calls at once after a pause"},
    "RateLimit-Remaining": {"schema": {"type": "integer"}, "description": "calls that are allowed at once now"},
    "RateLimit-Reset": {"schema": {"type": "integer"}, "description": "seconds until all are allowed again"},
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    410: {"model": Problem, "description": "the cursor is older than what is kept"},
    429: {"model": Problem, "description": "too many calls of this key; come again after `Retry-After` seconds",
          "headers": {**_HEADERS, "Retry-After": {"schema": {"type": "integer"}}}},
}  # fmt: skip

IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=257, description="any text of your own, new for every new request: the "
           "same key and request get the same answer for 24 hours, and have their effect once"),
]  # fmt: skip


def limited(request: Request, caller: Caller) -> None:
    """Count the call; 429 when its key called too often."""
    limits: calls.CallLimits = request.app.state.call_limits
    left = limits.spend(caller.key, caller.scope.limit)
    rate = caller.scope.limit
    window = max(1, round(rate.burst / rate.per_second))
    request.state.more_headers = {**left.headers, "RateLimit-Policy": f'"key";q={rate.burst};w={window}'}
    if not left.allowed:
        raise Error(
            Kind.UNAVAILABLE, "too_many_calls", "this key called too often", retryable=True,
            hint=f"come again in {left.retry_seconds:.1f} s", allowed=f"{rate.per_second:g} calls a second, "
            f"{rate.burst} at once",
        )  # fmt: skip


async def fingerprint(request: Request) -> bytes:
    """What makes two calls the same: method, address and body."""
    said = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    said.update(await request.body())
    return said.digest()


Fingerprint = Annotated[bytes, Depends(fingerprint)]
Work = Callable[[Connection, str], BaseModel]


def once(request: Request, caller: Principal, print_: bytes, work: Work, *, status: int = 200) -> Response:
    """Do something in one transaction together with its answer; a repeat gets the answer that was given.

    Args:
        request: the call.
        caller: its key.
        print_: its fingerprint.
        work: does it in the transaction; gets a name that is the same for every repeat of the call.
        status: of the answer.
    """
    answers: calls.Answers = request.app.state.call_answers
    clock: Clock = request.app.state.clock
    header = request.headers.get("idempotency-key")
    key = answers.read_key(header) if header is not None else ""
    now = clock.now()
    with request.app.state.records.begin() as conn:
        kept = answers.recall(conn, caller.key, key, print_, now=now) if key else None
        if kept is not None:
            headers = {"Idempotency-Replayed": "true"}
            return Response(kept.body, kept.status, media_type="application/json", headers=headers)
        name = stable_key(caller.key, key, print_.hex()) if key else secrets.token_hex(16)
        body = work(conn, name).model_dump_json().encode()
        if key:
            answers.keep(conn, caller.key, key, print_, calls.Answer(status=status, body=body), now=now)
    return Response(body, status, media_type="application/json")


class MoreHeaders:
    """The middleware that adds what a call's limit says to its answer, whatever the answer is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""

        async def told(message: Message) -> None:
            more = scope.get("state", {}).get("more_headers") if message["type"] == "http.response.start" else None
            if more:
                own = {name.lower() for name in more}
                others = [one for one in message["headers"] if one[0].decode("latin-1").lower() not in own]
                added = [(name.lower().encode(), value.encode()) for name, value in more.items()]
                message = {**message, "headers": [*others, *added]}
            await send(message)

        await self._app(scope, receive, told)
