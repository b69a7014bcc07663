"""Whatever is sent: an answer an SDK understands, never an exception, and every event accounted for."""

import asyncio
import base64
import gzip
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.collecting import application
from tests.support.wires import well_formed

from ninefold.base import Error, FixedClock
from ninefold.collect import Collector, Event, Rejection, decode_events, encode_events
from ninefold.collect.model import Request
from ninefold.collect.wires import CALLS, Arrival, decode, open_body, open_envelope
from ninefold.governance import Keys
from ninefold.store import Records

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
ARRIVAL = Arrival(source="shop", channel="web", received=1_780_300_800_000)
LIMIT = 1_000_000
call = st.sampled_from([*CALLS, "batch"])
HEADS = [b"{", b'{"batch":[', b"\x1f\x8b\x08", b"data=", b"[", b"\xef\xbb\xbf{"]
REFUSALS = {"broken_json", "broken_body", "empty_body", "empty_batch", "wrong_shape", "request_too_large"}
awkward = st.sampled_from(["", "2999-01-01", "1970-01-01T00:00:00Z", "\x00"])
text = st.text(st.characters(exclude_categories=())) | awkward
scalar = st.none() | st.booleans() | st.integers() | st.floats() | text
value = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=12
)
known = st.sampled_from([
    "type", "userId", "anonymousId", "event", "name", "category", "properties", "traits", "groupId", "previousId",
    "context", "timestamp", "originalTimestamp", "sentAt", "messageId", "channel", "writeKey", "batch",
])  # fmt: skip
commerce = st.dictionaries(
    st.sampled_from(["revenue", "total", "value", "currency", "quantity", "products", "order_id", "sku"]), value
)
context = st.dictionaries(
    st.sampled_from(["traits", "externalIds", "sessionId", "campaign", "page", "device", "app", "locale"]), value
)
item = st.dictionaries(known, value, max_size=8) | st.fixed_dictionaries(
    {"type": st.sampled_from(CALLS), "userId": text, "event": text},
    optional={
        "properties": commerce | st.dictionaries(text, value, max_size=5),
        "traits": st.dictionaries(text, value, max_size=5),
        "context": context,
        "timestamp": scalar,
        "sentAt": scalar,
        "messageId": scalar,
    },
)
body = st.fixed_dictionaries(
    {"batch": st.lists(item | value, max_size=5)}, optional={"context": context | value, "sentAt": value}
)


def as_json(thing: object, *, ascii_only: bool) -> bytes:
    return json.dumps(thing, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


def check(data: bytes, path: str) -> None:
    try:
        envelope = open_envelope(open_body(data, limit=LIMIT), path)
    except Error as error:
        if error.code not in REFUSALS:
            raise
        return
    decoded = decode(envelope, ARRIVAL)
    assert len(decoded.outcomes) == len(envelope.items) == len(decoded.receipts)
    for outcome, raw in zip(decoded.outcomes, envelope.items, strict=True):
        assert 0 < len(outcome.message_id) <= 100
        if isinstance(outcome, Rejection):
            assert outcome.code != "defect", outcome
            assert outcome.raw == raw
            assert outcome.reason
            msgspec.json.decode(outcome.envelope)
        elif isinstance(outcome, Event):
            well_formed(outcome)
    assert decode_events(encode_events(decoded.events)) == decoded.events
    assert decode(envelope, ARRIVAL) == decoded


@given(st.binary(max_size=300), call)
def test_any_bytes(data: bytes, path: str) -> None:
    check(data, path)


@given(st.binary(max_size=100), st.sampled_from(HEADS), call)
def test_bytes_that_begin_well(data: bytes, head: bytes, path: str) -> None:
    check(head + data, path)


@given(value, st.booleans(), call)
def test_any_json(thing: object, ascii_only: bool, path: str) -> None:
    check(as_json(thing, ascii_only=ascii_only), path)


@settings(max_examples=200)
@given(body, st.booleans())
def test_any_batch(thing: object, ascii_only: bool) -> None:
    check(as_json(thing, ascii_only=ascii_only), "batch")


@settings(max_examples=300)
@given(item, call)
def test_any_item_on_any_path(thing: object, path: str) -> None:
    check(as_json(thing, ascii_only=True), path)


@given(body, st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=3)), max_size=3), st.booleans())
def test_a_good_body_with_bytes_changed(thing: object, changes: list[tuple[int, bytes]], packed: bool) -> None:
    data = as_json(thing, ascii_only=True)
    data = gzip.compress(data, mtime=0) if packed else data
    for place, new in changes:
        at = place % max(1, len(data))
        data = data[:at] + new + data[at + 1 :]
    check(data, "batch")


@given(encoding=st.sampled_from(["", "gzip", "deflate", "br", "é"]), thing=body)
def test_a_label_never_changes_a_good_body(encoding: str, thing: object) -> None:
    data = as_json(thing, ascii_only=True)
    for dressed in (data, gzip.compress(data), zlib.compress(data) if encoding == "deflate" else data):
        assert open_body(dressed, encoding=encoding, limit=LIMIT) == data


@pytest.fixture
def keys(records: Records, clock: FixedClock) -> Keys:
    return Keys(records, clock)


@pytest.fixture
def write_key(keys: Keys) -> str:
    return keys.issue("write", "shop", channel="web")


PATHS = [
    "/v1/batch",
    "/v1/t",
    "/beacon/v1/batch",
    "/pixel/v1/track",
    "/v1/m",
    "/sourceConfig/",
    "/v1/projects/x/settings",
]
header = st.sampled_from([
    b"authorization", b"content-encoding", b"content-length", b"content-type", b"origin", b"connection", b"x",
    b"access-control-request-headers", b"x-ninefold-receipts", b"transfer-encoding", b"host",
])  # fmt: skip


@settings(max_examples=150)
@given(
    scope=st.fixed_dictionaries(
        {
            "method": st.sampled_from(["POST", "GET", "OPTIONS", "HEAD", "PUT", "é"]),
            "path": st.sampled_from(PATHS),
            "query_string": st.binary(max_size=30) | st.just(b"writeKey=x&receipts=1&properties=[]&context={"),
            "headers": st.lists(st.tuples(header, st.binary(max_size=30)), max_size=5),
        }
    ),
    parts=st.lists(st.binary(max_size=40), min_size=1, max_size=4),
    gone=st.booleans(),
)
def test_the_http_edge_always_answers(
    records: Records, keys: Keys, scope: dict[str, Any], parts: list[bytes], gone: bool
) -> None:
    messages: list[Any] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.disconnect"} if gone else {"type": "http.request", "body": b"", "more_body": False})
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    whole = {"type": "http", "http_version": "1.1", "root_path": "", "scheme": "http", **scope}
    with Collector(records, keys, FixedClock(NOW)) as collector:
        asyncio.run(application(collector)(whole, receive, send))
    assert sent[0]["type"] == "http.response.start"
    assert sent[0]["status"] in {200, 400, 401, 404, 405, 413}
    assert not sent[-1].get("more_body")
    assert all(isinstance(part, bytes) for pair in sent[0]["headers"] for part in pair)


@settings(max_examples=150)
@given(
    data=st.binary(max_size=60) | body.map(lambda thing: as_json(thing, ascii_only=True)),
    authorization=text | st.just("good"),
    query=st.dictionaries(st.sampled_from(["writeKey", "x"]), text),
)
def test_the_collector_always_answers(
    records: Records, keys: Keys, write_key: str, data: bytes, authorization: str, query: dict[str, str]
) -> None:
    if authorization == "good":
        authorization = "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()
    request: dict[str, Any] = {"call": "batch", "body": data, "authorization": authorization, "query": query}
    with Collector(records, keys, FixedClock(NOW)) as collector:
        response = asyncio.run(collector.accept(Request(**request, receipts=True)))
    answer = json.loads(response.body)
    assert response.status in {200, 400, 401, 413}
    if response.status == 200:
        assert answer["success"] is True
        kept = sum(receipt["verdict"] in {"ok", "warning", "duplicate"} for receipt in answer["receipts"])
        with records.begin() as conn:
            latest = conn.execute(sa.text("SELECT event_count FROM inbox ORDER BY id DESC LIMIT 1")).scalar()
        assert kept == 0 or latest == kept
    else:
        assert answer["code"]
        assert answer["message"]
