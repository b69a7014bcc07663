"""Signing in with a company account. Both routes are where a browser goes, so refusals lead back to the console."""

from typing import Final

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from ninefold.base import Error
from ninefold.governance import audit, oidc, users

from .common import address_of, agent_of, enter, is_secure

router = APIRouter(prefix="/v1/session/oidc", tags=["session"])

_BEGUN: Final = "ninefold_oidc"
_PATH: Final = "/v1/session/oidc"
_log = structlog.get_logger("ninefold.api")


@router.get("/start", status_code=303, response_class=RedirectResponse)
async def start(request: Request) -> RedirectResponse:
    """Go to the provider of company accounts; the way back leads to `/`, or to `/#refused=` and the reason's code."""
    openid: oidc.OpenId = request.app.state.door.openid
    try:
        begun = await openid.start(request.app.state.door.redirect or str(request.url_for("callback")))
    except Error as error:
        return _refused(error)
    answer = RedirectResponse(begun.url, 303, headers={"Cache-Control": "no-store"})
    # Lax: the provider's page sends the browser back here, and this cookie must come along.
    answer.set_cookie(
        _BEGUN, begun.kept, max_age=600, path=_PATH, httponly=True, samesite="lax", secure=is_secure(request)
    )
    return answer


@router.get("/callback", status_code=303, response_class=RedirectResponse)
async def callback(request: Request) -> RedirectResponse:
    """Where the provider sends the browser back to: opens the session."""
    openid: oidc.OpenId = request.app.state.door.openid
    try:
        who = await openid.finish(request.cookies.get(_BEGUN, ""), request.query_params)
        secret = await run_in_threadpool(_opened, request, who)
    except Error as error:
        answer = _refused(error)
    else:
        answer = RedirectResponse("/", 303)
        await enter(request, answer, secret)
    answer.delete_cookie(_BEGUN, path=_PATH)
    return answer


def _opened(request: Request, who: oidc.Claimed) -> str:
    """A session of the user, with its entry in the audit log: both or neither."""
    state, address = request.app.state, address_of(request)
    people: users.Users = state.door.users
    sessions: users.Sessions = state.door.sessions
    book: audit.AuditLog = state.audit
    with state.records.begin() as conn:
        person = people.vouched(conn, who, create=state.door.openid.provider.create)
        secret = sessions.open(conn, user=person.id, method="oidc", address=address, agent=agent_of(request))
        facts = {"method": "oidc", "roles": list(person.roles)}
        entry = audit.AuditEntry(actor=person.login, verb="sign-in", target=person.login, origin=address, detail=facts)
        book.append(conn, [entry])
    return secret


def _refused(error: Error) -> RedirectResponse:
    _log.warning("sign-in refused", code=error.code, message=error.message)
    return RedirectResponse(f"/#refused={error.code}", 303)
