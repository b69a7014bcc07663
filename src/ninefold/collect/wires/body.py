"""From the bytes of a request to JSON bytes, by looking at the bytes and not at their labels.

Real SDKs send gzip without saying so, JSON as text/plain, gzip JSON labelled as a form, emoji as CESU-8 and half
surrogate pairs. Nothing here trusts a header, and nothing unpacks more than the limit. Pure.
"""

import base64
import binascii
import json
import math
import re
import zlib
from typing import cast
from urllib.parse import parse_qs, unquote

import msgspec
import zstandard

from ninefold.base import Error, Kind, clean_text, invalid

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BOM = b"\xef\xbb\xbf"
_LAYERS = 3  # gzip within base64 within a form is the deepest seen
_CESU_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_FIELD = re.compile(rb"^[\w$.%\[\]-]{1,100}=")
_FORM = re.compile(rb"^(?:[\w%.-]{1,40}=[^&]{0,200}&){0,8}data=")


def too_large(limit: int) -> Error:
    """The error of a body beyond the limit, as sent or unpacked; answered with 413."""
    return Error(
        Kind.INVALID,
        "request_too_large",
        "the request body is too large",
        field="body",
        allowed=f"at most {limit} bytes, as sent and after decompression",
        hint="send smaller batches",
    )


def open_body(raw: bytes, *, encoding: str = "", limit: int) -> bytes:
    """The JSON bytes inside a request body.

    Args:
        raw: the body as it came.
        encoding: the Content-Encoding header; it only matters for ``deflate``, which has no reliable magic number.
        limit: most bytes to unpack.

    Returns:
        Bytes that look like JSON; whether they are is for the caller to find out.

    Raises:
        Error: invalid, when the body is empty, broken or (code ``request_too_large``) unpacks beyond the limit.
    """
    data = raw
    for _ in range(_LAYERS):
        if len(data) > limit:
            raise too_large(limit)
        if data[:1] in (b"{", b"["):
            return data
        if data[:2] == _GZIP:
            data = _inflate(data, 31, limit)
        elif data[:4] == _ZSTD:
            data = _unzstd(data, limit)
        elif encoding == "deflate" and data is raw and data:
            data = _deflated(data, limit)
        elif _FORM.match(data[:4096]):
            data = _form(data)
        else:
            break
    data = data.removeprefix(_BOM).strip()
    if not data:
        raise invalid("empty_body", "the request body is empty", field="body", allowed="a JSON object")
    return data


def _inflate(data: bytes, wbits: int, limit: int) -> bytes:
    """Unpack gzip (also of several members) or zlib, stopping at the limit."""
    parts: list[bytes] = []
    room = limit + 1
    while data:
        stream = zlib.decompressobj(wbits)
        try:
            part = stream.decompress(data, room)
        except zlib.error as exc:
            raise _broken("compression is broken") from exc
        parts.append(part)
        room -= len(part)
        if room <= 0:
            raise too_large(limit)
        if not stream.eof:
            raise _broken("compressed data ends too early")
        data = stream.unused_data if stream.unused_data[:2] == _GZIP else b""
    return b"".join(parts)


def _unzstd(data: bytes, limit: int) -> bytes:
    """Unpack Zstandard, stopping at the limit."""
    try:
        with zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(data) as stream:
            found = stream.read(limit + 1)
    except zstandard.ZstdError as exc:
        raise _broken("compression is broken") from exc
    if len(found) > limit:
        raise too_large(limit)
    return found


def _deflated(data: bytes, limit: int) -> bytes:
    """HTTP's deflate is zlib by the standard, and raw deflate from many clients."""
    try:
        return _inflate(data, 15, limit)
    except Error as error:
        if error.code == "request_too_large":
            raise
        return _inflate(data, -15, limit)


def _form(data: bytes) -> bytes:
    """The ``data`` field of a form: JSON, or base64 of JSON or gzip."""
    try:
        text = parse_qs(data.decode("latin-1"), max_num_fields=50)["data"][-1]
        if text.lstrip()[:1] in ("{", "["):
            return text.encode("latin-1") if text.isascii() else text.encode("utf-8", "surrogatepass")
        return base64.b64decode(text.replace(" ", "+") + "==", validate=False)
    except (KeyError, ValueError, binascii.Error) as exc:
        raise _broken("form field data cannot be read") from exc


def form_fields(data: bytes, *, limit_fields: int = 50) -> dict[str, str]:
    """The fields of a form body, the last of equal names; empty when it is none.

    A plus sign that a client forgot to escape comes out as a space; :func:`unpacked` reads it as a plus.
    """
    if not _FIELD.match(data[:200]):
        return {}
    try:
        pairs = parse_qs(data.decode("latin-1"), keep_blank_values=True, max_num_fields=limit_fields)
    except ValueError as exc:
        raise _broken("the form cannot be read") from exc
    return {name: values[-1] for name, values in pairs.items()}


def unpacked(text: str, *, limit: int) -> bytes:
    """The bytes of a form field or query parameter: JSON, or base64 (of either alphabet) of JSON, gzip or zlib.

    Raises:
        Error: invalid, when it is none of these, or (code ``request_too_large``) unpacks beyond the limit.
    """
    if "%" in text[:2_000]:  # escaped twice
        text = unquote(text)
    if text.lstrip()[:1] in ("{", "["):
        return text.encode("utf-8", "surrogatepass")
    try:
        packed = text.replace(" ", "+").replace("-", "+").replace("_", "/")
        data = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=False)
    except (ValueError, binascii.Error) as exc:
        raise _broken("the data is neither JSON nor base64") from exc
    if data[:2] == _GZIP:
        return _inflate(data, 31, limit)
    if data[:1] == b"\x78":
        return _inflate(data, 15, limit)
    return data


def _broken(message: str) -> Error:
    return invalid("broken_body", message, field="body", allowed="JSON, gzip of JSON, or a form field data")


def repair(data: bytes) -> bytes | None:
    r"""JSON that a strict parser takes, from JSON with the faults of real clients; ``None`` when it is no JSON.

    Mended are: CESU-8 and other bytes that are no UTF-8, half surrogate pairs, NUL and control characters inside
    strings, NaN and infinities (become null), integers beyond 64 bits (become text), UTF-16 and UTF-32.

    >>> repair(b'{"a": "\\ud83c\\udf89\\u0000", "b": NaN}')
    b'{"a":"\xf0\x9f\x8e\x89","b":null}'
    """
    joined = _CESU_PAIR.sub(
        lambda pair: (
            pair[0].decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16").encode()
        ),
        data,
    )
    text = joined.decode(json.detect_encoding(joined), "replace")
    try:
        value: object = json.loads(text, strict=False, parse_constant=lambda _: None, parse_int=_whole)
        return msgspec.json.encode(_clean(value))
    except (ValueError, RecursionError, OverflowError):
        return None


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= 20 else digits


def _clean(value: object) -> object:
    match value:
        case str():
            return clean_text(value)
        case bool() | None:
            return value
        case int():
            return value if -(2**63) <= value < 2**64 else str(value)
        case float():
            return value if math.isfinite(value) else None
        case list():
            return [_clean(item) for item in cast("list[object]", value)]
        case _:
            return {clean_text(key): _clean(item) for key, item in cast("dict[str, object]", value).items()}
