"""OpenAPI path items of CloudEvents."""

from collections.abc import Mapping

from ninefold.collect.wires.openapi import Json, accepted, operation, query

_ONE: Json = {
    "specversion": "1.0",
    "id": "17",
    "source": "/shop/orders",
    "type": "com.example.order.paid",
    "subject": "u1",
    "time": "2026-06-01T08:00:00Z",
    "datacontenttype": "application/json",
    "data": {"order_id": "o1", "total": 199.9, "currency": "CNY"},
}
_BODY: Json = {
    "required": True,
    "content": {
        "application/cloudevents+json": {"schema": {"type": "object"}, "example": _ONE},
        "application/cloudevents-batch+json": {"schema": {"type": "array"}, "example": [_ONE]},
        "application/json": {"schema": {"type": "object"}, "example": _ONE["data"]},
    },
}

PATHS: Mapping[str, object] = {
    "/v1/cloudevents": {
        "post": operation(
            "CloudEvents 1.0: structured, batched, or binary with ce- headers",
            operation_id="cloudevents",
            success=accepted(),
            request_body=_BODY,
            parameters=query("subject", "receipts", examples={"subject": "user_id", "receipts": "1"}),
        )
    }
}
