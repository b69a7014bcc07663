"""PostHog's paths, keys, answers, and what its SDKs ask: flags (there are none) and remote configuration."""

import json
from collections.abc import Iterator

import msgspec

from ninefold.base import Error
from ninefold.collect.event import Event
from ninefold.collect.model import Decoded, ItemStatement, Request, Response
from ninefold.collect.wires import answers
from ninefold.collect.wires.keys import bearer_key, header_key, query_keys
from ninefold.collect.wires.wire import Ask, Endpoint, SourceOf, Wire

from .decoding import decode, refuse_personal, unpack
from .openapi import PATHS

_BOTH = ("GET", "POST")
_SINGLE = ("/capture", "/e", "/i/v0/e", "/track", "/batch", "/i/v0/ai/batch")
_OK = Response(status=200, body=b'{"status":"Ok"}')
_NO_FLAGS = {
    "flags": {},
    "featureFlags": {},
    "featureFlagPayloads": {},
    "errorsWhileComputingFlags": False,
    "requestId": None,
}
_CONFIG = {
    "supportedCompression": ["gzip", "gzip-js"],
    "hasFeatureFlags": False,
    "isAuthenticated": False,
    "toolbarParams": {},
    "sessionRecording": False,
    "surveys": False,
    "heatmaps": False,
    "captureDeadClicks": False,
    "capturePerformance": False,
    "autocaptureExceptions": False,
    "errorTracking": {"autocaptureExceptions": False},
    "autocapture_opt_out": False,
    "analytics": {"endpoint": "/i/v0/e/"},
    "siteApps": [],
}


def _keys(request: Request) -> Iterator[str]:
    bearer = bearer_key(request) if request.call == "v1" else ()
    for key in (*bearer, *header_key(request), *query_keys(request, "api_key", "token")):
        refuse_personal(key)
        yield key


def _success(request: Request, decoded: Decoded) -> Response:
    if request.call != "v1":
        return _OK
    return Response(status=200, body=msgspec.json.encode({"results": _results(decoded)}))


def _results(decoded: Decoded) -> dict[str, dict[str, str]]:
    """A verdict per event: what was put aside is told as dropped, so that nobody sends it again."""
    results: dict[str, dict[str, str]] = {}
    for outcome in decoded.outcomes:
        if isinstance(outcome, Event):
            warnings = outcome.props.get("$warnings")
            verdict = {"result": "warning", "details": warnings} if warnings else {"result": "ok"}
        elif isinstance(outcome, ItemStatement):
            verdict = {"result": "ok"}
        else:
            verdict = {"result": "drop", "details": f"quarantined: {outcome.code}: {outcome.reason}"}
        results[outcome.message_id] = verdict
    return results


def _failure(_request: Request, error: Error) -> Response:
    """PostHog's members beside ours."""
    told = answers.failure(_request, error)
    status = answers.status_of(error)
    kind = "authentication_error" if status == 401 else "validation_error" if status < 500 else "server_error"
    body = {"type": kind, "detail": error.message, "success": False, **error.as_dict()}
    return Response(status=told.status, body=msgspec.json.encode(body), headers=told.headers)


async def _flags(_request: Request, _source_of: SourceOf) -> Response:
    """No flags, for everybody: none are kept here, and an SDK without an answer would ask again and again."""
    return answers.as_json(_NO_FLAGS)


async def _config(request: Request, source_of: SourceOf) -> Response:
    """Remote configuration of the browser SDK."""
    return answers.as_json(await _configured(request, source_of))


async def _config_script(request: Request, source_of: SourceOf) -> Response:
    """The same as a script."""
    found = await _configured(request, source_of)
    key = json.dumps(found["token"]).replace("<", "\\u003c")
    config = json.dumps(found).replace("<", "\\u003c")
    script = (
        "(function() {\n  window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {};\n"
        "  window._POSTHOG_REMOTE_CONFIG[" + key + "] = {config: " + config + ", siteApps: []};\n})();\n"
    )
    headers = (("Content-Type", "application/javascript"), ("Cache-Control", "no-cache"))
    return Response(status=200, body=script.encode(), headers=headers)


async def _configured(request: Request, source_of: SourceOf) -> dict[str, object]:
    key = request.params["key"]
    refuse_personal(key)
    if await source_of(key) is None:
        raise answers.unauthorised(given=True)
    return {"token": key, **_CONFIG}


def _slashed(path: str, call: str) -> tuple[Endpoint, Endpoint]:
    return Endpoint(path=path, call=call, methods=_BOTH), Endpoint(path=path + "/", call=call, methods=_BOTH)


POSTHOG = Wire(
    kind="posthog",
    endpoints=(
        *(endpoint for path in _SINGLE for endpoint in _slashed(path, "capture")),
        *_slashed("/engage", "engage"),
        Endpoint(path="/i/v1/analytics/events", call="v1"),
        Endpoint(path="/i/v1/analytics/events/", call="v1"),
    ),
    asks=(
        *(Ask(path=path, answer=_flags, methods=_BOTH) for path in ("/flags", "/flags/", "/decide", "/decide/")),
        Ask(path="/array/{key}/config", answer=_config),
        Ask(path="/array/{key}/config.js", answer=_config_script),
    ),
    keys=_keys,
    unpack=unpack,
    decode=decode,
    success=_success,
    failure=_failure,
    told={"status": "Ok"},
    openapi=PATHS,
)
