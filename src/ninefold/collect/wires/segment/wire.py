"""Segment's and RudderStack's paths, keys, answers, and what their browser SDKs ask first."""

import json
from collections.abc import Iterator

from ninefold.base import Error, Kind, missing
from ninefold.collect.model import Decoded, Limits, Request, Response
from ninefold.collect.wires import answers
from ninefold.collect.wires.body import open_body
from ninefold.collect.wires.keys import basic_key, query_keys
from ninefold.collect.wires.wire import Ask, Endpoint, Envelope, SourceOf, Wire

from .decoding import CALLS, decode, open_envelope
from .openapi import PATHS

_LETTERS = {
    "i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias", "b": "batch",
}  # fmt: skip
_PIXEL_FIELDS = frozenset(("anonymousId", "userId", "event", "name", "category", "timestamp", "sentAt", "messageId"))
_PIXEL_OTHERS = frozenset(("writeKey", "context", "properties", "receipts"))


def _keys(request: Request) -> Iterator[str]:
    """Basic, then the query. A Bearer token stands beside a write key in the body and is not checked here."""
    yield from basic_key(request)
    yield from query_keys(request, "writeKey")


def _unpack(request: Request, limits: Limits) -> Envelope:
    if request.method == "GET":
        return Envelope(call=request.call, items=(_pixel_item(request),))
    data = open_body(request.body, encoding=request.encoding, limit=limits.max_request_bytes)
    return open_envelope(data, request.call)


def _pixel_item(request: Request) -> bytes:
    """A call by GET, all of it in the query; parameters that mean nothing to us are properties."""
    query = request.query
    item: dict[str, object] = {key: value for key, value in query.items() if key in _PIXEL_FIELDS}
    item["properties"] = _object(query.get("properties")) | {
        key: value for key, value in query.items() if key not in _PIXEL_FIELDS and key not in _PIXEL_OTHERS
    }
    item["context"] = _object(query.get("context"))
    return json.dumps(item).encode()


def _object(text: str | None) -> dict[str, object]:
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _success(request: Request, decoded: Decoded) -> Response:
    done = answers.success(request, decoded)
    return answers.as_image(done) if request.method == "GET" else done


def _failure(request: Request, error: Error) -> Response:
    told = answers.failure(request, error)
    return answers.as_image(told) if request.method == "GET" and request.path.startswith("/pixel/") else told


async def _ignore(_request: Request, _source_of: SourceOf) -> Response:
    """Metrics of Segment's SDKs are answered and not kept."""
    return Response(status=200, body=b'{"success":true}')


async def _settings(request: Request, source_of: SourceOf) -> Response:
    """What analytics.js asks first: where to send to."""
    write_key = request.params["write_key"]
    if await source_of(write_key) is None:
        raise missing("unknown_write_key", "no source has this write key", field="writeKey")
    target = {
        "apiKey": write_key,
        "apiHost": f"{request.headers.get('host', '')}/v1",
        "protocol": request.scheme,
        "type": "browser",
        "unbundledIntegrations": [],
    }
    return answers.as_json(
        {
            "integrations": {"Segment.io": target},
            "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
            "edgeFunction": {},
            "analyticsNextEnabled": True,
            "middlewareSettings": {},
            "enabledMiddleware": {},
            "metrics": {"sampleRate": 0},
            "legacyVideoPluginsEnabled": False,
            "remotePlugins": [],
        }
    )


async def _source_config(request: Request, source_of: SourceOf) -> Response:
    """What RudderStack's browser SDK asks first: that its source is enabled and sends nowhere else."""
    for write_key in _keys(request):
        if (source := await source_of(write_key)) is not None:
            off = {"enabled": False}
            return answers.as_json(
                {
                    "source": {
                        "id": source.key,
                        "name": source.key,
                        "writeKey": write_key,
                        "enabled": True,
                        "workspaceId": "ninefold",
                        "config": {"statsCollection": {"errors": off, "metrics": off}},
                        "connections": [],
                        "destinations": [],
                        "dataplanes": {},
                    },
                    "updatedAt": "2026-01-01T00:00:00.000Z",
                }
            )
    raise Error(Kind.REFUSED, "invalid_write_key", "invalid write key", field="writeKey")


SEGMENT = Wire(
    kind="segment",
    endpoints=(
        *(Endpoint(path=f"/v1/{call}", call=call) for call in (*CALLS, "batch")),
        *(Endpoint(path=f"/v1/{letter}", call=call) for letter, call in _LETTERS.items()),
        Endpoint(path="/beacon/v1/batch", call="batch"),
        Endpoint(path="/pixel/v1/track", call="track", methods=("GET",)),
        Endpoint(path="/pixel/v1/page", call="page", methods=("GET",)),
    ),
    asks=(
        Ask(path="/v1/m", answer=_ignore, methods=("POST",)),
        Ask(path="/v1/projects/{write_key}/settings", answer=_settings),
        Ask(path="/sourceConfig", answer=_source_config),
        Ask(path="/sourceConfig/", answer=_source_config),
    ),
    keys=_keys,
    unpack=_unpack,
    decode=decode,
    success=_success,
    failure=_failure,
    openapi=PATHS,
)
