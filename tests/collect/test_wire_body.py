"""Bodies are judged by their bytes; nothing unpacks beyond the limit; faults of real clients are mended."""

import base64
import gzip
import json
import time
import tracemalloc
import zlib
from urllib.parse import urlencode

import pytest

from ninefold.base import Error
from ninefold.collect.wires.body import open_body, repair

JSON = b'{"batch": [{"type": "track"}]}'
LIMIT = 1_000_000


@pytest.mark.parametrize(
    "body",
    [
        JSON,
        b"\xef\xbb\xbf" + JSON,
        b"  \r\n" + JSON,
        gzip.compress(JSON),
        gzip.compress(JSON[:10]) + gzip.compress(JSON[10:]),
        gzip.compress(gzip.compress(JSON)),
        b"data=" + JSON,
        urlencode({"data": JSON.decode()}).encode(),
        urlencode({"compression": "base64", "data": base64.b64encode(JSON).decode()}).encode(),
        b"gzip=1&data=" + base64.b64encode(gzip.compress(JSON)),
        gzip.compress(JSON) + b"trailing garbage",
    ],
)
def test_one_json_in_many_clothes(body: bytes) -> None:
    assert json.loads(open_body(body, limit=LIMIT)) == json.loads(JSON)


def test_deflate_is_named_by_its_header_in_both_forms() -> None:
    raw = zlib.compressobj(wbits=-15)
    headless = raw.compress(JSON) + raw.flush()
    assert open_body(zlib.compress(JSON), encoding="deflate", limit=LIMIT) == JSON
    assert open_body(headless, encoding="deflate", limit=LIMIT) == JSON
    assert open_body(JSON, encoding="deflate", limit=LIMIT) == JSON
    assert open_body(JSON, encoding="gzip", limit=LIMIT) == JSON


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (b"", "", "empty_body"),
        (b" \n", "", "empty_body"),
        (gzip.compress(b""), "", "empty_body"),
        (b"\x1f\x8b", "", "broken_body"),
        (b"\x1f\x8b\x08broken", "gzip", "broken_body"),
        (gzip.compress(JSON)[:-12], "", "broken_body"),
        (gzip.compress(JSON)[:-4] + b"\x00\x00\x00\x00", "", "broken_body"),
        (b"no deflate", "deflate", "broken_body"),
        (b"data=A", "", "broken_body"),
        (b"x" * (LIMIT + 1), "", "request_too_large"),
    ],
)
def test_what_cannot_be_opened_says_why(body: bytes, encoding: str, code: str) -> None:
    with pytest.raises(Error) as refused:
        open_body(body, encoding=encoding, limit=LIMIT)
    assert refused.value.code == code


@pytest.mark.parametrize("layers", [1, 2])
def test_a_gzip_bomb_stops_at_the_limit(layers: int) -> None:
    bomb = b"0" * 200_000_000
    for _ in range(layers):
        bomb = gzip.compress(bomb)
    started = time.perf_counter()
    tracemalloc.start()
    with pytest.raises(Error) as refused:
        open_body(bomb, limit=LIMIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.code == "request_too_large"
    assert peak < 4 * LIMIT
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        (b'{"a": "\\ud800x"}', '{"a":"\ufffdx"}'),
        (b'{"a": "\\ud83c\\udf89"}', '{"a":"🎉"}'),
        (b'{"a": "\xed\xa0\xbc\xed\xbe\x89"}', '{"a":"🎉"}'),
        (b'{"a": "\xed\xa0\xbc\xed\xbe\x89\xff"}', '{"a":"🎉\ufffd"}'),
        (b'{"a\\u0000b": "c\\u0000d\x00e"}', '{"ab":"cde"}'),
        (b'{"a": "line\nbreak"}', '{"a":"line\\nbreak"}'),
        (b'{"a": NaN, "b": [1e999, -Infinity]}', '{"a":null,"b":[null,null]}'),
        (b'{"a": 123456789012345678901234567890}', '{"a":"123456789012345678901234567890"}'),
        ('{"a": "é"}'.encode("utf-16"), '{"a":"é"}'),
        ('{"a": "é"}'.encode("utf-32"), '{"a":"é"}'),
    ],
)
def test_faults_of_real_clients_are_mended(broken: bytes, mended: str) -> None:
    assert repair(broken) == mended.encode()


@pytest.mark.parametrize("hopeless", [b"", b"{", b'{"a": }', b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b"\xff"])
def test_what_is_no_json_stays_none(hopeless: bytes) -> None:
    assert repair(hopeless) is None
