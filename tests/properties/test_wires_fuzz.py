"""Whatever is sent on any path of any wire: never a defect, never a 5xx, and every item accounted for."""

import asyncio
import base64
import gzip
import json
from typing import Any
from urllib.parse import quote_plus

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.collecting import application
from tests.support.wires import well_formed

from ninefold.base import Error, FixedClock
from ninefold.collect import Collector, Event, Rejection, decode_events, encode_events
from ninefold.collect.model import Limits, Request
from ninefold.collect.wires import POSTHOG, SENSORS, WIRES, Arrival, Wire
from ninefold.governance import Keys
from ninefold.store import Records

NOW = 1_780_300_800_000
ARRIVAL = Arrival(source="shop", channel="web", received=NOW)
LIMITS = Limits(max_request_bytes=1_000_000)
text = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(
    ["", "1970-01-01", "\x00", "+", "a+b"]
)
scalar = st.none() | st.booleans() | st.integers() | st.floats() | text
value = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=8
)
SENSORS_TYPES = (
    "track", "track_signup", "track_id_bind", "track_id_unbind", "profile_set", "profile_set_once", "profile_increment",
    "profile_append", "profile_unset", "profile_delete", "item_set", "item_delete", "other",
)  # fmt: skip
sensors_record = st.fixed_dictionaries(
    {"type": st.sampled_from(SENSORS_TYPES), "distinct_id": text, "event": text},
    optional={
        "original_id": value, "login_id": value, "anonymous_id": value, "time": scalar, "_flush_time": scalar,
        "_track_id": scalar, "time_free": scalar, "lib": value, "token": value, "project": value,
        "identities": value | st.dictionaries(st.sampled_from(["$identity_login_id", "$identity_mobile", "x",
        ""]), value),
        "properties": value | st.dictionaries(
            st.sampled_from(["$is_login_id", "$time", "$url", "$device_id", "revenue", "currency", "email",
            "$session_id"]),
            value,
        ),
    },
)  # fmt: skip
posthog_event = st.fixed_dictionaries(
    {"event": text | st.sampled_from(["$identify", "$create_alias", "$groupidentify", "$set", "$pageview"])},
    optional={
        "distinct_id": value, "$distinct_id": value, "uuid": scalar, "timestamp": scalar, "offset": scalar,
        "sent_at": scalar,
        "api_key": value, "token": value, "$set": value, "$set_once": value, "$unset": value, "options": value,
        "properties": value | st.dictionaries(
            st.sampled_from([
                "distinct_id", "$anon_distinct_id", "alias", "$user_id", "$device_id", "$is_identified",
                "$set", "$set_once",
                "$unset", "$group_type", "$group_key", "$group_set", "token", "revenue", "$session_id",
                "$ignore_sent_at",
            ]),
            value,
        ),
    },
)  # fmt: skip
endpoints = st.sampled_from([(wire, endpoint) for wire in WIRES for endpoint in wire.endpoints])


def as_json(thing: object, *, ascii_only: bool = True) -> bytes:
    return json.dumps(thing, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


def check(wire: Wire, request: Request) -> int:
    """Decode as the collector does; returns how many items there were, -1 when nothing could be read."""
    refused: list[Error] = []
    try:
        list(wire.keys(request))
        envelope = wire.unpack(request, LIMITS)
    except Error as error:
        refused.append(error)
    if refused:
        assert 400 <= wire.failure(request, refused[0]).status < 500
        return -1
    decoded = wire.decode(envelope, ARRIVAL)
    assert len(decoded.outcomes) == len(envelope.items)
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
    assert wire.decode(envelope, ARRIVAL) == decoded
    assert wire.success(request, decoded).status in (200, 400)
    return len(envelope.items)


@settings(max_examples=100)
@given(endpoints, st.binary(max_size=200), st.dictionaries(text, text, max_size=3), st.booleans())
def test_any_bytes_on_any_path(where: Any, body: bytes, query: dict[str, str], by_get: bool) -> None:
    wire, endpoint = where
    method = "GET" if by_get and "GET" in endpoint.methods else endpoint.methods[0]
    check(wire, Request(call=endpoint.call, body=body, query=query, method=method, path=endpoint.path))


@settings(max_examples=100)
@given(endpoints, value | st.lists(sensors_record | posthog_event | value, max_size=3), st.booleans())
def test_any_json_on_any_path(where: Any, thing: object, ascii_only: bool) -> None:
    wire, endpoint = where
    data = as_json(thing, ascii_only=ascii_only)
    method = endpoint.methods[-1]
    check(wire, Request(call=endpoint.call, body=data, method=method, path=endpoint.path))
    coded = base64.b64encode(data).decode()
    check(wire, Request(call=endpoint.call, body=b"", query={"data": coded}, method="GET", path=endpoint.path))


@settings(max_examples=100)
@given(st.lists(sensors_record, min_size=1, max_size=4), st.booleans(), st.booleans(), st.sampled_from(["0", "1", "9"]))
def test_no_record_is_lost(listed: list[object], zipped: bool, escaped: bool, flag: str) -> None:
    data = as_json(listed)
    coded = base64.b64encode(gzip.compress(data, mtime=0) if zipped else data).decode()
    body = f"gzip={flag}&data_list={quote_plus(coded) if escaped else coded}".encode()
    assert check(SENSORS, Request(call="data", body=body)) == len(listed)
    assert check(SENSORS, Request(call="data", body=b"", query={"data_list": coded}, method="GET")) == len(listed)


@settings(max_examples=100)
@given(st.lists(posthog_event, min_size=1, max_size=4), st.booleans(), value)
def test_no_event_is_lost(listed: list[object], zipped: bool, sent: object) -> None:
    data = as_json({"api_key": "k", "batch": listed, "sent_at": sent})
    body = gzip.compress(data, mtime=0) if zipped else data
    assert check(POSTHOG, Request(call="capture", body=body)) == len(listed)


@pytest.fixture
def keys(records: Records, clock: FixedClock) -> Keys:
    return Keys(records, clock)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.tuples(
        st.sampled_from(["POST", "GET", "OPTIONS", "HEAD", "PUT"]),
        st.sampled_from([path.path for wire in WIRES for path in wire.paths]),
    ),
    query=st.binary(max_size=30)
    | st.sampled_from([b"token=x&receipts=1&data=e30", b"project=1&data_list=W10&ext=crc"]),
    body=st.binary(max_size=60) | st.lists(sensors_record | posthog_event, max_size=2).map(as_json),
)
def test_the_http_edge_always_answers(
    records: Records, keys: Keys, clock: FixedClock, asked: tuple[str, str], query: bytes, body: bytes
) -> None:  # fmt: skip
    method, path = asked
    messages: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "root_path": "", "scheme": "http", "method": method, "headers": [],
        "path": path.replace("{", "").replace("}", ""), "query_string": query,
    }  # fmt: skip
    with Collector(records, keys, clock) as collector:
        asyncio.run(application(collector)(scope, receive, send))
    assert sent[0]["status"] < 500
    assert all(isinstance(part, bytes) for pair in sent[0]["headers"] for part in pair)
