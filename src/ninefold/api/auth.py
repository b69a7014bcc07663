"""Bearer tokens of the API."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from ninefold.governance import Keys, Principal

from .scope import check_scope

_bearer = HTTPBearer(auto_error=False, description="a token from `ninefold init` or `ninefold keys`")


def principal(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Principal:
    """The caller; 401 without a living token."""
    keys: Keys = request.app.state.keys
    found = keys.principal_of(credentials.credentials) if credentials else None
    if found is None:
        raise HTTPException(401, "a valid bearer token is needed", headers={"WWW-Authenticate": "Bearer"})
    request.state.principal = found  # the audit trail names the caller
    check_scope(request, found)
    return found


Caller = Annotated[Principal, Depends(principal)]
