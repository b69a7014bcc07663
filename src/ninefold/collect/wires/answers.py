"""Answers in the forms that clients need: JSON with ``code`` and ``message``, receipts, a 1x1 GIF. Pure."""

from collections.abc import Mapping

import msgspec

from ninefold.base import Error, Kind
from ninefold.collect.model import Decoded, Request, Response

GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00"
    b"\x01\x00\x00\x02\x02D\x01\x00;"
)
"""A transparent image of one pixel."""

_SUCCESS = Response(status=200, body=b'{"success":true}')
_RETRY_AFTER = (("Retry-After", "1"),)
_IMAGE = (("Content-Type", "image/gif"), ("Cache-Control", "no-store"))
_STATUS = {
    "request_too_large": 413, "invalid_write_key": 401, "missing_write_key": 401, "personal_key": 401,
    "wrong_method": 405,
}  # fmt: skip


def success(_request: Request, _decoded: Decoded) -> Response:
    """``{"success": true}``."""
    return _SUCCESS


def failure(_request: Request, error: Error) -> Response:
    """The answer of an error: its status, JSON with ``code`` and ``message``, Retry-After where it may pass."""
    body = msgspec.json.encode({"success": False, **error.as_dict()})
    return Response(status=status_of(error), body=body, headers=_RETRY_AFTER if error.retryable else ())


def status_of(error: Error) -> int:
    """The HTTP status of an error on a wire: 401 for keys, 413 for size, else that of its kind."""
    return _STATUS.get(error.code, error.outside.http_status)


def as_json(value: Mapping[str, object], *, status: int = 200) -> Response:
    """Any JSON object; not to be kept by caches."""
    return Response(status=status, body=msgspec.json.encode(value), headers=(("Cache-Control", "no-cache"),))


def as_image(response: Response) -> Response:
    """The same answer with a GIF as its body: an image element shows no error."""
    return Response(status=response.status, body=GIF, headers=response.headers + _IMAGE)


def with_receipts(told: Mapping[str, object], decoded: Decoded) -> Response:
    """A receipt per event, in the order they were sent."""
    listed: list[dict[str, object]] = []
    for receipt in decoded.receipts:
        line: dict[str, object] = {"messageId": receipt.message_id, "verdict": receipt.verdict}
        if receipt.code:
            line |= {"code": receipt.code, "reason": receipt.reason}
            if receipt.field:
                line["field"] = receipt.field
        if receipt.warnings:
            line["warnings"] = receipt.warnings
        listed.append(line)
    return Response(status=200, body=msgspec.json.encode({"success": True, **told, "receipts": listed}))


def unauthorised(*, given: bool) -> Error:
    """The error of a wrong or a missing write key."""
    code, message = (
        ("invalid_write_key", "invalid write key")
        if given
        else ("missing_write_key", "no write key in the authorization header, the query or the body")
    )
    return Error(Kind.REFUSED, code, message, field="writeKey", allowed="the write key of a source")
