"""Records of Sensors Data's SDKs become events: every record type, every way to pack them, every answer."""

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from tests.support.collecting import application, quarantined, serving, stored

from ninefold.base import FixedClock, to_ms
from ninefold.collect import Again, Collector, Event, Rejection, replay
from ninefold.collect.model import Limits, Outcome, Request
from ninefold.collect.wires import SENSORS, Arrival
from ninefold.collect.wires.sensors.decoding import java_hash
from ninefold.store import Records

NOW = 1_780_300_800_000
ARRIVAL = Arrival(source="shop", channel="web", received=NOW)
TRACK = {"type": "track", "event": "Seen", "distinct_id": "a1", "time": NOW - 60_000, "properties": {}}


def packed(value: object, *, zipped: bool = False) -> str:
    data = json.dumps(value).encode()
    return base64.b64encode(gzip.compress(data) if zipped else data).decode()


def outcomes(*records: object) -> tuple[Outcome, ...]:
    body = urlencode({"data_list": packed(records)}).encode()
    envelope = SENSORS.unpack(Request(call="data", body=body), Limits())
    return SENSORS.decode(envelope, ARRIVAL).outcomes


def event(**record: Any) -> Event:
    (outcome,) = outcomes(TRACK | record)
    assert isinstance(outcome, Event), outcome
    return outcome


@pytest.fixture
def client(collector: Collector) -> Iterator[httpx.Client]:
    with serving(application(collector)) as url, httpx.Client(base_url=url) as client:
        yield client


def test_a_track_becomes_an_event() -> None:
    got = event(
        event="OrderPaid",
        time=NOW - 3_660_000,
        _flush_time=NOW - 3_600_000,
        _track_id=42,
        lib={"$lib": "js", "$lib_version": "1", "$app_version": "2.0"},
        properties={
            "$lib": "js", "$ip": "10.0.0.1", "$os": "iOS", "$model": "X", "$url": "https://shop.example/",
            "$device_id": "d1",
            "$utm_campaign": "618", "$event_session_id": "s1", "order_id": "o1", "revenue": 19.9, "tags": ["a", "b"],
            "vip": True,
        },
    )  # fmt: skip
    assert got.ts == NOW - 60_000  # the clock is an hour slow
    assert (got.type, got.name, got.message_id[:3]) == ("track", "OrderPaid", "42:")
    assert got.identifiers == (("anonymous_id", "a1"), ("device_id", "d1"))
    assert got.props == {
        "context.os.name": "iOS",
        "context.device.model": "X",
        "context.page.url": "https://shop.example/",
        "context.campaign.name": "618",
        "context.app.version": "2.0",
        "order_id": "o1",
        "tags": '["a","b"]',
        "vip": "true",
    }
    assert (got.revenue_minor, got.currency, got.order_id, got.campaign_id) == (1_990, "CNY", "o1", "618")
    assert got.session_id == "s1"


def test_who_it_is() -> None:
    login = event(distinct_id="u1", properties={"$is_login_id": True})
    assert login.identifiers == (("user_id", "u1"),)
    both = event(distinct_id="u1", login_id="u1", anonymous_id="a1")
    assert both.identifiers == (("user_id", "u1"), ("anonymous_id", "a1"))
    mobile = event(
        distinct_id="$identity_mobile+138", identities={"$identity_mobile": "138", "$identity_cookie_id": "c"}
    )
    assert mobile.identifiers == (("phone", "138"), ("anonymous_id", "c"))
    others = event(
        distinct_id="u1",
        identities={
            "$identity_cookie_id": "c1", "$identity_login_id": "u1", "$identity_email": "a@b.cn",
            "$identity_idfv": "d1",
            "$identity_mp_openid": "o1", "$identity_mp_unionid": "n1", "$identity_car_vin": "v1",
            "crm": "7", "empty": "",
        },
    )  # fmt: skip
    assert others.identifiers == (
        ("user_id", "u1"), ("anonymous_id", "c1"), ("email", "a@b.cn"), ("device_id", "d1"), ("openid", "o1"),
        ("unionid", "n1"), ("car_vin", "v1"), ("crm", "7"),
    )  # fmt: skip
    assert event(distinct_id=7).identifiers == (("anonymous_id", "7"),)


def test_signing_up_binding_and_unbinding() -> None:
    signup = event(type="track_signup", event="$SignUp", distinct_id="u1", original_id="a1")
    assert (signup.type, signup.name) == ("alias", "$SignUp")
    assert signup.identifiers == (("user_id", "u1"), ("anonymous_id", "a1"))
    identities = {"$identity_login_id": "u1", "$identity_mobile": "138"}
    bind = event(type="track_id_bind", event="$BindID", distinct_id="u1", identities=identities)
    assert (bind.type, bind.name, bind.identifiers) == ("bind", "$bind", (("user_id", "u1"), ("phone", "138")))
    # Browsers and apps name who stays in distinct_id, servers name only what is taken away.
    kept = event(type="track_id_unbind", distinct_id="u1", login_id="u1", identities={"$identity_mobile": "138"},
                 properties={"$is_login_id": True})  # fmt: skip
    assert (kept.type, kept.name) == ("unbind", "$unbind")
    assert kept.identifiers == (("user_id", "u1"), ("phone", "138"))
    alone = event(type="track_id_unbind", distinct_id="$identity_mobile+138", identities={"$identity_mobile": "138"})
    assert alone.identifiers == (("phone", "138"),)


def test_profiles() -> None:
    said = event(
        type="profile_set", event=None, properties={"email": "a@b.cn", "age": 3, "likes": ["x"], "$name": "Ana"}
    )
    assert (said.type, said.name) == ("identify", "$identify")
    assert said.traits == {"email": "a@b.cn", "age": 3.0, "likes": '["x"]', "$name": "Ana"}
    assert said.identifiers == (("email", "a@b.cn"), ("anonymous_id", "a1"))
    assert event(type="profile_unset", properties={"age": True}).traits == {"age": None}
    added = event(type="profile_increment", properties={"points": 5})
    assert (added.type, added.name, added.nums, added.traits) == ("identify", "$identify", {}, {})
    assert added.changes == (("add", "points", 5.0),)
    likes = event(type="profile_append", event=None, properties={"likes": ["y", "z"], "sizes": 3})
    assert likes.changes == (("append", "likes", "y"), ("append", "likes", "z"), ("append", "sizes", 3.0))
    once = event(type="profile_set_once", event=None, properties={"first": "x"})
    assert (once.name, once.traits, once.once) == ("$identify", {}, {"first": "x"})
    assert event(type="profile_delete").changes == (("delete", "", ""),)


def test_pages_and_screens_have_one_name_on_all_wires() -> None:
    page = event(event="$pageview", properties={"$url": "/", "$title": "Home"})
    assert (page.type, page.name, page.props["$event"]) == ("page", "$page", "$pageview")
    screen = event(event="$AppViewScreen", properties={"$screen_name": "Cart"})
    assert (screen.type, screen.name, screen.props["name"]) == ("screen", "$screen", "Cart")


def test_times() -> None:
    assert event(time=NOW // 1_000 - 60).ts == NOW - 60_000
    assert event(time=NOW - 60_000, _flush_time=NOW - 30_000, time_free=True).ts == NOW - 60_000
    assert event(time=None, properties={"$time": "2026-06-01 07:00:00"}).ts == NOW - 3_600_000
    assert event(time="soon").props["$warnings"] == "timestamp_unreadable"


def test_the_same_record_again_has_the_same_id() -> None:
    first, again = event(_track_id=1, _flush_time=NOW), event(_track_id=1, _flush_time=NOW + 5_000)
    assert first.message_id == again.message_id
    assert event(_track_id=1, distinct_id="a2").message_id != first.message_id
    assert event(_track_id=1, time=NOW).message_id != first.message_id
    without, resent = event(_flush_time=NOW), event(_flush_time=NOW + 5_000)
    assert without.message_id == resent.message_id
    assert without.ts != resent.ts
    one, two = outcomes(TRACK, TRACK)
    assert one.message_id != two.message_id


def test_bad_records_are_put_aside_with_a_reason() -> None:
    bad: list[Any] = [
        {"type": "track", "event": "Seen"},
        {"type": "track", "distinct_id": "a1"},
        {"distinct_id": "a1"},
        {"type": "wish", "distinct_id": "a1"},
        TRACK | {"properties": "x"},
        {"type": "detail_set", "distinct_id": "a1", "properties": {"n": 1}},
        {"type": "item_set", "item_type": "sku", "properties": {"n": 1}},
        {"type": "profile_increment", "distinct_id": "a1", "properties": {"n": "many"}},
        {"type": "profile_append", "distinct_id": "a1", "properties": {"n": [None]}},
        {"ekey": "x", "pkv": 1, "payloads": "y"},
        7,
        TRACK | {"event": "x" * 300},
        TRACK | {"properties": {f"p{number}": 1 for number in range(1_001)}},
    ]
    codes = [outcome.code for outcome in outcomes(*bad) if isinstance(outcome, Rejection)]
    assert codes == [
        "no_identifier", "no_event_name", "no_type", "unknown_type", "wrong_type", "no_entities", "no_item",
        "not_a_number", "no_operand", "encrypted",
        "wrong_type", "name_too_long", "too_many_properties",
    ]  # fmt: skip


def test_every_way_to_send(client: httpx.Client, records: Records, write_key: str) -> None:
    sent = [TRACK | {"_track_id": number} for number in range(9)]
    url = f"/sa?project=default&token={write_key}"
    form = {"content-type": "application/x-www-form-urlencoded"}
    text = {"content-type": "text/plain;charset=UTF-8"}
    crc = packed(sent[3])
    answers = [
        client.post(url, data={"data": packed(sent[0], zipped=True), "gzip": "1"}),
        client.post(url, data={"data_list": packed(sent[1:3], zipped=True), "gzip": "0"}),  # a wrong flag
        client.post(url, content=f"data={quote(crc)}&ext={quote(f'crc={java_hash(crc)}')}", headers=text),  # a beacon
        client.get(f"{url}&data={quote(packed(sent[4]))}"),
        client.get(f"/sa.gif?project=x&token={write_key}&data={quote(packed(sent[5]))}&ext=crc%3D1"),
        client.post(url, content=f"data={packed(sent[6])}", headers=form),  # not escaped
        client.post(url, json=sent[7]),
        client.post(
            f"/sa?project={write_key}", data={"data": base64.urlsafe_b64encode(json.dumps(sent[8]).encode()).decode()}
        ),
    ]
    assert [answer.status_code for answer in answers] == [200] * 8
    assert [answer.headers["content-type"] for answer in answers[3:5]] == ["image/gif"] * 2
    events = stored(records)
    assert sorted(int(one.message_id.partition(":")[0]) for one in events) == list(range(9))
    assert [one.props["$warnings"] for one in events if "$warnings" in one.props] == ["crc_mismatch"]


def test_the_key_may_stand_in_a_record(client: httpx.Client, records: Records, write_key: str) -> None:
    answer = client.post("/sa?project=default", data={"data": packed(TRACK | {"token": write_key})})
    assert answer.status_code == 200
    assert len(stored(records)) == 1


def test_a_wrong_key_keeps_the_events_on_the_device(client: httpx.Client) -> None:
    """Android's SDK deletes what is answered with 401, and keeps what is answered with 403."""
    for url in ("/sa?token=wrong", "/sa?project=wrong", "/sa"):
        answer = client.post(url, data={"data": packed(TRACK)})
        assert (answer.status_code, answer.json()["kind"]) == (403, "refused")
    image = client.get("/sa.gif", params={"token": "wrong", "data": packed(TRACK)})
    assert (image.status_code, image.content[:4]) == (403, b"GIF8")


def test_hopeless_requests_are_answered_400(client: httpx.Client, write_key: str) -> None:
    for body in ("", "data=", "data=%%%", "data=bm90IGpzb24=", "data_list=W10=", "junk"):
        answer = client.post(f"/sa?token={write_key}", content=body)
        assert answer.status_code == 400, body
        assert answer.json()["message"]


def test_debugging_answers_per_record(client: httpx.Client, records: Records, write_key: str) -> None:
    url = f"/debug?token={write_key}"
    bad = {"type": "track", "distinct_id": "a1"}
    assert client.post(url, data={"data": packed(TRACK)}, headers={"Dry-Run": "true"}).status_code == 200
    answer = client.post(url, data={"data_list": packed([TRACK, bad])}, headers={"Dry-Run": "true"})
    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"]] == ["no_event_name"]
    assert stored(records) == []
    assert quarantined(records) == []
    assert client.post(url, data={"data": packed(TRACK)}).status_code == 200
    assert len(stored(records)) == 1


def test_receipts(client: httpx.Client, write_key: str) -> None:
    bad = {"type": "track", "distinct_id": "a1"}
    answer = client.get("/sa.gif", params={"token": write_key, "receipts": "1", "data_list": packed([TRACK, bad])})
    assert [receipt["verdict"] for receipt in answer.json()["receipts"]] == ["ok", "quarantined"]


def test_remote_configuration(client: httpx.Client) -> None:
    for system in ("Android", "iOS"):
        answer = client.get(f"/config/{system}.conf?project=default")
        assert answer.status_code == 200
        assert set(answer.json()) == {"v", "configs"}
        assert client.get(f"/config/{system}.conf?v={answer.json()['v']}").status_code == 304


def test_quarantine_is_replayed_by_its_own_wire(
    client: httpx.Client, records: Records, write_key: str, clock: FixedClock
) -> None:
    large = TRACK | {"properties": {"text": "x" * 70_000}}
    client.post(f"/sa?token={write_key}", data={"data": packed(large)})
    (entry,) = quarantined(records)
    assert (entry.kind, entry.code) == ("sensors", "event_too_large")
    with records.begin() as conn:
        done = replay(conn, [entry.id], now=clock.now(), again=Again(limits=Limits(max_event_bytes=100_000)))
    assert done.accepted == 1
    (event,) = stored(records)
    assert (event.name, event.ts) == ("Seen", min(NOW - 60_000, to_ms(clock.now())))
