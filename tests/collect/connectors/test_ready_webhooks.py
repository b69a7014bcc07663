"""Ready webhooks with payloads of the shapes that the vendors document: right events, identifiers, amounts."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from starlette.applications import Starlette
from tests.support.collecting import quarantined, serving, stored

from ninefold.base import Error, FixedClock, to_ms
from ninefold.collect.connectors import Connectors, ConnectorSettings, hook_routes
from ninefold.collect.connectors.hooks.columns import shopify_columns, woocommerce_columns
from ninefold.collect.connectors.hooks.rules import sha1_of
from ninefold.collect.connectors.hooks.wechat import sealed_with
from ninefold.collect.event import Event
from ninefold.collect.imports import Imports
from ninefold.identity import Identity
from ninefold.jobs import Pipeline
from ninefold.store import Events, Records, Statement

LIBRARY = Path(__file__).parents[3] / "library" / "connectors"
SECRET, AES_KEY = "hush-hush", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NAMES = ("SHOPIFY_WEBHOOK_SECRET", "WOOCOMMERCE_WEBHOOK_SECRET", "WECHAT_TOKEN", "WECOM_TOKEN")
SECRETS = dict.fromkeys(NAMES, SECRET) | {"WECHAT_AES_KEY": AES_KEY, "WECOM_AES_KEY": AES_KEY}

CUSTOMER: dict[str, Any] = {
    "id": 115310627314723954, "email": "john@ninefold.cn", "phone": None, "first_name": "John", "last_name": "Smith",
    "state": "enabled", "tags": "vip, tea", "updated_at": "2026-05-01T11:00:00-04:00",
    "default_address": {"city": "Ottawa", "country_code": "CA"},
    "email_marketing_consent": {"state": "subscribed", "opt_in_level": "single_opt_in"},
}  # fmt: skip
ORDER: dict[str, Any] = {
    "id": 820982911946154508, "name": "#9999", "email": "john@ninefold.cn", "phone": "+8613912340001",
    "created_at": "2026-05-01T10:00:00-04:00", "processed_at": "2026-05-01T10:01:00-04:00",
    "updated_at": "2026-05-01T10:02:00-04:00", "financial_status": "paid", "currency": "USD", "total_price": "404.95",
    "current_total_price": "404.95", "total_tax": "11.94", "total_discounts": "20.00", "customer": CUSTOMER,
    "billing_address": {"city": "Ottawa", "country_code": "CA"},
    "line_items": [
        {"id": 487817672276298554, "product_id": 788032119674292922, "title": "Tea", "sku": "SKU-1", "quantity": 1,
         "price": "199.00", "properties": [{"name": "gift", "value": "yes"}]},
        {"id": 976318377106520349, "product_id": 788032119674292923, "title": "Pot", "sku": "SKU-2", "quantity": 2,
         "price": "107.00"},
    ],
}  # fmt: skip
REFUND: dict[str, Any] = {
    "id": 890088186047892319, "order_id": ORDER["id"], "created_at": "2026-05-02T10:00:00-04:00", "note": "broken",
    "transactions": [
        {"id": 1, "kind": "refund", "status": "success", "amount": "107.00", "currency": "USD"},
        {"id": 2, "kind": "refund", "status": "success", "amount": "0.10", "currency": "USD"},
        {"id": 3, "kind": "refund", "status": "failure", "amount": "50.00", "currency": "USD"},
    ],
    "refund_line_items": [{"id": 1, "quantity": 1, "line_item": {"sku": "SKU-2", "quantity": 2, "price": "107.00"}}],
}  # fmt: skip
WOO: dict[str, Any] = {
    "id": 727, "number": "727", "status": "processing", "currency": "EUR", "customer_id": 26, "total": "29.35",
    "total_tax": "1.35", "date_created_gmt": "2026-05-01T16:28:02", "date_paid_gmt": "2026-05-01T16:28:08",
    "date_modified_gmt": "2026-05-01T16:28:08", "payment_method_title": "Direct Bank Transfer", "refunds": [],
    "billing": {"first_name": "Ana", "last_name": "Wu", "email": "ana@ninefold.cn", "phone": "+8613912340002",
                "city": "Berlin", "country": "DE"},
    "line_items": [{"id": 315, "name": "Woo Single #1", "product_id": 93, "quantity": 2, "total": "6.00", "price": 3},
                   {"id": 316, "name": "Ship", "product_id": 22, "quantity": 1, "total": "12.00", "price": 12}],
}  # fmt: skip

Post = Callable[..., httpx.Response]


@pytest.fixture
def connectors(records: Records, clock: FixedClock, tmp_path: Path) -> Iterator[Connectors]:
    """All connectors of the library, saved on a fresh installation."""
    imports = Imports(records, clock)
    desk = Connectors(records, clock, imports, ConnectorSettings(spool=tmp_path / "spool"), SECRETS)
    with records.begin() as conn:
        for file in sorted(LIBRARY.glob("*.yaml")):
            desk.save(conn, yaml.safe_load(file.read_text(encoding="utf-8")), now=clock.now())
    desk.hooks.start()
    yield desk
    desk.close()


@pytest.fixture
def post(connectors: Connectors, clock: FixedClock) -> Iterator[Post]:
    """Posts a message as its vendor does."""
    with (
        serving(Starlette(routes=[*hook_routes(connectors.hooks, max_bytes=1_000_000)])) as address,
        httpx.Client(base_url=f"{address}/v1/hooks") as client,
    ):

        def send(vendor: str, message: Mapping[str, Any], topic: str = "", delivery: str = "d") -> httpx.Response:
            if vendor in ("wechat", "wecom"):
                inner = "".join(f"<{key}><![CDATA[{value}]]></{key}>" for key, value in message.items())
                sealed = sealed_with(f"<xml>{inner}</xml>".encode(), AES_KEY, "", b"0123456789abcdef")
                stamp = str(to_ms(clock.now()) // 1000)
                query = {"timestamp": stamp, "nonce": "n", "msg_signature": sha1_of(SECRET, stamp, "n", sealed)}
                path = {"wechat": "/wechat_events", "wecom": "/wecom_contacts"}[vendor]
                return client.post(path, params=query, content=f"<xml><Encrypt>{sealed}</Encrypt></xml>")
            body = json.dumps(message).encode()
            digest = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
            if vendor == "shopify":
                headers = {"X-Shopify-Hmac-Sha256": digest, "X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": delivery,
                           "X-Shopify-Shop-Domain": "tea.myshopify.com"}  # fmt: skip
            else:
                headers = {"X-WC-Webhook-Signature": digest, "X-WC-Webhook-Topic": topic,
                           "X-WC-Webhook-Delivery-ID": delivery}  # fmt: skip
            return client.post(f"/{vendor}_webhooks", content=body, headers=headers)

        yield send


def by_name(events: list[Event]) -> dict[str, Event]:
    found = {event.name: event for event in events}
    assert len(found) == len(events), [event.name for event in events]
    return found


def test_shopify_orders_refunds_and_customers_are_one_person(
    post: Post, records: Records, events: Events, clock: FixedClock
) -> None:
    sent = [("orders/create", ORDER), ("orders/paid", ORDER), ("orders/updated", ORDER), ("refunds/create", REFUND),
            ("customers/update", CUSTOMER)]  # fmt: skip
    for number, (topic, message) in enumerate(sent * 2):  # all of it is delivered again, under other names
        assert post("shopify", message, topic, delivery=f"d{number}").status_code == 200
    assert not quarantined(records)
    pipeline = Pipeline(records, events, clock)
    pipeline.drain()
    rows = events.query(Statement(
        "SELECT name, revenue_minor, currency, order_id, quantity, props['products'] AS products FROM events "
        "ORDER BY name"
    )).to_pylist()  # fmt: skip
    assert [(row["name"], row["revenue_minor"], row["currency"]) for row in rows] == [
        ("$identify", 0, ""), ("Order Completed", 40495, "USD"), ("Order Placed", 0, ""),
        ("Order Refunded", 10710, "USD"), ("Order Updated", 0, ""),
    ]  # fmt: skip
    paid = rows[1]
    assert (paid["order_id"], paid["quantity"]) == (str(ORDER["id"]), 3.0)
    assert [one["sku"] for one in json.loads(paid["products"])] == ["SKU-1", "SKU-2"]
    assert [one["quantity"] for one in json.loads(rows[3]["products"])] == [1]
    with records.begin() as conn:
        identity = Identity.load(conn)
        oneids = {row["oneid"] for row in events.query(Statement("SELECT DISTINCT oneid FROM events")).to_pylist()}
        [person] = {identity.person(conn, oneid).oneid for oneid in oneids}
        spaces = {(one.namespace, one.value) for one in identity.identifiers_of(conn, person)}
    assert spaces == {
        ("shopify_id", str(CUSTOMER["id"])), ("email", "john@ninefold.cn"), ("phone", "+8613912340001"),
        ("anonymous_id:shopify_order", str(ORDER["id"])),
    }  # fmt: skip


def test_woocommerce_counts_an_order_once_and_each_refund(
    post: Post, records: Records, events: Events, clock: FixedClock
) -> None:
    refunded = WOO | {"status": "completed", "date_modified_gmt": "2026-05-03T10:00:00",
                      "refunds": [{"id": 726, "reason": "", "total": "-10.00"}]}  # fmt: skip
    again = refunded | {"date_modified_gmt": "2026-05-04T10:00:00",
                        "refunds": [{"id": 728, "total": "-0.35"}, {"id": 726, "total": "-10.00"}]}  # fmt: skip
    guest = WOO | {"id": 728, "customer_id": 0, "status": "pending"}
    customer = {"id": 26, "email": "ana@ninefold.cn", "first_name": "Ana", "username": "ana.wu",
                "date_modified_gmt": "2026-05-01T17:00:00", "billing": {"phone": "", "city": "Berlin"}}  # fmt: skip
    sent = [("order.created", WOO), ("order.updated", WOO), ("order.updated", refunded), ("order.updated", again),
            ("order.updated", again), ("order.created", guest), ("customer.updated", customer)]  # fmt: skip
    for number, (topic, message) in enumerate(sent):
        assert post("woocommerce", message, topic, delivery=str(number)).status_code == 200
    assert not quarantined(records)
    Pipeline(records, events, clock).drain()
    rows = events.query(Statement("SELECT name, order_id, revenue_minor FROM events ORDER BY name, ts")).to_pylist()
    assert [(row["name"], row["order_id"], row["revenue_minor"]) for row in rows] == [
        ("$identify", "", 0), ("Order Completed", "727", 2935), ("Order Placed", "727", 0), ("Order Placed", "728", 0),
        ("Order Refunded", "727", 1000), ("Order Refunded", "727", 35),
    ]  # fmt: skip


def test_woocommerce_is_checked_and_its_first_ping_is_answered(
    connectors: Connectors, post: Post, records: Records
) -> None:
    with (
        serving(Starlette(routes=[*hook_routes(connectors.hooks, max_bytes=1_000)])) as address,
        httpx.Client(base_url=f"{address}/v1/hooks") as client,
    ):
        assert client.post("/woocommerce_webhooks", data={"webhook_id": "7"}).status_code == 200
        assert client.post("/woocommerce_webhooks", json=WOO["billing"]).status_code == 401
        assert client.post("/woocommerce_webhooks", data={"webhook_id": "7", "more": "x"}).status_code == 401
    assert not stored(records)


EVENT = {"ToUserName": "gh_1", "FromUserName": "openid-1", "CreateTime": 1779350400, "MsgType": "event"}


def test_wechat_events_have_names_and_openids(post: Post, records: Records, clock: FixedClock) -> None:
    sent: list[dict[str, Any]] = [
        EVENT | {"Event": "subscribe", "EventKey": "qrscene_123", "Ticket": "T"},
        EVENT | {"Event": "SCAN", "EventKey": "123", "Ticket": "T"},
        EVENT | {"Event": "CLICK", "EventKey": "MENU"},
        EVENT | {"Event": "LOCATION", "Latitude": "23.137466", "Longitude": "113.352425", "Precision": "119.385040"},
        EVENT | {"Event": "TEMPLATESENDJOBFINISH", "MsgID": "200163836", "Status": "success"},
        EVENT | {"Event": "unsubscribe", "CreateTime": 1779350460},
        EVENT | {"MsgType": "text", "Content": "hello", "MsgId": "1234567890123456"},
    ]
    for message in sent:
        assert post("wechat", message).text == "success"
    assert not quarantined(records)
    found = by_name(stored(records))
    assert sorted(found) == [
        "WeChat Location Reported", "WeChat Menu Clicked", "WeChat Message Received", "WeChat QR Scanned",
        "WeChat Subscribed", "WeChat Template Finished", "WeChat Unsubscribed",
    ]  # fmt: skip
    assert {event.identifiers for event in found.values()} == {(("openid", "openid-1"),)}
    assert found["WeChat Subscribed"].props == {"account": "gh_1", "key": "qrscene_123", "ticket": "T"}
    assert found["WeChat Location Reported"].nums["latitude"] == 23.137466
    assert found["WeChat Template Finished"].props["status"] == "success"
    assert found["WeChat Message Received"].props["text"] == "hello"
    assert found["WeChat Unsubscribed"].ts == 1779350460000


def test_wecom_contacts_of_one_second_do_not_swallow_each_other(post: Post, records: Records) -> None:
    base = {"ToUserName": "corp", "FromUserName": "sys", "CreateTime": 1779350400, "MsgType": "event",
            "Event": "change_external_contact", "UserID": "zhangsan"}  # fmt: skip
    sent = [
        base | {"ChangeType": "add_external_contact", "ExternalUserID": "woA", "State": "shop7", "WelcomeCode": "w"},
        base | {"ChangeType": "add_external_contact", "ExternalUserID": "woB", "State": "shop8"},
        base | {"ChangeType": "del_follow_user", "ExternalUserID": "woA"},
        base | {"Event": "change_external_chat", "ChatId": "c1"},
    ]
    for message in [*sent, sent[0]]:  # a repeat is known by its content
        assert post("wecom", message).text == "success"
    assert not quarantined(records)
    events = stored(records)
    assert [(event.name, event.identifiers) for event in events] == [
        ("WeCom Contact Added", (("external_userid", "woA"),)), ("WeCom Contact Added", (("external_userid", "woB"),)),
        ("WeCom Contact Removed Staff", (("external_userid", "woA"),)),
    ]  # fmt: skip
    assert events[0].props == {"corp": "corp", "staff": "zhangsan", "state": "shop7"}


def test_columns_of_strange_messages_are_empty() -> None:
    messages: tuple[object, ...] = (
        None,
        [],
        "x",
        {"line_items": "x", "refunds": [7], "transactions": {}, "customer_id": True},
    )
    for strange in messages:
        assert shopify_columns("refunds/create", strange) == {}
        assert set(woocommerce_columns(strange)) <= {"$customer"}
    assert shopify_columns("orders/paid", {"line_items": [{"quantity": "NaN"}, {"quantity": "1e400"}]}) is not None


def test_a_library_connector_needs_its_secret(records: Records, clock: FixedClock, connectors: Connectors) -> None:
    with pytest.raises(Error, match="secrets are in place"):
        connectors.test("shopify_webhooks")
