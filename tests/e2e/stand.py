"""A server for the console alone: the real pages, a session, and a ``/v1/status`` that says what a test wants."""

import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ninefold.console import routes

from .statuses import now

TOKEN = "nft_e2e-token"  # the stand accepts no other
USER, PASSWORD = "li.lei@example.com", "brook lantern sixty plum"
CSRF = "5f0c1e"
COOKIE = "ninefold_session"


class Stand:
    """Serves on a port of its own until it is stopped; can be started again on the same one."""

    def __init__(self) -> None:
        self.make: Callable[[datetime], dict[str, Any]] | None = None
        self.failure: tuple[int, dict[str, str]] | None = None
        self.delay = 0.0
        self.asked = 0
        self._port = _free_port()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def open_url(self) -> str:
        """The address with the token in it, as a command would print it."""
        return f"{self.url}/#token={TOKEN}"

    def start(self) -> None:
        app = Starlette(routes=[*routes(), Route("/v1/status", self._status), *_session_routes()])
        config = uvicorn.Config(app, host="127.0.0.1", port=self._port, log_level="error", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        end = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < end, "the stand did not start"
            time.sleep(0.01)

    def stop(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(10)
        self._server = self._thread = None

    def start_again(self) -> None:
        """Starts it if it was stopped."""
        if self._server is None:
            self.start()

    def _status(self, request: Request) -> Response:
        self.asked += 1
        time.sleep(self.delay)
        if COOKIE not in request.cookies:
            return _unknown()
        if self.failure is not None:
            return JSONResponse(self.failure[1], status_code=self.failure[0])
        assert self.make is not None
        return JSONResponse(self.make(now()))


def _session_routes() -> list[Route]:
    """Signing in, as the API does it, for the one who is known here."""

    async def sign_in(request: Request) -> Response:
        given = await request.json()
        if given != {"token": TOKEN} and (given.get("user"), given.get("password")) != (USER, PASSWORD):
            return _unknown()
        answer = JSONResponse(_who())
        answer.set_cookie(COOKIE, "open", httponly=True, samesite="strict")
        return answer

    def who(request: Request) -> Response:
        return JSONResponse(_who()) if COOKIE in request.cookies else _unknown()

    def sign_out(request: Request) -> Response:
        assert request.headers["x-csrf-token"] == CSRF
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE)
        return answer

    return [
        Route("/v1/session/token", sign_in, methods=["POST"]),
        Route("/v1/session", sign_in, methods=["POST"]),
        Route("/v1/session", who, methods=["GET"]),
        Route("/v1/session", sign_out, methods=["DELETE"]),
    ]


def _who() -> dict[str, Any]:
    return {
        "user": USER, "name": "Li Lei", "roles": ["operator"], "verbs": ["read"], "clear": [], "node": "", "csrf": CSRF,
        "expires_at": None, "must_change": False, "method": "password",
    }  # fmt: skip


def _unknown() -> Response:
    body = {"code": "wrong_credentials", "message": "user, password or code is wrong", "hint": "", "kind": "refused"}
    return JSONResponse(body, status_code=401)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
