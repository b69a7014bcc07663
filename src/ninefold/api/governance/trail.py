"""Every changing call and every read of personal data is in the audit log before its answer leaves.

The entry is written between the endpoint's end and the first byte of the answer: when it cannot be written, the
caller gets 503 and no data.
"""

import hashlib
from collections.abc import MutableMapping
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ninefold.base import Error
from ninefold.governance import audit as book

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_PERSONAL = (
    "/v1/people",
    "/v1/customers",
    "/v1/changes",
    "/v1/quarantine",
    "/v1/privacy",
    "/v1/retention/holds",
    "/v1/consents",
    "/v1/memberships",
    "/v1/org/{code}/numbers/{number}",
    "/v1/identity/reviews",
    "/v1/identity/rules/changes/{change}/people",
    "/v1/reviews",
)
_MEMBERS = ("/members", "/why/{reference}", "/held")
_NO_CHANGE = (
    "/v1/definitions/plan",
    "/v1/audit/verify",
    "/v1/conditions/inspect",
    "/v1/analysis/run",
    "/v1/reviews/counts",
    "/v1/reviews/bulk/preview",
)  # a POST, for it has a body, that changes nothing


def note(request: Request, **facts: object) -> None:
    """Add facts to the audit entry of a call: ``target`` and ``verb`` as they are, the others as details."""
    request.scope.setdefault("state", {}).setdefault("audit", {}).update(facts)


class Trail:
    """The middleware that writes the audit log."""

    def __init__(self, app: ASGIApp, audit: book.AuditLog) -> None:
        self._app = app
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {}).setdefault("audit", {})
        failed = False

        async def audited(message: Message) -> None:
            nonlocal failed
            if message["type"] == "http.response.start":
                entry = entry_of(scope, int(message["status"]))
                if entry is not None:
                    try:
                        await run_in_threadpool(self._audit.record, entry)
                    except Error as error:
                        failed = True
                        await _unavailable(error)(scope, receive, send)
            if not failed:
                await send(message)

        try:
            await self._app(scope, receive, audited)
        except Exception:
            if (entry := entry_of(scope, 500)) is not None:
                await run_in_threadpool(self._audit.record, entry)
            raise


def entry_of(scope: MutableMapping[str, Any], status: int) -> book.AuditEntry | None:
    """What is written about a call; nothing about calls of nobody known and about reads that show nobody."""
    state = scope.get("state", {})
    principal = state.get("principal")
    route = getattr(scope.get("route"), "path", "")  # the template, not the address
    if principal is None or not route:
        return None
    method = scope["method"]
    facts = dict(state.get("audit", {}))
    personal = route.startswith(_PERSONAL) or route.endswith(_MEMBERS)
    if method in _READING and (not personal or status >= 400):
        return None
    if route in _NO_CHANGE:
        return None
    parameters = scope.get("path_params", {})
    target = str(facts.pop("target", "")) or "/".join(_unnamed(str(value)) for value in parameters.values())
    verb = str(facts.pop("verb", "")) or f"{method} {route}"
    client = scope.get("client")
    return book.AuditEntry(
        actor=principal.name, verb=verb, target=target, origin=str(client[0]) if client else "command",
        detail={"status": status, **facts},
    )  # fmt: skip


def _unnamed(reference: str) -> str:
    """A path parameter without personal data: an identifier in the clear stands as its namespace and a short hash."""
    namespace, colon, value = reference.partition(":")
    return f"{namespace}:#{hashlib.sha256(value.encode()).hexdigest()[:8]}" if colon else reference[:200]


def _unavailable(error: Error) -> JSONResponse:
    body = {"code": "audit_unavailable", "message": "the audit log cannot be written, so nothing is shown or done"}
    return JSONResponse({**body, "kind": error.kind.value, "hint": "try again"}, 503, {"Retry-After": "1"})
