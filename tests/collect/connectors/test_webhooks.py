"""Webhooks over real HTTP: signatures of each vendor, durable before the answer, repeats recognised, harmless XML."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from tests.support.collecting import quarantined, serving, stored

from ninefold.base import Error, FixedClock, to_ms
from ninefold.collect.connectors import Connectors, hook_routes
from ninefold.collect.connectors.hooks.rules import sha1_of
from ninefold.collect.connectors.hooks.wechat import opened, sealed_with
from ninefold.collect.connectors.hooks.xml import read_xml
from ninefold.store import Records, put_definition

from .conftest import SECRETS, Save

SECRET = SECRETS["SECRET_ONE"]
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ORDER = {"id": 7, "member": "M7", "at": "2026-05-01T10:00:00Z", "paid": "7.50"}
MESSAGE = (
    "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[openid-1]]></FromUserName>"
    "<CreateTime>1779350400</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event></xml>"
)
FOLLOWERS = {
    "kind": "mapping", "key": "followers", "source": "wechat", "channel": "wechat", "event": {"column": "Event"},
    "identifiers": [{"namespace": "openid", "column": "FromUserName"}],
    "time": {"column": "CreateTime", "format": "epoch_s"},
}  # fmt: skip


@pytest.fixture
def hooks(connectors: Connectors, sql_orders: None, records: Records, clock: FixedClock) -> Iterator[httpx.Client]:
    with records.begin() as conn:
        put_definition(conn, "mapping", "followers", FOLLOWERS, now=clock.now())
    connectors.hooks.start()
    routes = hook_routes(connectors.hooks, max_bytes=100_000)
    with serving(Starlette(routes=[*routes])) as address, httpx.Client(base_url=f"{address}/v1/hooks") as client:
        yield client


def hook(vendor: str, **more: object) -> dict[str, object]:
    mapping = "followers" if vendor in {"wechat", "wecom"} else "sql_rows"
    secret = {"env": "SECRET_ONE"}
    return {"key": "hook", "type": "webhook", "mapping": mapping,
            "webhook": {"vendor": vendor, "secret": secret, **more}}  # fmt: skip


def shopify(body: bytes, secret: str = SECRET, **headers: str) -> dict[str, str]:
    digest = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return {"X-Shopify-Hmac-SHA256": digest, "X-Shopify-Topic": "orders/paid", "X-Shopify-Webhook-Id": "w-1", **headers}


def wechat(clock: FixedClock, *more: str, name: str = "signature", token: str = SECRET) -> dict[str, str]:
    stamp = str(to_ms(clock.now()) // 1000)
    return {"timestamp": stamp, "nonce": "n1", name: sha1_of(token, stamp, "n1", *more)}


def test_shopify_is_checked_kept_and_its_repeats_are_recognised(
    hooks: httpx.Client, save: Save, records: Records, connectors: Connectors
) -> None:
    save(hook("shopify"))
    body = json.dumps(ORDER).encode()
    for _ in range(3):
        assert hooks.post("/hook", content=body, headers=shopify(body)).status_code == 200
    events = stored(records)
    assert [(event.order_id, event.revenue_minor) for event in events] == [("7", 750)]
    other = json.dumps({**ORDER, "id": 8}).encode()
    assert hooks.post("/hook", content=other, headers=shopify(other) | {"X-Shopify-Webhook-Id": "w-2"}).is_success
    assert len(stored(records)) == 1
    for wrong in (shopify(body, "another secret"), shopify(other), {}, {"X-Shopify-Hmac-SHA256": "é"}):
        encoded = [(name.encode(), value.encode()) for name, value in wrong.items()]
        answer = hooks.post("/hook", content=body, headers=encoded)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    assert not stored(records)
    connectors.hooks.write_counts()
    counts = connectors.get("hook").counts
    assert (counts.rows, counts.accepted) == (4, 4), "repeats are told apart when their batch is taken up"


def test_what_cannot_become_an_event_is_kept_aside_and_answered_with_success(
    hooks: httpx.Client, save: Save, records: Records
) -> None:
    save(hook("shopify"))
    body = json.dumps({**ORDER, "at": "some day"}).encode()
    assert hooks.post("/hook", content=body, headers=shopify(body)).status_code == 200
    [entry] = quarantined(records)
    assert (entry.code, json.loads(entry.raw)["at"]) == ("bad_time", "some day")
    broken = b"{no json"
    assert hooks.post("/hook", content=broken, headers=shopify(broken)).json()["code"] == "bad_json"


def test_a_paused_or_unknown_hook_and_a_large_body(hooks: httpx.Client, save: Save, connectors: Connectors) -> None:
    save(hook("shopify"))
    connectors.pause("hook")
    body = json.dumps(ORDER).encode()
    answer = hooks.post("/hook", content=body, headers=shopify(body))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert hooks.post("/nobody", content=body).status_code == 404
    assert hooks.post("/hook", content=b"x" * 200_000).status_code == 413
    assert hooks.get("/hook").status_code == 405


@pytest.mark.parametrize(("algorithm", "encoding"), [("sha256", "hex"), ("sha512", "base64"), ("sha1", "hex")])
def test_any_hmac_with_a_signed_time_cannot_be_played_again(
    algorithm: str, encoding: str, hooks: httpx.Client, save: Save, clock: FixedClock, records: Records
) -> None:
    save(hook("hmac", header="X-Sign", prefix="v1=", algorithm=algorithm, encoding=encoding,
              timestamp_header="X-Time", tolerance="2m", records="orders"))  # fmt: skip
    body = json.dumps({"orders": [ORDER, {**ORDER, "id": 8}]}).encode()

    def sign(stamp: str) -> dict[str, str]:
        digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, algorithm)
        text = digest.hexdigest() if encoding == "hex" else base64.b64encode(digest.digest()).decode()
        return {"X-Sign": f"v1={text}", "X-Time": stamp}

    now = to_ms(clock.now()) // 1000
    good = sign(str(now - 100))
    assert hooks.post("/hook", content=body, headers=good).status_code == 200
    assert hooks.post("/hook", content=body, headers=good).status_code == 200
    assert len(stored(records)) == 2, "played again within the tolerance it is recognised by its content"
    for headers in (sign(str(now - 121)), sign(str(now + 121)), {**good, "X-Time": str(now)}, sign("soon"),
                    {"X-Sign": good["X-Sign"].removeprefix("v1="), "X-Time": good["X-Time"]}):  # fmt: skip
        assert hooks.post("/hook", content=body, headers=headers).status_code == 401


def test_wechat_in_the_clear(hooks: httpx.Client, save: Save, clock: FixedClock, records: Records) -> None:
    save(hook("wechat"))
    first = hooks.get("/hook", params={**wechat(clock), "echostr": "5836"})
    assert (first.status_code, first.text) == (200, "5836")
    assert hooks.get("/hook", params={**wechat(clock, token="wrong"), "echostr": "1"}).status_code == 401
    for _ in range(3):  # WeChat repeats after five seconds without an answer
        answer = hooks.post("/hook", params=wechat(clock), content=MESSAGE)
        assert (answer.status_code, answer.text) == (200, "success")
    [event] = stored(records)
    assert (event.name, event.identifiers, event.ts) == ("subscribe", (("openid", "openid-1"),), 1779350400000)
    late = wechat(clock)
    clock.set(clock.now().replace(hour=23))
    assert hooks.post("/hook", params=late, content=MESSAGE).status_code == 401


@pytest.mark.parametrize("vendor", ["wechat", "wecom"])
def test_encrypted_messages_of_wechat_and_wecom(
    vendor: str, hooks: httpx.Client, save: Save, clock: FixedClock, records: Records
) -> None:
    save(hook(vendor, aes_key={"env": "AES_KEY"}, app_id="wx123"))

    def post(message: str, app_id: str = "wx123") -> httpx.Response:
        sealed = sealed_with(message.encode(), AES_KEY, app_id, b"0123456789abcdef")
        body = f"<xml><ToUserName>x</ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        return hooks.post("/hook", params=wechat(clock, sealed, name="msg_signature"), content=body)

    assert post(MESSAGE).text == "success"
    assert [event.name for event in stored(records)] == ["subscribe"]
    assert post(MESSAGE, app_id="another").status_code == 401
    assert hooks.post("/hook", params=wechat(clock), content=MESSAGE).json()["code"] == "not_encrypted"
    if vendor == "wecom":
        sealed = sealed_with(b"hello", AES_KEY, "wx123", b"fedcba9876543210")
        query = {**wechat(clock, sealed, name="msg_signature"), "echostr": sealed}
        assert hooks.get("/hook", params=query).text == "hello"


def test_a_message_sealed_by_the_vendors_example_opens() -> None:
    """The round trip holds for every length, so for every padding; nothing else opens."""
    for length in range(70):
        message = b"x" * length
        sealed = sealed_with(message, AES_KEY, "wx1", bytes(16))
        assert opened(sealed, AES_KEY, "wx1") == message
    for bad in ("", "!!", base64.b64encode(b"short").decode(), base64.b64encode(bytes(64)).decode()):
        with pytest.raises(Error, match="signature"):
            opened(bad, AES_KEY, "wx1")


BOMBS: Mapping[str, str] = {
    "entity": '<!DOCTYPE x [<!ENTITY a "ha">]><xml><A>&a;</A></xml>',
    "external": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><A>&a;</A></xml>',
    "laughs": '<!DOCTYPE x [<!ENTITY a "&b;&b;"><!ENTITY b "&c;&c;"><!ENTITY c "ha">]><xml>&a;</xml>',
    "dtd": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><xml/>',
    "deep": "<a>" * 1_000 + "</a>" * 1_000,
    "wide": "<xml>" + "<a/>" * 5_000 + "</xml>",
    "broken": "<xml><a></xml>",
    "none": "",
}


@pytest.mark.parametrize("name", BOMBS)
def test_dangerous_xml_is_refused_at_once(name: str) -> None:
    started = time.monotonic()
    with pytest.raises(Error, match="no plain XML"):
        read_xml(BOMBS[name].encode())
    assert time.monotonic() - started < 2


@given(st.binary(max_size=300))
def test_any_bytes_are_xml_or_refused(body: bytes) -> None:
    with suppress(Error):  # anything else would be a defect
        read_xml(body)
