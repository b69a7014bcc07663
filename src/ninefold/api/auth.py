"""Who calls the API: the holder of a bearer token, or somebody who signed in and has a session's cookie.

A browser sends cookies by itself, so what a cookie changes needs more: the call comes from our own pages, and it has
the session's CSRF token in a header.
"""

import hmac
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ninefold.base import refused
from ninefold.governance import Keys, Principal, users

from .scope import OWN, check_scope

COOKIE: Final = "ninefold_session"
CSRF_HEADER: Final = "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})

_bearer = HTTPBearer(auto_error=False, description="a token from `ninefold init` or `ninefold keys`")
_cookie = APIKeyCookie(
    name=COOKIE, auto_error=False,
    description="a session of `POST /v1/session`; all but GET needs its `csrf` in the header `X-CSRF-Token`",
)  # fmt: skip


async def principal(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> Principal:
    """The caller; 401 without a living token or session."""
    found = await _caller(request, credentials, cookie)
    if found is None:
        raise HTTPException(401, "sign in, or send a valid bearer token", headers={"WWW-Authenticate": "Bearer"})
    request.state.principal = found  # the audit trail names the caller
    if found.scope.node:  # then people are looked up
        await run_in_threadpool(check_scope, request, found)
    else:
        check_scope(request, found)
    return found


def check_origin(request: Request) -> None:
    """Refuse a changing call that a page of another site made; what is no browser says nothing of this and passes.

    Raises:
        Error: refused ``cross_origin``.
    """
    if request.method in _SAFE:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = site in _OURS if site else not origin or urlsplit(origin).netloc == request.headers.get("host")
    if not ours:
        raise refused("cross_origin", "a page of another site made this call", hint="use the console's own address")


async def _caller(
    request: Request, credentials: HTTPAuthorizationCredentials | None, cookie: str | None
) -> Principal | None:
    if credentials is not None:
        return await _known(request.app.state.keys, credentials.credentials)
    if not cookie:
        return None
    sessions: users.Sessions = request.app.state.door.sessions
    opened = sessions.opened(cookie) if sessions.remembers(cookie) else await run_in_threadpool(sessions.opened, cookie)
    if opened is None:
        return None
    _check_session(request, cookie, opened)
    request.state.session = opened
    return opened.principal


def _check_session(request: Request, cookie: str, opened: users.Opened) -> None:
    check_origin(request)
    sent = request.headers.get(CSRF_HEADER, "")
    if request.method not in _SAFE and not hmac.compare_digest(sent.encode(), users.csrf_of(cookie).encode()):
        raise refused("bad_csrf", "this call does not come from the page that you signed in with",
                      hint="send `csrf` of GET /v1/session in the header X-CSRF-Token")  # fmt: skip
    route = str(getattr(request.scope.get("route"), "path", ""))
    if opened.must_change and not route.startswith(OWN):
        raise refused("password_change_needed", "choose a password of your own first", hint="POST /v1/session/password")


async def _known(keys: Keys, token: str) -> Principal | None:
    """Whose token it is: from memory at once, else asked for in a thread, so that no other call waits for it."""
    return keys.principal_of(token) if keys.remembers(token) else await run_in_threadpool(keys.principal_of, token)


Caller = Annotated[Principal, Depends(principal)]
