"""What the routes of sign-in share: cookies, refusals, the threads that hash, the caller's own session."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final, TypeVar

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from ninefold.api.auth import COOKIE
from ninefold.api.governance import note
from ninefold.base import Error, Kind
from ninefold.governance import Principal, Scope, users

from .shapes import SessionOut

_Done = TypeVar("_Done")

_HASHERS: Final = ThreadPoolExecutor(4, thread_name_prefix="password")
"""Where passwords are checked: others wait here and not in the threads of all calls. Each takes 19 MiB and 20 ms."""
_WORDS: Final = {
    "wrong_credentials": ("user, password or code is wrong", "after a few attempts there is a pause"),
    "code_needed": ("a code is needed as well", "send the code of your authenticator, or a recovery code, in `code`"),
    "too_many_attempts": ("there were too many attempts", "wait, or ask an admin to reset the password"),
}


async def hashing(work: Callable[[], _Done]) -> _Done:
    """Do what hashes a password, where it keeps no other call waiting."""
    return await asyncio.get_running_loop().run_in_executor(_HASHERS, work)


async def enter(request: Request, response: Response, secret: str) -> SessionOut:
    """Set the cookie of a session just opened, end the one that the browser had, and say who is in."""
    sessions: users.Sessions = request.app.state.door.sessions
    if former := request.cookies.get(COOKIE):
        await run_in_threadpool(sessions.end, former)
    opened = await run_in_threadpool(sessions.opened, secret)
    if opened is None:
        raise refusal(users.Refusal(code="wrong_credentials"))
    response.set_cookie(COOKIE, secret, path="/", httponly=True, samesite="strict", secure=is_secure(request))
    response.headers["Cache-Control"] = "no-store"
    return of_session(opened, secret)


def own(request: Request) -> users.Opened:
    """The session of a user.

    Raises:
        Error: refused ``no_user`` for tokens and for sessions opened with one.
    """
    opened: users.Opened | None = getattr(request.state, "session", None)
    if opened is None or not opened.user:
        raise Error(Kind.REFUSED, "no_user", "only somebody who signed in as a user can do this",
                    hint="sign in with a password")  # fmt: skip
    return opened


def refusal(why: users.Refusal) -> Error:
    """Why somebody was not let in, as the API says it."""
    message, hint = _WORDS[why.code]
    wait = why.code == "too_many_attempts"
    return Error(Kind.REFUSED, why.code, message, hint=hint, retryable=wait, retry_seconds=why.retry_seconds)


def book(request: Request, actor: str, verb: str, **facts: object) -> None:
    """See to it that the audit log names who signed in, or tried to: nobody is known as the caller yet."""
    request.state.principal = Principal(name=actor, scope=Scope(verbs=frozenset(), clear=frozenset()))
    note(request, verb=verb, target=actor, **facts)


def of_session(opened: users.Opened, secret: str) -> SessionOut:
    """A session as its page needs it."""
    who, until = opened.principal, opened.expires_at
    said = shown(who, method=opened.method, name=opened.name, roles=opened.roles, until=until)
    return said.model_copy(update={"csrf": users.csrf_of(secret), "must_change": opened.must_change})


def shown(
    caller: Principal, *, method: str, name: str, roles: tuple[str, ...] = (), until: datetime | None = None
) -> SessionOut:
    """A caller and the caller's right."""
    scope: Scope = caller.scope
    return SessionOut(
        user=caller.name, name=name, roles=list(roles), verbs=list(scope.may), clear=sorted(scope.clear),
        node=scope.node, csrf="", expires_at=until, method=method,
    )  # fmt: skip


def address_of(request: Request) -> str:
    """The network address of a caller."""
    return request.client.host if request.client else ""


def agent_of(request: Request) -> str:
    """What the caller's browser calls itself."""
    return request.headers.get("user-agent", "")


def is_secure(request: Request) -> bool:
    """Whether the browser came by https, so that its cookies never go without."""
    return request.url.scheme == "https"
