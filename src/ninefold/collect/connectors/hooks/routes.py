"""The path of webhooks: ``/v1/hooks/{connector}``."""

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ninefold.base import Error
from ninefold.collect.asgi import Exchange

from .desk import Hooks
from .model import HookRequest

_STATUS = {"bad_signature": 401, "not_encrypted": 401, "request_too_large": 413, "wrong_method": 405}


def hook_routes(hooks: Hooks, *, max_bytes: int) -> list[Route]:
    """The routes of webhooks, to be mounted at the root of an application; they are signed, and need no token."""

    async def endpoint(request: Request) -> Response:
        exchange = Exchange(request.scope, request.receive)
        try:
            async with asyncio.timeout(30):
                body = await exchange.body(max_bytes)
            answer = await hooks.accept(
                request.path_params["connector"],
                HookRequest(method=exchange.method, headers=exchange.headers, query=exchange.query, body=body),
            )
        except TimeoutError:
            return Response(status_code=408)
        except Error as error:
            status = _STATUS.get(error.code, error.outside.http_status)
            headers = {"Retry-After": "30"} if error.retryable else {}
            return Response(msgspec.json.encode(error.as_dict()), status, headers, media_type="application/json")
        return Response(answer.body, answer.status, dict(answer.headers), media_type=answer.media_type)

    return [Route("/v1/hooks/{connector}", endpoint, methods=["GET", "POST"])]
