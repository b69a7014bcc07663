"""How errors look over HTTP: always JSON with ``code`` and ``message``, status by the kind of error."""

import math

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from ninefold.base import Error, Kind

_STATUS = {
    "idempotency_key_reused": 422, "too_many_calls": 429, "cursor_expired": 410,
    "wrong_credentials": 401, "code_needed": 401, "too_many_attempts": 429,
}  # fmt: skip
"""Codes whose status says more than their kind."""
_WITH_PASSWORDS = ("/v1/session", "/v1/users")
"""Where what was sent is never repeated."""
_log = structlog.get_logger("ninefold.api")


class Problem(BaseModel):
    """An error: what was wrong, where, and what to do next."""

    model_config = ConfigDict(extra="allow")

    code: str = Field(examples=["unknown_segment"])
    message: str = Field(examples=['there is no segment "vip"'])
    kind: str = Field(examples=["missing"])
    hint: str = Field("", examples=['did you mean "vips"?'])
    field: str = Field("", examples=["segment"])
    got: str = Field("", examples=["vip"])
    allowed: str = ""


def add_error_handlers(app: FastAPI) -> None:
    """Answer every failure in one form; details of a defect go to the log, not to the caller."""

    @app.exception_handler(Error)
    async def _known(request: Request, exc: Error) -> JSONResponse:
        _log.log(exc.outside.log_level, "refused", code=exc.code, message=exc.message, path=request.url.path)
        headers = {"Retry-After": str(max(1, math.ceil(exc.retry_seconds)))} if exc.retryable else None
        body = exc.as_dict()
        if exc.kind is Kind.DEFECT:
            body = {"code": exc.code, "message": "something went wrong on our side; it is in the log", "kind": exc.kind}
        return JSONResponse(body, status_code=_STATUS.get(exc.code, exc.outside.http_status), headers=headers)

    @app.exception_handler(RequestValidationError)
    async def _malformed(request: Request, exc: RequestValidationError) -> JSONResponse:
        first = exc.errors()[0]
        secret = request.url.path.startswith(_WITH_PASSWORDS)
        body = {
            "code": "bad_request",
            "message": str(first.get("msg", "the request is not of the documented form")),
            "kind": Kind.INVALID.value,
            "field": ".".join(str(part) for part in first.get("loc", ())),
            "got": "" if secret else ascii(first.get("input", ""))[:200],
        }
        return JSONResponse(body, status_code=422)

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, exc: HTTPException) -> JSONResponse:
        body = {"code": f"http_{exc.status_code}", "message": str(exc.detail), "kind": Kind.INVALID.value}
        return JSONResponse(body, status_code=exc.status_code, headers=exc.headers)

    @app.exception_handler(Exception)
    async def _defect(request: Request, exc: Exception) -> JSONResponse:
        _log.error("defect", path=request.url.path, exc_info=exc)
        body = {"code": "defect", "message": "something went wrong on our side; it is in the log", "kind": Kind.DEFECT}
        return JSONResponse(body, status_code=500)
