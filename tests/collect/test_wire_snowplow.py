"""What Snowplow's trackers send becomes events; the write key stands in the path, a header, the query or the app id."""

import base64
import json
from typing import Any

import httpx
import pytest
from tests.support.collecting import application, quarantined, serving, stored

from ninefold.base import parse_time as at
from ninefold.base import to_ms
from ninefold.collect import Collector, Event, Limits, Rejection
from ninefold.collect.model import Outcome, Request
from ninefold.collect.wires import Arrival
from ninefold.collect.wires.snowplow import SNOWPLOW
from ninefold.store import Records

NOW = to_ms(at("2026-06-01T08:00:00Z"))
ARRIVAL = Arrival(source="shop", channel="", received=NOW)
PATH = "/com.snowplowanalytics.snowplow/tp2"
CART = {"schema": "iglu:com.acme/add_to_cart/jsonschema/1-0-2", "data": {"sku": "s1", "price": 9.5, "deep": {"a": 1}}}
SESSION = {
    "schema": "iglu:com.snowplowanalytics.snowplow/client_session/jsonschema/1-0-2",
    "data": {"userId": "device-1", "sessionId": "s-7", "sessionIndex": 2},
}


def outcome(**item: Any) -> Outcome:
    body = json.dumps({"schema": "iglu:x", "data": [{"eid": "m1", "aid": "k", **item}]}).encode()
    envelope = SNOWPLOW.unpack(Request(call="", body=body), Limits())
    (found,) = SNOWPLOW.decode(envelope, ARRIVAL).outcomes
    return found


def event(**item: Any) -> Event:
    found = outcome(**({"e": "pv", "duid": "d1"} | item))
    assert isinstance(found, Event), found
    return found


def rejection(**item: Any) -> Rejection:
    found = outcome(**({"duid": "d1"} | item))
    assert isinstance(found, Rejection), found
    return found


def unstructured(data: object) -> dict[str, object]:
    return {"schema": "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0", "data": data}


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, ensure_ascii=False).encode()).decode().rstrip("=")


def entities(*listed: object) -> dict[str, object]:
    return {"schema": "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0", "data": list(listed)}


def test_a_page_view() -> None:
    got = event(
        uid="u1", nuid="n1", sid="s1", p="web", lang="zh-CN", tz="Asia/Shanghai", page="Home", ip="10.0.0.1", ua="x",
        url="https://shop.example/?utm_source=wechat&utm_campaign=618&utm_x=1", refr="https://a.example/",
        dtm=str(NOW - 120_000), stm=str(NOW - 60_000), vp="1x1",
    )  # fmt: skip
    assert (got.message_id, got.type, got.name, got.channel) == ("m1", "page", "$page", "web")
    assert got.ts == NOW - 60_000  # the clock of the device was a minute late
    assert got.identifiers == (("user_id", "u1"), ("anonymous_id", "d1"), ("anonymous_id", "n1"))
    assert (got.session_id, got.campaign_id) == ("s1", "618")
    assert got.props == {
        "context.page.url": "https://shop.example/?utm_source=wechat&utm_campaign=618&utm_x=1",
        "context.page.title": "Home", "context.page.referrer": "https://a.example/", "context.locale": "zh-CN",
        "context.timezone": "Asia/Shanghai", "context.platform": "web", "context.campaign.source": "wechat",
        "context.campaign.name": "618",
    }  # fmt: skip


def test_a_structured_event_is_named_by_its_action() -> None:
    got = event(e="se", se_ca="shop", se_ac="add to cart", se_la="l", se_pr="p", se_va="19.9")
    assert (got.type, got.name, got.nums) == ("track", "add to cart", {"value": 19.9})
    assert got.props == {"category": "shop", "label": "l", "property": "p"}
    assert rejection(e="se", se_ca="shop").code == "no_event_name"


def test_a_page_ping() -> None:
    got = event(e="pp", pp_mix="0", pp_may="1200")
    assert (got.name, got.nums) == ("$page_ping", {"min_x": 0.0, "max_y": 1200.0})


@pytest.mark.parametrize(
    "form",
    [
        {"ue_px": packed(unstructured(CART))},
        {"ue_px": base64.b64encode(json.dumps(unstructured(CART)).encode()).decode()},
        {"ue_pr": json.dumps(unstructured(CART))},
        {"ue_pr": unstructured(CART)},
    ],
)
def test_a_self_describing_event_is_named_by_its_schema(form: dict[str, Any]) -> None:
    got = event(e="ue", **form)
    assert (got.type, got.name) == ("track", "add_to_cart")
    assert got.nums == {"price": 9.5, "deep.a": 1.0}
    assert got.props == {"sku": "s1", "schema_vendor": "com.acme", "schema_version": "1-0-2"}
    assert got.product_id == "s1"


def test_a_screen_view_is_a_screen() -> None:
    data = {"schema": "iglu:com.snowplowanalytics.mobile/screen_view/jsonschema/1-0-0", "data": {"name": "Cart"}}
    got = event(e="ue", ue_pr=unstructured(data))
    assert (got.type, got.name, got.props["name"]) == ("screen", "$screen", "Cart")


def test_entities_stand_under_their_names() -> None:
    tag = {"schema": "iglu:com.acme/tag/jsonschema/1-0-0", "data": {"t": "购物"}}
    got = event(duid=None, cx=packed(entities(SESSION, tag, tag)))
    assert (got.session_id, got.identifiers) == ("s-7", (("anonymous_id", "device-1"),))
    assert got.nums == {"client_session.sessionIndex": 2.0}
    assert got.props["client_session.userId"] == "device-1"
    assert json.loads(got.props["tag"]) == [{"t": "购物"}, {"t": "购物"}]
    assert event(co=entities(tag)).props == {"tag.t": "购物"}
    assert event(cx="%%").props["$warnings"] == "contexts_unreadable"


def test_orders_fill_the_commerce_columns_once() -> None:
    order = event(e="tr", tr_id="o1", tr_tt="199.90", tr_cu="CNY", tr_sh="10")
    assert (order.name, order.order_id, order.revenue_minor, order.currency) == ("transaction", "o1", 19_990, "CNY")
    line = event(e="ti", ti_id="o1", ti_sk="s1", ti_qu="2", ti_pr="99.95", ti_cu="CNY")
    assert (line.name, line.order_id, line.product_id, line.quantity) == ("transaction_item", "o1", "s1", 2.0)
    assert line.revenue_minor == 0
    shop = "iglu:com.snowplowanalytics.snowplow.ecommerce"
    action = {"schema": f"{shop}/snowplow_ecommerce_action/jsonschema/1-0-2", "data": {"type": "transaction"}}
    bought = entities(
        {"schema": f"{shop}/transaction/jsonschema/1-0-0",
         "data": {"transaction_id": "o2", "revenue": 30, "currency": "EUR"}},
        {"schema": f"{shop}/product/jsonschema/1-0-0", "data": {"id": "s1", "quantity": 2}},
        {"schema": f"{shop}/product/jsonschema/1-0-0", "data": {"id": "s2"}},
    )  # fmt: skip
    got = event(e="ue", ue_pr=unstructured(action), co=bought)
    assert (got.order_id, got.revenue_minor, got.currency, got.quantity) == ("o2", 3_000, "EUR", 3.0)


def test_a_true_time_is_not_corrected() -> None:
    assert event(ttm=str(NOW - 5_000), dtm=str(NOW - 90_000), stm=str(NOW - 60_000)).ts == NOW - 5_000
    assert event(dtm="never").props["$warnings"] == "timestamp_unreadable"


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({}, "no_type"), ({"e": "xx"}, "unknown_type"), ({"e": "pv", "duid": None}, "no_identifier"),
        ({"e": "ue"}, "no_event_name"), ({"e": "ue", "ue_px": "!!!"}, "broken_json"),
        ({"e": "ue", "ue_pr": "{"}, "broken_json"),
        ({"e": "ue", "ue_pr": unstructured({"schema": 1})}, "no_event_name"),
        ({"e": ["pv"]}, "unknown_type"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_event_is_put_aside(item: dict[str, Any], code: str) -> None:
    assert rejection(**item).code == code


def test_the_app_id_is_kept_unless_it_is_the_key() -> None:
    body = json.dumps({"data": [{"e": "pv", "duid": "d", "aid": "web-shop"}]}).encode()
    keyed = Request(call="", body=body, params={"write_key": "k"})
    (got,) = SNOWPLOW.decode(SNOWPLOW.unpack(keyed, Limits()), ARRIVAL).outcomes
    assert isinstance(got, Event)
    assert got.props == {"context.app.id": "web-shop"}
    assert event().props == {}


def test_over_http(collector: Collector, records: Records, write_key: str) -> None:
    good = {"e": "pv", "eid": "m1", "duid": "d1", "aid": write_key}
    with serving(application(collector)) as url, httpx.Client(base_url=url) as http:
        first = http.post(PATH, json={"schema": "iglu:x", "data": [good, {"e": "pv", "eid": "bad", "aid": "x"}]})
        assert (first.status_code, first.text, first.headers["content-type"].split(";")[0]) == (200, "ok", "text/plain")
        image = http.get("/i", params={**good, "eid": "m2"})
        assert (image.status_code, image.headers["content-type"], image.content[:3]) == (200, "image/gif", b"GIF")
        assert image.headers["cache-control"] == "no-store"
        assert http.get(PATH, params={**good, "eid": "m3"}).status_code == 200
        assert http.post(f"/w/{write_key}/com.acme/track", json={"data": [good | {"eid": "m4"}]}).text == "ok"
        assert http.get(f"/w/{write_key}/i", params={"e": "pv", "eid": "m5", "duid": "d"}).status_code == 200
        asked = {"origin": "https://shop.example", "access-control-request-method": "POST"}
        preflight = http.options(PATH, headers={**asked, "access-control-request-headers": "content-type"})
        assert preflight.headers["access-control-allow-headers"] == "content-type"
        final = {http.post(PATH, json={"data": [good | {"aid": "unknown"}]}).status_code,
                 http.post(f"/w/unknown/{PATH}", json={"data": [good]}).status_code,
                 http.get("/i", params={"e": "pv"}).status_code,
                 http.post(PATH, json={"data": []}).status_code, http.post(PATH, content=b"{").status_code,
                 http.post(PATH, content=b"x" * 11_000_000).status_code}  # fmt: skip
        assert final <= {400, 401, 404}  # trackers retry anything else
    assert [one.message_id for one in stored(records)] == ["m1", "m2", "m3", "m4", "m5"]
    assert [one.message_id for one in quarantined(records)] == ["bad"]
