"""Signing in and out. The session's secret travels only in a cookie that scripts cannot read."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final, TypeVar

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ninefold.api.auth import COOKIE, Caller, check_origin
from ninefold.api.governance import note
from ninefold.base import Error, Kind
from ninefold.governance import Keys, Principal, Scope, users

from .shapes import LinkIn, LinkOut, PasswordIn, SessionOut, SignInIn, TokenIn

_Done = TypeVar("_Done")

entrance = APIRouter(prefix="/v1/session", tags=["session"])
router = APIRouter(prefix="/v1/session", tags=["session"])

_SAME_SECONDS: Final = 0.2
"""No refusal of a sign-in comes sooner, so that its time says nothing of what was wrong."""
_HASHERS: Final = ThreadPoolExecutor(4, thread_name_prefix="password")
"""Where passwords are checked: others wait here and not in the threads of all calls. Each takes 19 MiB and 20 ms."""
_WORDS: Final = {
    "wrong_credentials": ("user, password or code is wrong", "after a few attempts there is a pause"),
    "code_needed": ("a code is needed as well", "send the code of your authenticator, or a recovery code, in `code`"),
    "too_many_attempts": ("there were too many attempts", "wait, or ask an admin to reset the password"),
}


@entrance.post("", responses={429: {"description": "too many attempts; see Retry-After"}})
async def sign_in(request: Request, response: Response, body: SignInIn) -> SessionOut:
    """Sign in with a password: sets the session's cookie."""
    check_origin(request)
    began = time.monotonic()
    attempt = users.Attempt(
        login=body.user, password=body.password, code=body.code, address=address_of(request), agent=_agent(request)
    )
    door: users.SignIn = request.app.state.sign_in
    done = await _hashing(lambda: door.with_password(attempt))
    if isinstance(done, users.Refusal):
        if done.code != "too_many_attempts":
            _book(request, done.login or "somebody unknown", "sign-in refused", reason=done.code)
        await asyncio.sleep(max(0.0, began + _SAME_SECONDS - time.monotonic()))
        raise refusal(done)
    secret, login = done
    _book(request, login, "sign-in", method="password")
    return await enter(request, response, secret)


@entrance.post("/token")
async def sign_in_with_token(request: Request, response: Response, body: TokenIn) -> SessionOut:
    """Open a session from a bearer token, with the token's right: what a sign-in link does."""
    check_origin(request)
    keys: Keys = request.app.state.keys
    token = body.token or request.headers.get("authorization", "").partition(" ")[2]
    known = await run_in_threadpool(keys.principal_of, token)
    if known is None:
        raise refusal(users.Refusal(code="wrong_credentials"))
    sessions: users.Sessions = request.app.state.sessions

    def opened() -> str:
        with request.app.state.records.begin() as conn:
            return sessions.open(
                conn, key=known.key, method="token", address=address_of(request), agent=_agent(request)
            )

    secret = await run_in_threadpool(opened)
    _book(request, known.name, "sign-in", method="token")
    return await enter(request, response, secret)


@entrance.post("/link")
async def take_link(request: Request, body: LinkIn) -> LinkOut:
    """Choose a password with a one-time link; then sign in with it."""
    check_origin(request)
    people: users.Users = request.app.state.users

    def taken() -> users.Person:
        with request.app.state.records.begin() as conn:
            return people.take_link(conn, body.token, body.password)

    person = await _hashing(taken)
    _book(request, person.login, "password chosen", method="link")
    return LinkOut(user=person.login)


@router.get("")
def who_am_i(request: Request, caller: Caller) -> SessionOut:
    """Who is signed in, what they may, and the CSRF token of the session."""
    opened: users.Opened | None = getattr(request.state, "session", None)
    if opened is None:
        return _shown(caller, method="bearer", name=caller.name)
    return _of_session(opened, request.cookies[COOKIE])


@router.delete("", status_code=204)
async def sign_out(request: Request, response: Response) -> None:
    """End the session and drop its cookie; a bearer token goes on."""
    sessions: users.Sessions = request.app.state.sessions
    if getattr(request.state, "session", None) is not None:
        await run_in_threadpool(sessions.end, request.cookies[COOKIE])
    note(request, verb="sign-out")
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=_secure(request))


@router.post("/password", status_code=204)
async def change_password(request: Request, body: PasswordIn) -> None:
    """Change one's own password; every other session of the user ends."""
    opened = own(request)
    people: users.Users = request.app.state.users

    def changed() -> None:
        with request.app.state.records.begin() as conn:
            people.change_password(conn, opened.user, body.old, body.password, session=opened.id)

    await _hashing(changed)
    note(request, verb="password changed", target=opened.principal.name)


async def enter(request: Request, response: Response, secret: str) -> SessionOut:
    """Set the cookie of a session just opened, end the one that the browser had, and say who is in."""
    sessions: users.Sessions = request.app.state.sessions
    if former := request.cookies.get(COOKIE):
        await run_in_threadpool(sessions.end, former)
    opened = await run_in_threadpool(sessions.opened, secret)
    if opened is None:
        raise refusal(users.Refusal(code="wrong_credentials"))
    response.set_cookie(COOKIE, secret, path="/", httponly=True, samesite="strict", secure=_secure(request))
    response.headers["Cache-Control"] = "no-store"
    return _of_session(opened, secret)


def own(request: Request) -> users.Opened:
    """The session of a user; raises refused for tokens and for sessions opened from one."""
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


def address_of(request: Request) -> str:
    """The network address of a caller."""
    return request.client.host if request.client else ""


def _of_session(opened: users.Opened, secret: str) -> SessionOut:
    shown = _shown(
        opened.principal, method=opened.method, name=opened.name, roles=opened.roles, until=opened.expires_at
    )
    return shown.model_copy(update={"csrf": users.csrf_of(secret), "must_change": opened.must_change})


def _shown(
    caller: Principal, *, method: str, name: str, roles: tuple[str, ...] = (), until: datetime | None = None
) -> SessionOut:
    scope: Scope = caller.scope
    return SessionOut(
        user=caller.name, name=name, roles=list(roles), verbs=sorted(scope.verbs), clear=sorted(scope.clear),
        node=scope.node, csrf="", expires_at=until, method=method,
    )  # fmt: skip


def _book(request: Request, actor: str, verb: str, **facts: object) -> None:
    """See to it that the audit log names who signed in, or tried to: nobody is known as the caller yet."""
    request.state.principal = Principal(name=actor, scope=Scope(verbs=frozenset(), clear=frozenset()))
    note(request, verb=verb, target=actor, **facts)


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"


async def _hashing(work: Callable[[], _Done]) -> _Done:
    """Do what hashes a password, where it keeps no other call waiting."""
    return await asyncio.get_running_loop().run_in_executor(_HASHERS, work)
