"""OpenAPI path items of the plain API, with an example for every body."""

from collections.abc import Mapping

from ninefold.collect.wires.openapi import Json, answer, body, operation, query

_ORDER: Json = {
    "event": "Order Completed",
    "message_id": "o-1001-paid",
    "time": "2026-06-01T08:00:00+08:00",
    "identifiers": {"user_id": "u1", "phone": {"sha256": "ab" * 32}, "email": ["ana@example.org", "ana@example.net"]},
    "amount": "199.90",
    "currency": "CNY",
    "order_id": "o-1001",
    "properties": {"store": "S12", "gift": True},
}
_PERSON: Json = {"type": "identify", "identifiers": {"user_id": "u1"}, "traits": {"city": "上海", "name": "Ana"}}
_UNBIND: Json = {"type": "unbind", "keep": {"user_id": "u1"}, "identifiers": {"phone": "13912340001"}}
_VERDICTS: Json = {
    "success": True,
    "kept": 1,
    "quarantined": 1,
    "duplicates": 0,
    "receipts": [
        {"messageId": "o-1001-paid", "verdict": "ok"},
        {
            "messageId": "auto:0f3c…",
            "verdict": "quarantined",
            "code": "no_identifier",
            "reason": "the event names nobody",
            "field": "identifiers",
        },
    ],
}
_EVENT: Json = {
    "type": "object",
    "properties": {
        "type": {"enum": ["track", "identify", "page", "screen", "group", "alias", "bind", "unbind"]},
        "event": {"type": "string", "maxLength": 255, "description": "name; needed by a track"},
        "message_id": {"type": "string", "description": "unique per source; a repeat is not kept again"},
        "time": {"description": "ISO 8601, or seconds or milliseconds since 1970; without it the time of arrival"},
        "sent_at": {"description": "the sender's clock when it sent; cancels a wrong clock out"},
        "identifiers": {
            "type": "object",
            "description": "{namespace: value | [value, ...] | {md5 | sha256 | sm3: hex}}",
            "additionalProperties": True,
        },
        "keep": {"type": "object", "description": "of an unbind: the one identifier that stays"},
        "properties": {"type": "object"},
        "traits": {"type": "object", "description": "about the person; null removes a trait"},
        "traits_once": {"type": "object", "description": "holds only where nothing else was stated"},
        "traits_unset": {"type": "array", "items": {"type": "string"}, "description": "traits that are taken away"},
        "traits_add": {"type": "object", "description": "numbers that are added to traits"},
        "traits_append": {"type": "object", "description": "items, or lists of items, appended to list traits"},
        "traits_delete": {"type": "boolean", "description": "all traits so far are gone; events stay"},
        "amount": {"description": "money in major units, a number or text"},
        "currency": {"type": "string", "description": "ISO 4217"},
        "order_id": {"type": "string"},
        "product_id": {"type": "string"},
        "quantity": {"type": "number"},
        "campaign_id": {"type": "string"},
        "session_id": {"type": "string"},
        "channel": {"type": "string", "description": "where the source has none"},
    },
}
_BODY: Json = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "anyOf": [
                    _EVENT,
                    {"type": "array", "items": _EVENT},
                    {"type": "object", "required": ["events"], "properties": {"events": {"type": "array"}}},
                ]
            },
            "example": {"events": [_ORDER, _PERSON, _UNBIND]},
        },
        "application/x-ndjson": {"schema": {"type": "string"}, "example": '{"event": "A", …}\n{"event": "B", …}\n'},
    },
}
_PIXEL = {"writeKey": "nfw_…", "event": "Opened", "user_id": "u1", "anonymous_id": "a1", "id.openid": "o1"}

PATHS: Mapping[str, object] = {
    "/v1/events": {
        "post": operation(
            "Events as plain JSON; the answer has a verdict per event",
            operation_id="rest_events",
            success=answer("what became of each event, in the order sent", example=_VERDICTS),
            request_body=_BODY,
        )
    },
    "/v1/beacon": {
        "post": operation(
            "The same from navigator.sendBeacon: text/plain, the key in the query",
            operation_id="rest_beacon",
            success=answer("what became of each event, in the order sent", example=_VERDICTS),
            request_body=body(example=_ORDER, media="text/plain"),
            parameters=query("writeKey", examples=_PIXEL),
        )
    },
    "/p.gif": {
        "get": operation(
            "An event by image",
            operation_id="rest_pixel",
            success=answer("a 1x1 GIF, whatever the status", example=None, media="image/gif"),
            parameters=query(*_PIXEL, examples=_PIXEL),
        )
    },
}
