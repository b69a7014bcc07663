"""OpenAPI path items of the Snowplow wire."""

from collections.abc import Mapping

from ninefold.collect.wires.openapi import Json, answer, body, in_path, operation, query

_EVENT: Json = {
    "e": "se",
    "se_ca": "shop",
    "se_ac": "add_to_cart",
    "se_va": "19.9",
    "eid": "6a1d3bd0-7c0b-4a53-9f0b-000000000001",
    "dtm": "1780300800000",
    "stm": "1780300801000",
    "aid": "nfw_…",
    "p": "web",
    "uid": "u1",
    "duid": "4f0c1c1e-7c0b-4a53-9f0b-000000000001",
}
_BODY = body(example={"schema": "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4", "data": [_EVENT]})
_DONE: Json = {
    "description": "every event is durable: accepted, or in quarantine",
    "content": {"text/plain": {"schema": {"type": "string"}, "example": "ok"}},
}
_GIF = answer("a 1x1 GIF, whatever the status", example=None, media="image/gif")
_QUERY = query("e", "se_ca", "se_ac", "eid", "aid", "uid", "duid", examples={k: str(v) for k, v in _EVENT.items()})
_KEY = in_path("write_key", example="nfw_…")


def _post(name: str, *more: Json) -> Json:
    return operation(
        "Events of Snowplow's trackers",
        operation_id=f"snowplow_{name}",
        success=_DONE,
        request_body=_BODY,
        parameters=more,
    )


def _get(name: str, *more: Json) -> Json:
    return operation(
        "An event of Snowplow's trackers by image",
        operation_id=f"snowplow_{name}",
        success=_GIF,
        parameters=[*more, *_QUERY],
    )


_PATH = (_KEY, in_path("vendor", example="com.example"), in_path("version", example="tp2"))

PATHS: Mapping[str, object] = {
    "/com.snowplowanalytics.snowplow/tp2": {"post": _post("post"), "get": _get("get")},
    "/i": {"get": _get("pixel")},
    "/w/{write_key}/i": {"get": _get("keyed_pixel", _KEY)},
    "/w/{write_key}/{vendor}/{version}": {"post": _post("keyed_post", *_PATH), "get": _get("keyed_get", *_PATH)},
}
