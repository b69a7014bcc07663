"""What each SDK needs to be answered, SDK by SDK: status and body, when all is well and when it is not.

The rows follow what the real SDKs were seen to do. Any 2xx but 200 makes rudder-sdk-python and posthog send everything
again; an error without ``code`` and ``message`` makes the older ones retry a 400; a 400 for one bad event makes most of
them drop the whole batch; Sensors' mobile SDKs delete what is answered 401; Snowplow's trackers retry 413 for ever.
"""

import asyncio
import base64
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from tests.support.collecting import application, quarantined, stored

from ninefold.base import FixedClock
from ninefold.collect import Collector, CollectSettings, Limits
from ninefold.governance import Keys
from ninefold.store import Records

MOST, AT = 20_000, 1_780_300_000_000
Sent = tuple[str, str, bytes, dict[str, str]]
"""Method, path, body, headers."""


def _plain(value: object) -> bytes:
    return json.dumps(value).encode()


def _basic(key: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _segment(who: str, text: str = "") -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "userId": who, "properties": {"text": text}}


def _posthog(who: str, text: str = "") -> dict[str, Any]:
    return {"event": "Seen", "distinct_id": who, "properties": {"text": text}}


def _sensors(who: str, text: str = "") -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Seen",
        "distinct_id": who,
        "time": 1_780_300_000_000,
        "properties": {"text": text},
    }


def _snowplow(who: str, text: str = "") -> dict[str, Any]:
    return {"e": "se", "se_ca": "c", "se_ac": "Seen", "se_la": text, "uid": who}


def _cloud(who: str, text: str = "") -> dict[str, Any]:
    return {"specversion": "1.0", "id": who or "x", "source": "/x", "type": "Seen", "subject": who, "data": {"t": text}}


Items = list[dict[str, Any]]
Pack = Callable[[str, bytes], Sent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdk:
    """An SDK: how it writes events, how it sends a body, and what it has to be told.

    Attributes:
        item: an event about somebody, or nobody, with a text.
        body: events as it writes them.
        send: a body as it sends it, with a key.
        well: the body it needs when all is well; None: it does not look.
        image: it shows every answer as an image.
        wrong_key: status when the key is wrong: the SDK drops the events, or keeps them where that is better.
        too_large: status of a body that will never fit, on which the SDK gives up.
        broken: status of a body that is no JSON; 200: it is put aside as one broken event.
        single: it sends one event per request.
    """

    item: Callable[..., dict[str, Any]]
    body: Callable[[Items], bytes]
    send: Pack
    well: object = field(default=None)
    image: bool = False
    wrong_key: int = 401
    too_large: int = 413
    broken: int = 400
    single: bool = False


def _batch(items: Items) -> bytes:
    return _plain({"batch": items})


def _one(items: Items) -> bytes:
    return _plain(items[0])


def _post(path: str, **headers: str) -> Pack:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda key, body: ("POST", path, body, {**_basic(key), **named})


def _gzipped(path: str, **headers: str) -> Pack:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda key, body: ("POST", path, gzip.compress(body), {**_basic(key), **named})


def _posthog_at(path: str, **headers: str) -> Pack:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda key, body: ("POST", f"{path}?api_key={key}", body, named)


def _form(name: str, body: bytes, *, packed: bool) -> bytes:
    value = _base64(gzip.compress(body) if packed else body)
    return urlencode({name: value, "gzip": str(int(packed))}).encode()


def _sensors_at(name: str, *, packed: bool, **headers: str) -> Pack:
    named = {one.replace("_", "-"): value for one, value in headers.items()}
    return lambda key, body: ("POST", f"/sa?project=default&token={key}", _form(name, body, packed=packed), named)


FORM, TEXT, JSON = "application/x-www-form-urlencoded", "text/plain;charset=UTF-8", "application/json; charset=utf-8"
SEGMENT_OK, POSTHOG_OK = {"success": True}, {"status": "Ok"}
TP2 = "/com.snowplowanalytics.snowplow/tp2"


def _tp2(items: Items) -> bytes:
    return _plain({"schema": "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4", "data": items})


SDKS: dict[str, Sdk] = {
    "segment-analytics-python 2.4.0": Sdk(
        item=_segment, body=_batch, send=_post("/v1/batch", content_type=JSON), well=SEGMENT_OK),
    "analytics-python 1.4": Sdk(
        item=_segment, body=_batch, send=_post("/v1/batch", content_type=JSON), well=SEGMENT_OK),
    "rudder-sdk-python 2.1.9": Sdk(
        item=_segment, body=_batch, well=SEGMENT_OK,
        send=_gzipped("/v1/batch", content_type=JSON, content_encoding="gzip")),
    "@segment/analytics-node 3.1.0": Sdk(item=_segment, body=_batch, send=_post("/v1/batch", content_type=JSON)),
    "@rudderstack/rudder-sdk-node 3.0.13": Sdk(
        item=_segment, body=_batch, send=_gzipped("/v1/batch", content_type=FORM, content_encoding="gzip")),
    "@segment/analytics-next 1.84.3": Sdk(
        item=_segment, body=_one, send=_post("/v1/t", content_type=TEXT, origin="https://a.cn"), single=True),
    "@rudderstack/analytics-js 3.34.1": Sdk(
        item=_segment, body=_one, send=_post("/v1/track", content_type=JSON, origin="https://a.cn"), single=True),
    "@rudderstack/analytics-js beacon": Sdk(
        item=_segment, body=_batch,
        send=lambda key, body: ("POST", f"/beacon/v1/batch?writeKey={key}", body, {"content-type": TEXT})),
    "posthog 7.91.1": Sdk(
        item=_posthog, body=_batch, send=_posthog_at("/batch/", content_type=JSON), well=POSTHOG_OK),
    "posthog-node 5.70.0": Sdk(
        item=_posthog, body=_batch, well=POSTHOG_OK,
        send=lambda key, body: (
            "POST", f"/batch/?api_key={key}", gzip.compress(body), {"content-type": JSON, "content-encoding": "gzip"})),
    "posthog-js 1.449.2": Sdk(
        item=_posthog, body=_batch, well=POSTHOG_OK,
        send=lambda key, body: (
            "POST", f"/e/?api_key={key}", gzip.compress(body), {"content-type": "text/plain", "origin": "https://a.cn"})),
    "SensorsAnalyticsSDK 1.11.0": Sdk(
        item=_sensors, body=_one, send=_sensors_at("data", packed=True, content_type=FORM), wrong_key=403, single=True),
    "SensorsAnalyticsSDK 1.11.0 batch": Sdk(
        item=_sensors, body=_plain, send=_sensors_at("data_list", packed=True, content_type=FORM), wrong_key=403),
    "sa-sdk-node 1.2.6": Sdk(
        item=_sensors, body=_plain, wrong_key=403,
        send=_sensors_at("data_list", packed=True, content_type=FORM, connection="close")),
    "sa-sdk-javascript 1.27.11 beacon": Sdk(
        item=_sensors, body=_one, wrong_key=403, single=True,
        send=_sensors_at("data", packed=False, content_type=TEXT)),
    "sa-sdk-javascript 1.27.11 image": Sdk(
        item=_sensors, body=_one, image=True, wrong_key=403, single=True,
        send=lambda key, body: ("GET", f"/sa.gif?token={key}&data={quote(_base64(body))}", b"", {})),
    "snowplow-tracker 1.1.0": Sdk(
        item=_snowplow, body=_tp2, send=lambda key, body: ("POST", TP2, body, {"x-write-key": key}), well="ok",
        too_large=400),
    "snowplow-tracker 1.1.0 by GET": Sdk(
        item=_snowplow, body=_one, image=True, too_large=400, single=True,
        send=lambda key, body: ("GET", f"/i?{urlencode({**json.loads(body), 'writeKey': key})}", b"", {})),
    "@snowplow/browser-tracker 4.10.1": Sdk(
        item=_snowplow, body=_tp2, well="ok", too_large=400,
        send=lambda key, body: ("POST", TP2, body, {"x-write-key": key, "content-type": JSON, "origin": "https://a"})),
    "cloudevents 2.2.0 structured": Sdk(
        item=_cloud, body=_one, single=True, broken=200,
        send=_post("/v1/cloudevents", content_type="application/cloudevents+json")),
    "cloudevents 2.2.0 batched": Sdk(
        item=_cloud, body=_plain, broken=200,
        send=_post("/v1/cloudevents", content_type="application/cloudevents-batch+json")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Server:
    """The routes of a collector that runs, and of one that cannot take anything now."""

    collector: Collector
    stopped: Collector
    key: str

    def ask(self, sent: Sent, *, stopped: bool = False) -> httpx.Response:
        method, path, body, headers = sent

        async def inside() -> httpx.Response:
            app = application(self.stopped if stopped else self.collector)
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, content=body, headers=headers)

        return asyncio.run(inside())


@pytest.fixture
def server(records: Records, keys: Keys, clock: FixedClock, write_key: str) -> Iterator[Server]:
    settings = CollectSettings(limits=Limits(max_request_bytes=MOST))
    with Collector(records, keys, clock, settings) as collector:
        yield Server(collector, Collector(records, keys, clock, settings), write_key)


@pytest.mark.parametrize("name", SDKS)
def test_the_answers_an_sdk_needs(server: Server, records: Records, name: str) -> None:
    sdk, key = SDKS[name], server.key

    def sent(*items: dict[str, Any], key: str = key) -> Sent:
        return sdk.send(key, sdk.body(list(items)))

    well = server.ask(sent(sdk.item("u1")))
    assert well.status_code == 200, "exactly: another 2xx is sent again"
    said_well(sdk, well)
    assert len(stored(records)) == 1

    bad = (sdk.item(""),) if sdk.single else (sdk.item("u2"), sdk.item(""))
    assert server.ask(sent(*bad)).status_code == 200, "a bad event does not cost the others"
    assert len(stored(records)) == len(bad) - 1
    assert len(quarantined(records)) == 1

    refused(sdk, server.ask(sent(sdk.item("u1"), key="wrong")), sdk.wrong_key)
    away = server.ask(sent(sdk.item("u1")), stopped=True)
    refused(sdk, away, 503)
    assert float(away.headers["retry-after"]) > 0
    if sent(sdk.item("u1"))[0] == "POST":
        broken = server.ask(sdk.send(key, b'{"batch": [{'))
        assert broken.status_code == sdk.broken
        if sdk.broken != 200:
            refused(sdk, broken, sdk.broken)
        noise = _base64(b"".join(bytes([n % 251, n % 241]) for n in range(MOST)))
        refused(sdk, server.ask(sent(sdk.item("u1", noise * 4))), sdk.too_large)
    assert stored(records) == []


def said_well(sdk: Sdk, answer: httpx.Response) -> None:
    """The body that an SDK needs to see."""
    if sdk.image:
        assert answer.headers["content-type"] == "image/gif"
    elif isinstance(sdk.well, str):
        assert answer.text == sdk.well
    elif sdk.well is not None:
        assert answer.json() == sdk.well


def refused(sdk: Sdk, answer: httpx.Response, status: int) -> None:
    """A refusal that an SDK can read: JSON with a code and a message, or an image."""
    assert answer.status_code == status, answer.text
    if sdk.image:
        assert answer.content.startswith(b"GIF89a")
    else:
        told = answer.json()
        assert told["code"]
        assert told["message"]
