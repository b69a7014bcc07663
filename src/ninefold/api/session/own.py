"""What somebody who is signed in does for themselves: password, second factor, their other browsers."""

from typing import Annotated

import segno
from fastapi import APIRouter, Path, Request

from ninefold.api.governance import note
from ninefold.base import invalid
from ninefold.governance import users

from .common import address_of, hashing, own, refusal
from .shapes import CodeIn, EnrolmentOut, OwnSessionOut, PasswordIn, RecoveryOut, RemoveIn

router = APIRouter(
    prefix="/v1/session", tags=["session"], responses={429: {"description": "too many attempts; see Retry-After"}}
)


@router.post("/password", status_code=204)
async def change_password(request: Request, body: PasswordIn) -> None:
    """Change one's own password; every other session of the user ends."""
    opened = own(request)
    people: users.Users = request.app.state.door.users
    await _check_password(request, opened, body.old)

    def changed() -> None:
        with request.app.state.records.begin() as conn:
            people.change_password(conn, opened.user, body.old, body.password, session=opened.id)

    await hashing(changed)
    note(request, verb="password changed", target=opened.principal.name)


@router.post("/totp")
def begin_totp(request: Request) -> EnrolmentOut:
    """Begin with an authenticator app: a new secret, which counts when it is confirmed."""
    opened = own(request)
    with request.app.state.records.begin() as conn:
        begun = _factors(request).enrol(conn, opened.user)
    note(request, verb="second factor begun", target=opened.principal.name)
    return EnrolmentOut(secret=begun.secret, uri=begun.uri, qr=segno.make(begun.uri, micro=False).svg_data_uri(scale=4))


@router.post("/totp/confirm")
def confirm_totp(request: Request, body: CodeIn) -> RecoveryOut:
    """Ask for codes from now on: the new app's code was right. The answer has the recovery codes, shown only here."""
    opened = own(request)
    with request.app.state.records.begin() as conn:
        codes = _factors(request).confirm(conn, opened.user, body.code)
    note(request, verb="second factor on", target=opened.principal.name)
    return RecoveryOut(recovery_codes=list(codes))


@router.post("/totp/remove", status_code=204)
async def remove_totp(request: Request, body: RemoveIn) -> None:
    """Ask for codes no more; needs the password once more."""
    opened = own(request)
    await _check_password(request, opened, body.password)

    def removed() -> None:
        with request.app.state.records.begin() as conn:
            _factors(request).remove(conn, opened.user)

    await hashing(removed)
    note(request, verb="second factor off", target=opened.principal.name)


@router.get("/list")
def list_sessions(request: Request) -> list[OwnSessionOut]:
    """The browsers that one is signed in with, the last used first."""
    opened = own(request)
    sessions: users.Sessions = request.app.state.door.sessions
    with request.app.state.records.begin() as conn:
        found = sessions.listed(conn, opened.user)
    return [
        OwnSessionOut(
            id=one.id, current=one.id == opened.id, opened_at=one.opened_at, seen_at=one.seen_at,
            expires_at=one.expires_at, address=one.address, agent=one.agent, method=one.method,
        )
        for one in found
    ]  # fmt: skip


@router.delete("/list", status_code=204)
def end_other_sessions(request: Request) -> None:
    """End all of one's own sessions but this one."""
    opened = own(request)
    sessions: users.Sessions = request.app.state.door.sessions
    with request.app.state.records.begin() as conn:
        ended = sessions.end_all(conn, opened.user, but=opened.id)
    note(request, verb="sessions ended", target=opened.principal.name, sessions=ended)


@router.delete("/list/{session_id}", status_code=204)
def end_session(request: Request, session_id: Annotated[int, Path(ge=1, le=2**63 - 1)]) -> None:
    """End one of one's own sessions."""
    opened = own(request)
    sessions: users.Sessions = request.app.state.door.sessions
    with request.app.state.records.begin() as conn:
        sessions.end_one(conn, opened.user, session_id)
    note(request, verb="session ended", target=opened.principal.name, session=session_id)


async def _check_password(request: Request, opened: users.Opened, password: str) -> None:
    door: users.SignIn = request.app.state.door.sign_in
    wrong = await hashing(lambda: door.check(opened, password, address_of(request)))
    if wrong is None:
        return
    if wrong.code == "wrong_credentials":
        raise invalid("wrong_password", "this is not your password", field="password")
    raise refusal(wrong)


def _factors(request: Request) -> users.Factors:
    found: users.Factors = request.app.state.door.factors
    return found
