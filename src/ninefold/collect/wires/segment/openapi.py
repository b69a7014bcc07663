"""OpenAPI path items of the Segment wire, with an example for every body."""

from collections.abc import Mapping

from ninefold.collect.wires.openapi import Json, accepted, answer, body, in_path, operation, query

_WHO: Json = {"userId": "u1", "anonymousId": "4f0c1c1e-7c0b-4a53-9f0b-000000000001", "messageId": "m1"}
_CALLS: Mapping[str, tuple[str, Json]] = {
    "identify": ("Who somebody is", {**_WHO, "traits": {"email": "ana@example.org", "name": "Ana"}}),
    "track": (
        "Something somebody did",
        {**_WHO, "event": "Order Completed", "properties": {"order_id": "o1", "revenue": 199.9, "currency": "CNY"}},
    ),
    "page": ("A page seen", {**_WHO, "name": "Home", "properties": {"url": "https://shop.example/"}}),
    "screen": ("A screen of an app seen", {**_WHO, "name": "Cart"}),
    "group": ("Somebody belongs to a group", {**_WHO, "groupId": "g1", "traits": {"name": "VIP"}}),
    "alias": ("Two ids are one person", {"previousId": "4f0c1c1e-7c0b-4a53-9f0b-000000000001", "userId": "u1"}),
}
_BATCH = body(
    example={
        "batch": [{"type": "track", **_CALLS["track"][1]}, {"type": "identify", **_CALLS["identify"][1]}],
        "sentAt": "2026-06-01T08:00:00Z",
    }
)
_RECEIPTS = query("receipts", examples={"receipts": "1"})
_LETTERS = {"identify": "i", "track": "t", "page": "p", "screen": "s", "group": "g", "alias": "a"}


def _write(call: str, path: str) -> Json:
    text, example = _CALLS[call]
    return {
        "post": operation(
            f"{text} (Segment: {call})",
            operation_id=f"segment_{path}",
            success=accepted(),
            request_body=body(example=example),
            parameters=_RECEIPTS,
        )
    }


def _batch(path: str) -> Json:
    return {
        "post": operation(
            "Many calls (Segment: batch)",
            operation_id=f"segment_{path}",
            success=accepted(),
            request_body=_BATCH,
            parameters=_RECEIPTS,
        )
    }


def _pixel(call: str) -> Json:
    examples = {"writeKey": "nfw_…", "userId": "u1", "anonymousId": "a1", "event": "Opened", "name": "Home"}
    names = ("writeKey", "userId", "anonymousId", "event" if call == "track" else "name")
    return {
        "get": operation(
            f"A {call} call by image",
            operation_id=f"segment_pixel_{call}",
            success=answer("a 1x1 GIF", example=None, media="image/gif"),
            parameters=query(*names, examples=examples),
        )
    }


PATHS: Mapping[str, object] = {
    **{f"/v1/{call}": _write(call, call) for call in _CALLS},
    **{f"/v1/{letter}": _write(call, letter) for call, letter in _LETTERS.items()},
    "/v1/batch": _batch("batch"),
    "/v1/b": _batch("b"),
    "/beacon/v1/batch": _batch("beacon"),
    "/pixel/v1/track": _pixel("track"),
    "/pixel/v1/page": _pixel("page"),
    "/v1/m": {
        "post": operation(
            "Metrics of Segment's SDKs; answered, not kept",
            operation_id="segment_metrics",
            success=accepted(),
            request_body=body(example={"series": []}),
        )
    },
    "/v1/projects/{write_key}/settings": {
        "get": operation(
            "What Segment's browser SDK asks before it starts",
            operation_id="segment_settings",
            success=answer("where to send to", example={"integrations": {"Segment.io": {"apiHost": "host/v1"}}}),
            parameters=[in_path("write_key", example="nfw_…")],
            more={404: "no source has this write key"},
        )
    },
    "/sourceConfig/": {
        "get": operation(
            "What RudderStack's browser SDK asks before it starts",
            operation_id="rudder_source_config",
            success=answer("the source", example={"source": {"id": "shop", "enabled": True}}),
            parameters=query("writeKey", examples={"writeKey": "nfw_…"}),
        )
    },
}
