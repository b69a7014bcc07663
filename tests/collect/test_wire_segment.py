"""Calls of Segment's and RudderStack's SDKs become events; one bad item never spoils its batch."""

import json
from typing import Any

import pytest

from ninefold.base import Error, to_ms
from ninefold.base import parse_time as at
from ninefold.collect import Event, Limits, Rejection, decode_events, encode_events
from ninefold.collect.model import Outcome
from ninefold.collect.wires import Arrival, decode, open_envelope

NOW = to_ms(at("2026-06-01T08:00:00Z"))
ARRIVAL = Arrival(source="shop", channel="web", received=NOW)


def outcomes(body: object, call: str = "batch", arrival: Arrival = ARRIVAL) -> tuple[Outcome, ...]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode(open_envelope(data, call), arrival).outcomes


def event(body: object, call: str = "track", arrival: Arrival = ARRIVAL) -> Event:
    (outcome,) = outcomes(body, call, arrival)
    assert isinstance(outcome, Event), outcome
    return outcome


def rejection(body: object, call: str = "track", arrival: Arrival = ARRIVAL) -> Rejection:
    (outcome,) = outcomes(body, call, arrival)
    assert isinstance(outcome, Rejection), outcome
    return outcome


def track(**more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "userId": "u1", "messageId": "m1"} | more


def test_a_track_becomes_an_event() -> None:
    got = event(
        track(
            anonymousId="a1",
            timestamp="2026-06-01T07:59:00Z",
            sentAt="2026-06-01T08:00:00Z",
            properties={
                "color": "red",
                "size": 4,
                "big": True,
                "gone": None,
                "deep": {"a": {"b": "c", "n": 1.5}},
                "list": [1, {"x": "y"}],
            },
            context={
                "page": {"url": "https://shop.example/"},
                "campaign": {"name": "618"},
                "ip": "10.0.0.1",
                "userAgent": "Firefox",
                "locale": "zh-CN",
                "sessionId": 42,
                "device": {"id": "d1", "model": "X"},
            },
        )
    )
    assert got == Event(
        message_id="m1",
        type="track",
        name="Seen",
        ts=NOW - 60_000,
        received=NOW,
        source="shop",
        channel="web",
        identifiers=(("user_id", "u1"), ("device_id", "d1"), ("anonymous_id", "a1")),
        props={
            "color": "red",
            "big": "true",
            "deep.a.b": "c",
            "list": '[1,{"x":"y"}]',
            "context.page.url": "https://shop.example/",
            "context.campaign.name": "618",
            "context.device.model": "X",
            "context.locale": "zh-CN",
        },
        nums={"size": 4.0, "deep.a.n": 1.5},
        session_id="42",
        campaign_id="618",
    )
    assert decode_events(encode_events([got])) == [got]


def test_an_identify_carries_traits_and_contacts() -> None:
    got = event(
        {
            "userId": "u1",
            "messageId": "m1",
            "traits": {"email": "a@b.cn", "age": 31, "vip": True, "left": None, "address": {"city": "上海"}},
            "context": {
                "traits": {"phone": "+8613800138000", "age": 30},
                "externalIds": [{"type": "openid", "id": "o1"}, {"type": "", "id": "x"}, "junk", {"id": 1}],
            },
        },
        "identify",
    )
    assert got.name == "$identify"
    assert got.identifiers == (
        ("user_id", "u1"),
        ("openid", "o1"),
        ("email", "a@b.cn"),
        ("phone", "+8613800138000"),
    )
    assert got.traits == {
        "email": "a@b.cn", "age": 31.0, "vip": True, "left": None, "address.city": "上海", "phone": "+8613800138000",
    }  # fmt: skip
    assert got.props == {}


def test_other_calls_keep_what_they_say() -> None:
    page = event({"anonymousId": "a1", "name": "Home", "category": "shop", "properties": {"url": "/"}}, "page")
    assert (page.name, page.props) == ("$page", {"url": "/", "name": "Home", "category": "shop"})
    screen = event({"anonymousId": "a1", "name": "Cart", "properties": {"name": "own"}}, "screen")
    assert (screen.name, screen.props) == ("$screen", {"name": "own"})
    group = event({"userId": "u1", "groupId": 7, "traits": {"email": "info@corp.cn", "seats": 3}}, "group")
    assert group.identifiers == (("user_id", "u1"),)
    assert (group.name, group.traits) == ("$group", {})
    assert (group.props, group.nums) == ({"group_id": "7", "group.email": "info@corp.cn"}, {"group.seats": 3.0})


@pytest.mark.parametrize(
    ("previous", "user", "namespace"),
    [
        ("7f0c1c1e-7c0b-4a53-9f0b-000000000001", "u1", "anonymous_id"),
        ("old-user", "u1", "user_id"),
        ("7f0c1c1e-7c0b-4a53-9f0b-000000000001", "7f0c1c1e-7c0b-4a53-9f0b-000000000002", "user_id"),
    ],
)
def test_an_alias_links_the_previous_id(previous: str, user: str, namespace: str) -> None:
    got = event({"previousId": previous, "userId": user}, "alias")
    assert got.name == "$alias"
    assert got.identifiers == (("user_id", user), (namespace, previous))


def test_the_envelope_lends_its_context_and_time() -> None:
    body = {
        "sentAt": "2026-06-01T09:00:00Z",
        "context": {"locale": "zh-CN", "campaign": {"name": "618"}},
        "batch": [
            track(timestamp="2026-06-01T08:59:50Z"),
            track(messageId="m2", context={"locale": "en-GB"}, timestamp="2026-06-01T08:59:50Z",
                  sentAt="2026-06-01T08:59:55Z"),
        ],
    }  # fmt: skip
    first, second = outcomes(body)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert (first.ts, second.ts) == (NOW - 10_000, NOW - 5_000)
    assert (first.props["context.locale"], second.props["context.locale"]) == ("zh-CN", "en-GB")
    assert first.campaign_id == second.campaign_id == "618"


def test_bodies_come_as_batch_list_or_single() -> None:
    assert len(outcomes({"batch": [track(), track()]})) == 2
    assert len(outcomes([track(), track()])) == 2
    assert len(outcomes(track())) == 1
    assert len(outcomes([{"event": "A", "userId": 1}, {"event": "B", "userId": 1}], "track")) == 2


@pytest.mark.parametrize(
    ("body", "call", "code"),
    [
        (b"{", "batch", "broken_json"),
        (b"not json", "track", "broken_json"),
        (b"\xff\xfe\x00", "track", "broken_json"),
        (b"[" * 50_000, "batch", "broken_json"),
        (b'{"batch": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "batch", "broken_json"),
        (b"12", "batch", "wrong_shape"),
        (b'"text"', "track", "wrong_shape"),
        (b"null", "track", "wrong_shape"),
        (b"{}", "batch", "wrong_shape"),
        (b'{"batch": {}}', "batch", "wrong_shape"),
        (b'{"batch": null}', "batch", "wrong_shape"),
        (b'{"batch": []}', "batch", "empty_batch"),
        (b"[]", "track", "empty_batch"),
    ],
)
def test_a_body_that_holds_no_event_is_an_error(body: bytes, call: str, code: str) -> None:
    with pytest.raises(Error) as refused:
        open_envelope(body, call)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("item", "code", "field"),
    [
        (track(userId=None), "no_identifier", "userId"),
        (track(userId="  ", anonymousId=""), "no_identifier", "userId"),
        (track(userId=True), "wrong_type", "userId"),
        (track(userId={"id": 1}), "wrong_type", "userId"),
        (track(properties="text"), "wrong_type", "properties"),
        (track(properties=[1]), "wrong_type", "properties"),
        (track(timestamp={}), "wrong_type", "timestamp"),
        (track(event=None), "no_event_name", "event"),
        (track(event="x" * 256), "name_too_long", "event"),
        (track(type="merge"), "unknown_type", "type"),
        (track(type=None), "no_type", "type"),
        (track(properties={f"k{i}": 1 for i in range(1_001)}), "too_many_properties", "properties"),
        (track(properties={f"k{i}": {f"n{j}": "" for j in range(11)} for i in range(100)}), "too_many_properties",
         "properties"),
        (track(properties={f"k{i}": i for i in range(10_000)}), "event_too_large", ""),
        (track(properties={"text": "x" * 1_000_000}), "event_too_large", ""),
        (track(properties=json.loads('{"a":' * 20 + "1" + "}" * 20)), "too_deep", ""),
        ("text", "wrong_type", ""),
        (None, "wrong_type", ""),
        (7, "wrong_type", ""),
        ([track()], "wrong_type", ""),
    ],
)  # fmt: skip
def test_a_bad_item_is_put_aside_and_the_others_stay(item: object, code: str, field: str) -> None:
    bad = json.dumps(item).encode()
    body = b'{"sentAt":"2026-06-01T08:00:00Z","batch":[%b,%b,%b]}'
    good = json.dumps(track()).encode()
    first, second, third = outcomes(body % (good, bad, good))
    assert isinstance(first, Event)
    assert isinstance(third, Event)
    assert isinstance(second, Rejection)
    assert (second.code, second.field, second.raw) == (code, field, bad)
    assert second.reason
    assert second.message_id
    assert json.loads(second.envelope) == {
        "call": "batch", "channel": "web", "sentAt": "2026-06-01T08:00:00Z", "context": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (b'"\\ud800x"', "\ufffdx"),
        (b'"a\\u0000b"', "ab"),
        (b'"\xed\xa0\xbc\xed\xbe\x89"', "🎉"),
        (b'"\xff"', "\ufffd"),
        (b'"tab\tin"', "tab\tin"),
        (b'"\\\\u0000"', "\\u0000"),
    ],
)
def test_half_characters_are_mended_wherever_they_stand(value: bytes, kept: str) -> None:
    body = b'{"batch":[{"type":"track","event":%b,"userId":%b,"messageId":"m","properties":{%b:%b}}]}'
    got = event(body % (value, value, value, value), "batch")
    assert got.name == got.props[kept] == kept
    assert got.identifiers == (("user_id", kept),)
    encode_events([got])


def test_numbers_that_a_float_cannot_hold_stay_text() -> None:
    got = event(track(properties={"member": 12345678901234567890123, "near": 2**53 + 1, "fits": 2**53, "inf": 1}))
    assert got.props == {"member": "12345678901234567890123", "near": str(2**53 + 1)}
    assert got.nums == {"fits": float(2**53), "inf": 1.0}
    nan = event(b'{"event":"A","userId":1.0,"properties":{"a":NaN,"b":1e999,"c":2}}')
    assert (nan.nums, nan.identifiers) == ({"c": 2.0}, (("user_id", "1"),))
    assert event(b'{"event":"A","userId":"u","properties":{"a":' + b"9" * 6_000 + b"}}").props["a"] == "9" * 6_000


class TestMessageIds:
    def test_a_given_id_is_kept_and_a_long_one_is_hashed(self) -> None:
        assert event(track(messageId="m" * 100)).message_id == "m" * 100
        long = event(track(messageId="m" * 101)).message_id
        assert long.startswith("long:")
        assert len(long) <= 100
        assert event(track(messageId=7)).message_id == "7"

    def test_a_missing_id_comes_from_the_content(self) -> None:
        timed = track(messageId=None, timestamp="2026-06-01T07:00:00Z")
        later = Arrival(source="shop", channel="web", received=NOW + 5_000)
        once, again = event(timed), event(timed, arrival=later)
        assert once.message_id == again.message_id
        assert event(timed | {"event": "Other"}).message_id != once.message_id

    def test_equal_items_of_one_request_stay_two(self) -> None:
        timed = track(messageId=None, timestamp="2026-06-01T07:00:00Z")
        ids = [outcome.message_id for outcome in outcomes({"batch": [timed, timed]})]
        assert len(set(ids)) == 2
        assert ids == [outcome.message_id for outcome in outcomes({"batch": [timed, timed]})]

    def test_without_id_and_time_equal_events_are_told_apart_by_arrival(self) -> None:
        timeless = track(messageId=None)
        later = Arrival(source="shop", channel="web", received=NOW + 1)
        assert event(timeless).message_id != event(timeless, arrival=later).message_id


class TestTimes:
    @pytest.mark.parametrize(
        ("timestamp", "sent_at", "expected", "warning"),
        [
            ("2026-06-01T07:00:00Z", None, NOW - 3_600_000, ""),
            ("2026-06-01T15:00:00+08:00", None, NOW - 3_600_000, ""),
            ("2026-06-01T07:00:00", None, NOW - 3_600_000, ""),
            (NOW - 1_000, None, NOW - 1_000, ""),
            (NOW / 1_000 - 1, None, NOW - 1_000, ""),
            ("2020-01-01T00:00:00Z", "2020-01-01T00:00:30Z", NOW - 30_000, ""),
            ("1970-01-01T00:00:05Z", "1970-01-01T00:01:05Z", NOW - 60_000, ""),
            ("2999-01-01T00:00:00Z", "2999-01-01T00:00:09Z", NOW - 9_000, ""),
            ("1970-01-01T00:00:00Z", None, NOW, "timestamp_too_early"),
            ("0001-01-01T00:00:00+14:00", None, NOW, "timestamp_too_early"),
            ("2999-01-01T00:00:00Z", None, NOW, "timestamp_in_future"),
            ("9999-12-31T23:59:59-12:00", None, NOW, "timestamp_in_future"),
            ("2026-06-02T07:00:00Z", None, NOW + 82_800_000, ""),
            ("soon", None, NOW, "timestamp_unreadable"),
            ("2026-06-01T07:00:00Z", "soon", NOW - 3_600_000, ""),
            (-1, None, NOW, "timestamp_too_early"),
            (1e300, None, NOW, "timestamp_unreadable"),
            (10**400, None, NOW, "timestamp_unreadable"),
            ("9" * 5_000, None, NOW, "timestamp_unreadable"),
            (None, None, NOW, ""),
        ],
    )
    def test_clocks_of_clients(self, timestamp: object, sent_at: object, expected: int, warning: str) -> None:
        got = event(track(timestamp=timestamp, sentAt=sent_at))
        assert got.ts == expected
        assert got.props.get("$warnings", "") == warning
        assert ("$original_timestamp" in got.props) == bool(warning)

    def test_original_timestamp_goes_first(self) -> None:
        got = event(track(originalTimestamp="2026-06-01T07:00:00Z", timestamp="2026-06-01T05:00:00Z"))
        assert got.ts == NOW - 3_600_000


class TestCommerce:
    def test_an_order_fills_the_columns(self) -> None:
        got = event(
            track(
                event="Order Completed",
                properties={
                    "order_id": 5001,
                    "revenue": "199.90",
                    "total": 219.9,
                    "currency": "cny",
                    "campaign_id": "618",
                    "products": [{"product_id": "p1", "quantity": 2}, {"sku": "p2"}],
                },
            )
        )
        assert (got.order_id, got.product_id, got.campaign_id) == ("5001", "", "618")
        assert (got.revenue_minor, got.currency, got.quantity) == (19_990, "CNY", 3.0)
        assert got.props["products"] == '[{"product_id":"p1","quantity":2},{"sku":"p2"}]'

    @pytest.mark.parametrize(
        ("properties", "minor", "currency", "warning"),
        [
            ({"revenue": 500, "currency": "JPY"}, 500, "JPY", ""),
            ({"total": 19.99}, 1_999, "CNY", ""),
            ({"value": 19.99}, 0, "", ""),
            ({"value": 19.99, "currency": "USD"}, 1_999, "USD", ""),
            ({"revenue": "", "total": 3}, 300, "CNY", ""),
            ({"revenue": -5, "currency": "RMB"}, -500, "CNY", ""),
            ({"revenue": "12 yuan"}, 0, "", "revenue_unreadable"),
            ({"revenue": True}, 0, "", "revenue_unreadable"),
            ({"revenue": [1]}, 0, "", "revenue_unreadable"),
            ({"revenue": 1e30}, 0, "", "revenue_unreadable"),
            ({"revenue": 5, "currency": "yuan"}, 0, "", "currency_unreadable"),
            ({"revenue": 5, "currency": 156}, 0, "", "currency_unreadable"),
        ],
    )
    def test_amounts(self, properties: dict[str, object], minor: int, currency: str, warning: str) -> None:
        got = event(track(properties=properties))
        assert (got.revenue_minor, got.currency, got.props.get("$warnings", "")) == (minor, currency, warning)

    @pytest.mark.parametrize(
        ("properties", "product", "quantity"),
        [
            ({"product_id": "p1", "sku": "s1", "quantity": 2}, "p1", 2.0),
            ({"sku": 9, "quantity": "3"}, "9", 3.0),
            ({"products": [{"sku": "s1", "quantity": 4}]}, "s1", 4.0),
            ({"products": "no list", "quantity": "many"}, "", 0.0),
            ({"products": [1, None, {}]}, "", 1.0),
            ({"quantity": 1e300}, "", 0.0),
        ],
    )
    def test_products(self, properties: dict[str, object], product: str, quantity: float) -> None:
        got = event(track(properties=properties))
        assert (got.product_id, got.quantity) == (product, quantity)


def test_limits_are_settings() -> None:
    limits = Limits(max_event_bytes=2_000_000, max_properties=20_000)
    wide = Arrival(source="s", channel="", received=NOW, limits=limits)
    assert len(event(track(properties={f"k{i}": i for i in range(10_000)}), arrival=wide).nums) == 10_000
    assert event(track(channel="server"), arrival=wide).channel == "server"


def test_an_identifier_beyond_all_measure_is_left_out() -> None:
    got = event(track(userId="x" * 1_025, anonymousId="a1"))
    assert got.identifiers == (("anonymous_id", "a1"),)
    assert got.props["$warnings"] == "identifier_too_long"
    assert rejection(track(userId="x" * 1_025)).code == "no_identifier"
