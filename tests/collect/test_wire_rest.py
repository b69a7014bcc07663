"""The plain API: documented JSON in, a verdict per event out."""

import json
from typing import Any

import httpx
import pytest
from tests.support.collecting import application, quarantined, serving, stored

from ninefold.base import Error, to_ms
from ninefold.base import parse_time as at
from ninefold.collect import Collector, Event, Limits, Rejection
from ninefold.collect.model import Outcome, Request
from ninefold.collect.wires import Arrival
from ninefold.collect.wires.rest import REST
from ninefold.store import Records

NOW = to_ms(at("2026-06-01T08:00:00Z"))
ARRIVAL = Arrival(source="shop", channel="", received=NOW)
SEEN = {"event": "Seen", "message_id": "m1", "identifiers": {"user_id": "u1"}}


def outcomes(body: object, **headers: str) -> tuple[Outcome, ...]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return REST.decode(REST.unpack(Request(call="", body=data, headers=named), Limits()), ARRIVAL).outcomes


def one(**more: Any) -> Event:
    (found,) = outcomes(SEEN | more)
    assert isinstance(found, Event), found
    return found


def bad(**more: Any) -> Rejection:
    (found,) = outcomes(SEEN | more)
    assert isinstance(found, Rejection), found
    return found


def test_an_order() -> None:
    got = one(
        event="Order Completed", time="2026-06-01T15:59:00+08:00", amount="199.90", currency="CNY", order_id=1001,
        product_id="p1", quantity=2, campaign_id="618", session_id="s1", channel="pos",
        properties={"store": "S12", "revenue": 1, "deep": {"n": 1}},
        identifiers={"user_id": "u1", "phone": {"sha256": "AB" * 32}, "email": ["a@b.cn", None, "c@d.cn"], "no": None},
    )  # fmt: skip
    assert (got.message_id, got.type, got.name, got.ts, got.channel) == (
        "m1",
        "track",
        "Order Completed",
        NOW - 60_000,
        "pos",
    )
    assert got.identifiers == (
        ("user_id", "u1"), ("phone", "sha256:" + "ab" * 32), ("email", "a@b.cn"), ("email", "c@d.cn"),
    )  # fmt: skip
    assert (got.revenue_minor, got.currency, got.order_id, got.product_id) == (19_990, "CNY", "1001", "p1")
    assert (got.quantity, got.campaign_id, got.session_id) == (2.0, "618", "s1")
    assert got.nums == {"revenue": 1.0, "deep.n": 1.0}
    assert got.props["$warnings"] == "identifier_unreadable:email"


def test_each_type_has_its_name() -> None:
    assert one(type="identify", event=None, traits={"city": "上海", "old": None}).traits == {
        "city": "上海",
        "old": None,
    }
    both = {"user_id": "u1", "phone": "139"}
    assert [one(type=kind, identifiers=both).name for kind in ("group", "alias", "bind", "screen")] == [
        "$group", "$alias", "$bind", "$screen",
    ]  # fmt: skip
    assert one(type="page", name="Home").props == {"name": "Home"}
    unbind = one(type="unbind", keep={"user_id": "u1"}, identifiers={"phone": "139", "email": "a@b.cn"})
    assert (unbind.type, unbind.name) == ("unbind", "$unbind")
    assert unbind.identifiers == (("user_id", "u1"), ("phone", "139"), ("email", "a@b.cn"))


def test_unknown_members_are_kept_and_told() -> None:
    got = one(proprties={"a": 1}, when="x")
    assert (got.nums, got.props) == (
        {"proprties.a": 1.0},
        {"when": "x", "$warnings": "unknown_member:proprties unknown_member:when"},
    )


def test_a_wrong_clock_cancels_out() -> None:
    assert one(time=NOW - 120_000, sent_at=NOW - 60_000).ts == NOW - 60_000
    (got,) = outcomes({"events": [SEEN | {"time": NOW - 120_000}], "sent_at": NOW - 60_000})
    assert isinstance(got, Event)
    assert got.ts == NOW - 60_000


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"event": None}, "no_event_name", "event"), ({"type": "trak"}, "unknown_type", "type"),
        ({"type": 3}, "wrong_type", "type"), ({"properties": [1]}, "wrong_type", "properties"),
        ({"identifiers": {}}, "no_identifier", "identifiers"), ({"identifiers": "u1"}, "wrong_type", "identifiers"),
        ({"identifiers": {"phone": {"md5": "x"}}}, "no_identifier", "identifiers"),
        ({"type": "bind"}, "no_identifier", "identifiers"), ({"type": "unbind"}, "no_identifier", "keep"),
        ({"properties": {str(n): n for n in range(1_001)}}, "too_many_properties", "properties"),
    ],
)  # fmt: skip
def test_bad_events_say_what_is_wrong(more: dict[str, Any], code: str, field: str) -> None:
    found = bad(**more)
    assert (found.code, found.field, found.message_id) == (code, field, "m1")


def test_a_type_that_is_nearly_right_is_guessed() -> None:
    assert "track" in bad(type="trak").reason


def test_the_shapes_of_a_body() -> None:
    line = json.dumps(SEEN).encode()
    for body in (line, b"[" + line + b"]", b'{"events": [' + line + b"]}", b"\xef\xbb\xbf" + line):
        assert [one.message_id for one in outcomes(body)] == ["m1"]
    many = outcomes(line + b"\r\n\n" + json.dumps(SEEN | {"message_id": "m2"}).encode() + b"\n{broken\n")
    assert [(type(each), each.message_id[:5]) for each in many] == [(Event, "m1"), (Event, "m2"), (Rejection, "auto:")]
    assert isinstance(many[2], Rejection)
    assert many[2].code == "broken_json"


@pytest.mark.parametrize("body", [b"", b"x", b"{", b"[]", b"3", b'{"events": 3}', b'{"events": []}', b"[{]\n[}]"])
def test_a_request_without_an_event_is_refused(body: bytes) -> None:
    with pytest.raises(Error):
        outcomes(body)


def test_an_idempotency_key_names_events_that_have_no_id() -> None:
    bare = {"event": "Seen", "identifiers": {"user_id": "u1"}}
    assert [each.message_id for each in outcomes(bare, idempotency_key="k1")] == ["k1"]
    assert [each.message_id for each in outcomes([bare, SEEN, bare], idempotency_key="k1")] == ["k1#0", "m1", "k1#2"]


def test_over_http(collector: Collector, records: Records, write_key: str) -> None:
    with serving(application(collector)) as url, httpx.Client(base_url=url) as http:
        events = [SEEN, {"event": "Seen"}, SEEN, SEEN | {"message_id": "m2", "when": 1}]
        answer = http.post("/v1/events", json={"events": events}, auth=(write_key, ""))
        told = answer.json()
        assert (answer.status_code, told["kept"], told["quarantined"], told["duplicates"]) == (200, 2, 1, 1)
        assert [receipt["verdict"] for receipt in told["receipts"]] == ["ok", "quarantined", "duplicate", "warning"]
        assert (told["receipts"][1]["code"], told["receipts"][1]["field"]) == ("no_identifier", "identifiers")
        sent_by_browser = {"content-type": "text/plain;charset=UTF-8", "origin": "https://a.example"}
        body = json.dumps(SEEN | {"message_id": "m3"})
        beacon = http.post("/v1/beacon", params={"writeKey": write_key}, content=body, headers=sent_by_browser)
        assert beacon.json()["receipts"] == [{"messageId": "m3", "verdict": "ok"}]
        assert beacon.headers["access-control-allow-origin"] == "https://a.example"
        image = {
            "writeKey": write_key,
            "event": "Opened",
            "message_id": "m4",
            "id.openid": "o1",
            "color": "red",
            "_": "1",
        }
        for query, status in ((image, 200), (image | {"writeKey": "wrong"}, 401)):
            shown = http.get("/p.gif", params=query)
            assert (shown.status_code, shown.headers["content-type"], shown.content[:3]) == (
                status,
                "image/gif",
                b"GIF",
            )
        assert http.post("/v1/events", content=b"{", auth=(write_key, "")).json()["code"] == "broken_json"
        assert http.post("/v1/events", json=SEEN).json()["code"] == "missing_write_key"
    kept = stored(records)
    assert [event.message_id for event in kept] == ["m1", "m2", "m3", "m4"]
    assert (kept[-1].identifiers, kept[-1].props) == ((("openid", "o1"),), {"color": "red"})
    assert [row.kind for row in quarantined(records)] == ["rest"]
