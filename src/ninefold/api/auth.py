"""Bearer tokens of the API."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ninefold.governance import Keys, Principal

from .scope import check_scope

_bearer = HTTPBearer(auto_error=False, description="a token from `ninefold init` or `ninefold keys`")


async def principal(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Principal:
    """The caller; 401 without a living token."""
    keys: Keys = request.app.state.keys
    found = await _known(keys, credentials.credentials) if credentials else None
    if found is None:
        raise HTTPException(401, "a valid bearer token is needed", headers={"WWW-Authenticate": "Bearer"})
    request.state.principal = found  # the audit trail names the caller
    if found.scope.node:  # then people are looked up
        await run_in_threadpool(check_scope, request, found)
    else:
        check_scope(request, found)
    return found


async def _known(keys: Keys, token: str) -> Principal | None:
    """Whose token it is: from memory at once, else asked for in a thread, so that no other call waits for it."""
    return keys.principal_of(token) if keys.remembers(token) else await run_in_threadpool(keys.principal_of, token)


Caller = Annotated[Principal, Depends(principal)]
