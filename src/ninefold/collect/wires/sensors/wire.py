"""Sensors Data's paths, keys and answers.

Its mobile SDKs delete what is answered with anything but 2xx, 403, 404 and 5xx, so a wrong key is answered 403: the
events wait on the device until the key is mended. Browsers get a GIF.
"""

from collections.abc import Iterator

import msgspec

from ninefold.base import Error
from ninefold.collect.model import Decoded, Request, Response
from ninefold.collect.wires import answers
from ninefold.collect.wires.keys import basic_key, header_key, query_keys
from ninefold.collect.wires.wire import Ask, Endpoint, SourceOf, Wire

from .decoding import debug_errors, decode, unpack
from .openapi import PATHS

_BOTH = ("GET", "POST")
_VERSION = "1"


def _keys(request: Request) -> Iterator[str]:
    yield from query_keys(request, "token")
    yield from basic_key(request)
    yield from header_key(request)


def _is_image(request: Request) -> bool:
    return request.path.endswith(".gif") or (request.method == "GET" and request.call != "debug")


def _success(request: Request, decoded: Decoded) -> Response:
    if request.call == "debug" and (errors := debug_errors(decoded)):
        told = {"success": False, "code": "invalid_records", "message": "some records are no events", "errors": errors}
        return Response(status=400, body=msgspec.json.encode(told))
    done = answers.success(request, decoded)
    return answers.as_image(done) if _is_image(request) else done


def _failure(request: Request, error: Error) -> Response:
    told = answers.failure(request, error)
    if told.status == 401:
        told = Response(status=403, body=told.body, headers=told.headers)
    return answers.as_image(told) if _is_image(request) else told


async def _remote_config(request: Request, _source_of: SourceOf) -> Response:
    """What mobile SDKs ask: nothing is switched off, nothing is encrypted."""
    if request.query.get("v") == _VERSION:
        return Response(status=304, body=b"")
    return answers.as_json({"v": _VERSION, "configs": {"disableDebugMode": False, "disableSDK": False}})


SENSORS = Wire(
    kind="sensors",
    endpoints=(
        Endpoint(path="/sa", call="data", methods=_BOTH),
        Endpoint(path="/sa.gif", call="data", methods=_BOTH),
        Endpoint(path="/debug", call="debug", methods=_BOTH),
    ),
    asks=(Ask(path="/config/{system}.conf", answer=_remote_config),),
    keys=_keys,
    unpack=unpack,
    decode=decode,
    success=_success,
    failure=_failure,
    openapi=PATHS,
)
