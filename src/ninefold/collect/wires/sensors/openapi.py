"""OpenAPI path items of the Sensors Data wire, with an example for every body."""

import base64
from collections.abc import Mapping

import msgspec

from ninefold.collect.wires.openapi import Json, accepted, answer, body, in_path, operation, query

_RECORD: Json = {
    "type": "track",
    "event": "OrderPaid",
    "distinct_id": "u1",
    "time": 1780300740000,
    "properties": {"$is_login_id": True, "order_id": "o1", "revenue": 199.9, "currency": "CNY"},
}
_DATA = base64.b64encode(msgspec.json.encode(_RECORD)).decode()
_FORM: Json = {
    "type": "object",
    "properties": {
        "data": {"type": "string", "description": "base64 of one record as JSON, or of its gzip"},
        "data_list": {"type": "string", "description": "the same of a list of records"},
        "gzip": {"type": "string", "description": "ignored: the bytes decide"},
        "crc": {"type": "string", "description": "checked; a mismatch is a warning"},
    },
}
_BODY = body(example={"data": _DATA}, media="application/x-www-form-urlencoded", schema=_FORM)
_KEYS = query("token", "project", "receipts", examples={"token": "nfw_…", "project": "default", "receipts": "1"})
_MORE = {403: "no valid write key: the SDK keeps its events until the key is mended"}
_GIF = answer("a 1x1 GIF", example=None, media="image/gif")


def _path(name: str, summary: str, post: Json, get: Json) -> Json:
    return {
        "post": operation(
            summary, operation_id=f"sensors_{name}", success=post, request_body=_BODY, parameters=_KEYS, more=_MORE
        ),
        "get": operation(
            f"{summary}, by image",
            operation_id=f"sensors_{name}_get",
            success=get,
            parameters=[*_KEYS, *query("data", "data_list", "ext", examples={"data": _DATA})],
            more=_MORE,
        ),
    }  # fmt: skip


PATHS: Mapping[str, object] = {
    "/sa": _path("sa", "Records of Sensors Data's SDKs", accepted(), _GIF),
    "/sa.gif": _path("gif", "Records of Sensors Data's browser SDK", _GIF, _GIF),
    "/debug": _path("debug", "Records, with an error for each bad one (Sensors Data: debug)", accepted(), accepted()),
    "/config/{system}.conf": {
        "get": operation(
            "Remote configuration that Sensors Data's mobile SDKs ask for",
            operation_id="sensors_config",
            success=answer("nothing is switched off", example={"v": "1", "configs": {"disableSDK": False}}),
            parameters=[in_path("system", example="Android"), *query("project", "v")],
            more={304: "the configuration that the SDK has is the present one"},
        )
    },
}
