"""Events of PostHog's SDKs: every way to pack them, who they are about, what they are answered."""

import base64
import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import zstandard
from tests.support.collecting import application, quarantined, serving, stored

from ninefold.base import Error
from ninefold.collect import Collector, Event, Rejection
from ninefold.collect.model import Limits, Outcome, Request
from ninefold.collect.wires import POSTHOG, Arrival
from ninefold.store import Records

NOW = 1_780_300_800_000  # 2026-06-01T08:00:00Z
ARRIVAL = Arrival(source="shop", channel="web", received=NOW)
ANONYMOUS = "0197a1f0-0000-7000-8000-000000000001"
SEEN = {"event": "Seen", "distinct_id": "u1", "uuid": "m1"}


def outcomes(body: object, call: str = "capture", **request: Any) -> tuple[Outcome, ...]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    envelope = POSTHOG.unpack(Request(call=call, body=data, **request), Limits())
    return POSTHOG.decode(envelope, ARRIVAL).outcomes


def event(**fields: Any) -> Event:
    (outcome,) = outcomes(SEEN | fields)
    assert isinstance(outcome, Event), outcome
    return outcome


@pytest.fixture
def client(collector: Collector) -> Iterator[httpx.Client]:
    with serving(application(collector)) as url, httpx.Client(base_url=url) as client:
        yield client


def test_an_event_becomes_an_event() -> None:
    (got,) = outcomes(
        {
            "api_key": "k",
            "sent_at": "2026-06-01T07:00:00Z",
            "batch": [
                SEEN
                | {
                    "event": "Order Completed",
                    "timestamp": "2026-06-01T06:59:00Z",
                    "properties": {
                        "$current_url": "https://shop.example/", "$os": "iOS", "utm_campaign": "618",
                        "$session_id": "s1", "$lib": "web", "$ip": "10.0.0.1", "order_id": "o1", "revenue": 19.9,
                        "deep": {"a": 1}, "alias": "kept",
                        "$set": {"email": "a@b.cn", "age": 3}, "$set_once": {"first": "x"}, "$unset": ["old"],
                    },
                }
            ],
        }
    )  # fmt: skip
    assert isinstance(got, Event)
    assert (got.message_id, got.type, got.name, got.ts) == ("m1", "track", "Order Completed", NOW - 60_000)
    assert got.identifiers == (("user_id", "u1"), ("email", "a@b.cn"))
    assert got.once == {"first": "x"}
    assert got.traits == {"email": "a@b.cn", "age": 3.0, "old": None}
    assert got.props == {
        "context.page.url": "https://shop.example/",
        "context.os.name": "iOS",
        "context.campaign.name": "618",
        "order_id": "o1",
        "alias": "kept",
    }
    assert (got.nums, got.session_id) == ({"revenue": 19.9, "deep.a": 1.0}, "s1")
    assert (got.revenue_minor, got.order_id, got.campaign_id) == (1_990, "o1", "618")


def test_who_it_is() -> None:
    assert event().identifiers == (("user_id", "u1"),)
    assert event(distinct_id=ANONYMOUS).identifiers == (("anonymous_id", ANONYMOUS),)
    assert event(distinct_id=7).identifiers == (("user_id", "7"),)
    assert event(distinct_id=None, properties={"distinct_id": "u2"}).identifiers == (("user_id", "u2"),)
    assert event(distinct_id="x" * 300).identifiers == (("user_id", "x" * 200),)
    visitor = event(distinct_id="d1", properties={"$device_id": "d1"})
    assert visitor.identifiers == (("anonymous_id", "d1"), ("device_id", "d1"))
    known = event(distinct_id=ANONYMOUS, properties={"$user_id": ANONYMOUS})
    assert known.identifiers == (("user_id", ANONYMOUS), ("anonymous_id", ANONYMOUS))
    assert event(properties={"$is_identified": False}).identifiers == (("anonymous_id", "u1"),)


def test_identity_calls() -> None:
    identify = event(event="$identify", properties={"$anon_distinct_id": ANONYMOUS, "$set": {"phone": "138"}})
    assert (identify.type, identify.name) == ("identify", "$identify")
    assert identify.identifiers == (("user_id", "u1"), ("phone", "138"), ("anonymous_id", ANONYMOUS))
    for name in ("$create_alias", "$merge_dangerously"):
        alias = event(event=name, distinct_id=ANONYMOUS, properties={"distinct_id": ANONYMOUS, "alias": "u1"})
        assert (alias.type, alias.name, alias.props) == ("alias", "$alias", {"$event": name})
        assert alias.identifiers == (("user_id", "u1"), ("anonymous_id", ANONYMOUS))
    group = event(
        event="$groupidentify",
        properties={"$group_type": "company", "$group_key": "c1", "$group_set": {"name": "A", "seats": 3}},
    )
    assert (group.type, group.name) == ("group", "$group")
    assert group.props == {
        "$group_type": "company", "group_id": "c1", "group.name": "A", "$event": "$groupidentify",
    }  # fmt: skip
    assert group.nums == {"group.seats": 3.0}
    assert event(event="$set", **{"$set": {"age": 4}}).traits == {"age": 4.0}
    (engaged,) = outcomes({"token": "k", "$distinct_id": "u1", "$set": {"email": "a@b.cn"}}, "engage")
    assert isinstance(engaged, Event)
    assert (engaged.name, engaged.traits) == ("$identify", {"email": "a@b.cn"})


def test_pages_and_screens_have_one_name_on_all_wires() -> None:
    page = event(event="$pageview", properties={"title": "Home"})
    assert (page.type, page.name, page.props) == (
        "page",
        "$page",
        {"context.page.title": "Home", "$event": "$pageview"},
    )
    screen = event(event="$screen", properties={"$screen_name": "Cart"})
    assert (screen.type, screen.name, screen.props) == ("screen", "$screen", {"name": "Cart"})
    assert event(event="$autocapture").name == "$autocapture"


def test_times() -> None:
    stamp = "2026-06-01T06:59:00Z"
    assert event(timestamp=stamp, sent_at="2026-06-01T07:00:00Z").ts == NOW - 60_000
    (by_query,) = outcomes(SEEN | {"timestamp": stamp}, query={"_": str(NOW - 3_600_000)})
    assert isinstance(by_query, Event)
    assert by_query.ts == NOW - 60_000
    assert event(offset=5_000).ts == NOW - 5_000
    assert event(offset=10**15).ts == NOW
    trusted = event(timestamp=stamp, sent_at="2026-06-01T07:00:00Z", options={"disable_skew_correction": True})
    assert trusted.ts == NOW - 3_660_000


def test_bad_events_are_put_aside_with_a_reason() -> None:
    bad: list[Any] = [
        {"event": "Seen"}, {"distinct_id": "u1"}, SEEN | {"event": "x" * 300}, SEEN | {"properties": "x"}, 7,
        SEEN | {"event": "$groupidentify", "distinct_id": "$company_",
                "properties": {"$group_type": "company", "$group_key": ""}},
    ]  # fmt: skip
    codes = [outcome.code for outcome in outcomes(bad) if isinstance(outcome, Rejection)]
    assert codes == ["no_identifier", "no_event_name", "name_too_long", "wrong_type", "wrong_type", "no_item"]


def test_every_way_to_send(client: httpx.Client, records: Records, write_key: str) -> None:
    sent = [SEEN | {"uuid": f"m{number}", "api_key": write_key} for number in range(14)]
    text = [json.dumps(one).encode() for one in sent]
    coded = [base64.b64encode(one).decode() for one in text]
    answers = [
        client.post("/e/", content=gzip.compress(text[0]), headers={"content-type": "text/plain"}),
        client.post("/i/v0/e", content=text[1]),
        client.post("/capture/", content=gzip.compress(text[2]), headers={"content-encoding": "gzip"}),
        client.post("/e/?compression=base64", data={"data": coded[3]}),
        client.post("/e/", data={"data": base64.b64encode(gzip.compress(text[4])).decode(), "compression": "gzip"}),
        client.get("/e/", params={"data": coded[5], "ip": "1"}),
        client.post("/batch", json={"api_key": write_key, "batch": [SEEN | {"uuid": "m6"}]}),
        client.post(
            "/batch/", json={"token": write_key, "batch": [SEEN | {"uuid": "m7"}], "historical_migration": True}
        ),
        client.post("/track/", content=b"[" + text[8] + b"]"),
        client.post("/i/v0/e/", json=[SEEN | {"uuid": "m9", "properties": {"token": write_key}}]),
        client.post("/capture", content=zlib.compress(text[10]), headers={"content-encoding": "deflate"}),
        client.post("/capture", content=zstandard.compress(text[11])),
        client.get("/e", params={"data": text[12].decode()}),
        client.post(f"/e/?token={write_key}", json=SEEN | {"uuid": "m13"}),
    ]
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, '{"status":"Ok"}')] * 14
    assert sorted(one.message_id for one in stored(records)) == sorted(f"m{number}" for number in range(14))


def test_verdicts_per_event(client: httpx.Client, records: Records, write_key: str) -> None:
    answer = client.post(
        "/i/v1/analytics/events",
        json={"batch": [SEEN, {"event": "x", "uuid": "m2"}, SEEN | {"uuid": "m3", "timestamp": "soon"}]},
        headers={"authorization": f"Bearer {write_key}"},
    )
    assert answer.json()["results"] == {
        "m1": {"result": "ok"},
        "m2": {"result": "drop", "details": "quarantined: no_identifier: the event has no distinct_id"},
        "m3": {"result": "warning", "details": "timestamp_unreadable"},
    }
    assert [entry.kind for entry in quarantined(records)] == ["posthog"]


def test_receipts(client: httpx.Client, write_key: str) -> None:
    answer = client.post("/e/?receipts=1", json=SEEN | {"api_key": write_key})
    assert answer.json() == {
        "success": True, "status": "Ok", "receipts": [{"messageId": "m1", "verdict": "ok"}],
    }  # fmt: skip


def test_wrong_keys(client: httpx.Client, write_key: str) -> None:
    for body, code in (
        (SEEN | {"api_key": "wrong"}, "invalid_write_key"),
        (SEEN, "missing_write_key"),
        (SEEN | {"api_key": "phx_secret"}, "personal_key"),
    ):
        answer = client.post("/e/", json=body)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.json()["type"] == "authentication_error"
        assert answer.json()["detail"]
    assert client.post("/e/?token=phx_1", json=SEEN).status_code == 401
    mixed = client.post("/e/", json=[SEEN | {"token": write_key}, SEEN | {"token": "other"}])
    assert (mixed.status_code, mixed.json()["code"]) == (400, "mixed_keys")


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("", b"", "empty_body"),
        ("", b"not json", "broken_json"),
        ("", b"7", "broken_json"),
        ("", b"[]", "empty_batch"),
        ("", b'{"batch": []}', "empty_batch"),
        ("", b'{"batch": 7}', "wrong_shape"),
        ("?compression=lz64", b"data=N4IgbgpgTgzglgewHYgFwEYA0IDGyAmuAtgIYAuCIAvkA", "compression_unsupported"),
    ],
)
def test_hopeless_requests(client: httpx.Client, query: str, body: bytes, code: str) -> None:
    answer = client.post(f"/e/{query}", content=body)
    assert answer.status_code == 400
    assert answer.json()["code"] in (code, "wrong_shape")


def test_flags_are_empty(client: httpx.Client, write_key: str) -> None:
    for path in ("/flags/?v=2", "/flags?v=4", "/decide/?v=3"):
        answer = client.post(path, json={"token": write_key, "distinct_id": "u1"})
        assert answer.status_code == 200
        assert answer.json()["flags"] == answer.json()["featureFlags"] == {}
        assert answer.json()["errorsWhileComputingFlags"] is False


def test_remote_configuration(client: httpx.Client, write_key: str) -> None:
    config = client.get(f"/array/{write_key}/config").json()
    assert (config["token"], config["hasFeatureFlags"], config["supportedCompression"]) == (
        write_key, False, ["gzip", "gzip-js"],
    )  # fmt: skip
    script = client.get(f"/array/{write_key}/config.js")
    assert script.headers["content-type"] == "application/javascript"
    assert f'["{write_key}"]' in script.text
    assert client.get("/array/wrong/config").status_code == 401


def test_a_bomb_is_refused() -> None:
    for packed in (gzip.compress(b" " * 50_000_000), zstandard.compress(b" " * 50_000_000)):
        with pytest.raises(Error) as told:
            outcomes(packed)
        assert told.value.code == "request_too_large"
