"""Signing in and out. The session's secret travels only in a cookie that scripts cannot read."""

import asyncio
import time
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from ninefold.api.auth import COOKIE, Caller, check_origin
from ninefold.api.governance import note
from ninefold.governance import Keys, users

from .common import address_of, agent_of, book, enter, hashing, is_secure, of_session, refusal, shown
from .shapes import LinkIn, LinkOut, SessionOut, SignInIn, TokenIn

entrance = APIRouter(prefix="/v1/session", tags=["session"])
router = APIRouter(prefix="/v1/session", tags=["session"])

_SAME_SECONDS: Final = 0.2
"""No refusal of a sign-in comes sooner, so that its time says nothing of what was wrong."""


@entrance.post("", responses={429: {"description": "too many attempts; see Retry-After"}})
async def sign_in(request: Request, response: Response, body: SignInIn) -> SessionOut:
    """Sign in with a password: sets the session's cookie."""
    check_origin(request)
    began = time.monotonic()
    attempt = users.Attempt(
        login=body.user, password=body.password, code=body.code, address=address_of(request), agent=agent_of(request)
    )
    door: users.SignIn = request.app.state.door.sign_in
    done = await hashing(lambda: door.with_password(attempt))
    if isinstance(done, users.Refusal):
        if done.code != "too_many_attempts":
            book(request, done.login or "somebody unknown", "sign-in refused", reason=done.code)
        await asyncio.sleep(max(0.0, began + _SAME_SECONDS - time.monotonic()))
        raise refusal(done)
    secret, login = done
    book(request, login, "sign-in", method="password")
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
    sessions: users.Sessions = request.app.state.door.sessions

    def opened() -> str:
        with request.app.state.records.begin() as conn:
            return sessions.open(
                conn, key=known.key, method="token", address=address_of(request), agent=agent_of(request)
            )

    secret = await run_in_threadpool(opened)
    book(request, known.name, "sign-in", method="token")
    return await enter(request, response, secret)


@entrance.post("/link")
async def take_link(request: Request, body: LinkIn) -> LinkOut:
    """Choose a password with a one-time link; then sign in with it."""
    check_origin(request)
    people: users.Users = request.app.state.door.users

    def taken() -> users.Person:
        with request.app.state.records.begin() as conn:
            return people.take_link(conn, body.token, body.password)

    person = await hashing(taken)
    book(request, person.login, "password chosen", method="link")
    return LinkOut(user=person.login)


@router.get("")
def who_am_i(request: Request, caller: Caller) -> SessionOut:
    """Who is signed in, what they may, and the CSRF token of the session."""
    opened: users.Opened | None = getattr(request.state, "session", None)
    if opened is None:
        return shown(caller, method="bearer", name=caller.name)
    return of_session(opened, request.cookies[COOKIE])


@router.delete("", status_code=204)
async def sign_out(request: Request, response: Response) -> None:
    """End the session and drop its cookie; a bearer token goes on."""
    sessions: users.Sessions = request.app.state.door.sessions
    if getattr(request.state, "session", None) is not None:
        await run_in_threadpool(sessions.end, request.cookies[COOKIE])
    note(request, verb="sign-out")
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=is_secure(request))
