"""OpenAPI path items of the PostHog wire, with an example for every body."""

from collections.abc import Mapping

from ninefold.collect.wires.openapi import Json, accepted, answer, body, in_path, operation, query

_EVENT: Json = {
    "event": "Order Completed",
    "distinct_id": "u1",
    "uuid": "0197a1f0-0000-7000-8000-000000000001",
    "timestamp": "2026-06-01T07:59:00Z",
    "properties": {"order_id": "o1", "revenue": 199.9, "currency": "CNY", "$set": {"email": "ana@example.org"}},
}
_OK = accepted({"status": "Ok"})
_SINGLE = body(example={"api_key": "nfw_…", **_EVENT})
_BATCH = body(example={"api_key": "nfw_…", "batch": [_EVENT], "sent_at": "2026-06-01T08:00:00Z"})
_ENGAGE = body(example={"token": "nfw_…", "$distinct_id": "u1", "$set": {"email": "ana@example.org"}})
_V1 = accepted({"results": {"0197a1f0-0000-7000-8000-000000000001": {"result": "ok"}}})
_QUERY = query(
    "data", "api_key", "compression", "_", "receipts",
    examples={"data": "eyJldmVudCI6…", "api_key": "nfw_…", "compression": "base64", "receipts": "1"},
)  # fmt: skip
_FLAGS: Json = {"flags": {}, "featureFlags": {}, "featureFlagPayloads": {}, "errorsWhileComputingFlags": False}


def _writes(path: str, request_body: Json) -> Json:
    name = path.strip("/").replace("/", "_")
    return {
        "post": operation(
            f"Events of PostHog's SDKs ({path})",
            operation_id=f"posthog_{name}",
            success=_OK,
            request_body=request_body,
            parameters=_QUERY[1:],
        ),
        "get": operation(
            f"Events of PostHog's SDKs by GET ({path})",
            operation_id=f"posthog_{name}_get",
            success=_OK,
            parameters=_QUERY,
        ),
    }


def _asks(path: str) -> Json:
    name = path.strip("/")
    found = answer("no flags, for everybody", example=_FLAGS)
    asked = body(example={"api_key": "nfw_…", "distinct_id": "u1"})
    return {
        "post": operation(
            f"Feature flags ({path})", operation_id=f"posthog_{name}", success=found, request_body=asked
        ),
        "get": operation(f"Feature flags by GET ({path})", operation_id=f"posthog_{name}_get", success=found),
    }  # fmt: skip


PATHS: Mapping[str, object] = {
    **{path: _writes(path, _SINGLE) for path in ("/capture", "/e", "/i/v0/e", "/track")},
    **{path: _writes(path, _BATCH) for path in ("/batch", "/i/v0/ai/batch")},
    "/engage": _writes("/engage", _ENGAGE),
    "/i/v1/analytics/events": {
        "post": operation(
            "Events with a verdict for each (PostHog: capture v1)",
            operation_id="posthog_v1",
            success=_V1,
            request_body=body(example={"created_at": "2026-06-01T08:00:00Z", "batch": [{**_EVENT, "options": {}}]}),
        )
    },
    "/flags": _asks("/flags"),
    "/decide": _asks("/decide"),
    "/array/{key}/config": {
        "get": operation(
            "Remote configuration of PostHog's browser SDK",
            operation_id="posthog_config",
            success=answer("the configuration", example={"token": "nfw_…", "hasFeatureFlags": False}),
            parameters=[in_path("key", example="nfw_…")],
        )
    },
    "/array/{key}/config.js": {
        "get": operation(
            "The same as a script",
            operation_id="posthog_config_script",
            success=answer("a script", example="(function() { … })();", media="application/javascript"),
            parameters=[in_path("key", example="nfw_…")],
        )
    },
}
