"""The Sensors Data format: what a request holds, record by record.

Pure. A request carries one record (``data``) or many (``data_list``), base64 of JSON or of gzip, in a form or in the
query; its ``gzip`` flag is often wrong and is not read. Source: the vendor's open-source SDKs.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from ninefold.base import invalid
from ninefold.collect.model import Decoded, Limits, Request
from ninefold.collect.wires.body import form_fields, open_body, repair, unpacked
from ninefold.collect.wires.items import UNREADABLE
from ninefold.collect.wires.wire import Arrival, Envelope

from .mapping import Mapper

_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_MOST_CHECKED = 1_000_000
_FIELDS = ("data_list", "data")


class _Keys(msgspec.Struct):
    token: Any = None
    project: Any = None


_KEYS = msgspec.json.Decoder(_Keys)


def unpack(request: Request, limits: Limits) -> Envelope:
    """The records of a request.

    Raises:
        Error: invalid, when there is no record, or nothing of it is JSON.
    """
    limit = limits.max_request_bytes
    form = form_fields(request.body)
    fields = form if any(name in form for name in _FIELDS) else request.query
    warnings: tuple[str, ...] = ()
    given = [fields[name] for name in _FIELDS if fields.get(name)]
    if given:
        parts = [unpacked(text, limit=limit) for text in given]
        if not _crc_fits(given[-1], fields):
            warnings = ("crc_mismatch",)
    elif request.body:
        parts = [open_body(request.body, encoding=request.encoding, limit=limit)]
    else:
        raise invalid("empty_body", "the request holds neither data nor data_list", field="data", allowed="a record")
    items = tuple(item for part in parts for item in records(part))
    if not items:
        raise invalid("empty_batch", "there is no record in the request", field="data_list", allowed="a record")
    return Envelope(call=request.call, items=items, write_key=_key_within(request, items[0]), warnings=warnings)


def records(data: bytes) -> tuple[bytes, ...]:
    """The records of a JSON object or list. Raises an `Error` when it is neither."""
    for tried in (data, None):
        text = repair(data) if tried is None else data.strip()
        try:
            if text is None:
                break
            if text[:1] == b"[":
                return tuple(map(bytes, _ITEMS.decode(text)))
            msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        except UNREADABLE:
            continue
        return (text,)
    raise invalid("broken_json", "the data is not JSON", field="data", allowed="a JSON object or a list of them")


def _key_within(request: Request, first: bytes) -> str:
    """The key where the query has no token: of the first record, else the project, which may be a key as well."""
    try:
        named = _KEYS.decode(first)
    except UNREADABLE:
        named = _Keys()
    for key in (named.token, request.query.get("project"), named.project):
        if isinstance(key, str) and key:
            return key
    return ""


def _crc_fits(text: str, fields: Mapping[str, str]) -> bool:
    given = fields.get("crc") or fields.get("ext", "").removeprefix("crc=")
    if not given or len(text) > _MOST_CHECKED:
        return True
    try:
        return java_hash(text.replace(" ", "+")) == int(given)
    except ValueError:
        return False


def java_hash(text: str) -> int:
    """``String.hashCode()`` of Java, which the SDKs send as ``crc``: sum of c[i] * 31**(n-1-i), signed 32 bits.

    >>> java_hash("hello"), java_hash("")
    (99162322, 0)
    """
    codes = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2").astype(np.uint32)
    powers = np.full(len(codes), 31, np.uint32)
    powers[:1] = 1
    with np.errstate(over="ignore"):
        total = np.sum(codes[::-1] * np.cumprod(powers, dtype=np.uint32), dtype=np.uint32)
    return int(total.astype(np.int32))


def decode(envelope: Envelope, arrival: Arrival) -> Decoded:
    """The events and rejections of a request, in order."""
    return Mapper(arrival, warnings=envelope.warnings).outcomes(envelope)


def debug_errors(decoded: Decoded) -> list[dict[str, object]]:
    """What a debug answer says about records that are no events."""
    return [
        {"message_id": bad.message_id, "code": bad.code, "message": bad.reason, "field": bad.field}
        for bad in decoded.rejections
        if bad.code != "no_entities"
    ]
