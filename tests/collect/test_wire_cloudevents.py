"""CloudEvents in each mode become the same event, known by source and id."""

import base64
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
from ninefold.collect.wires.cloudevents import CLOUDEVENTS
from ninefold.store import Records

NOW = to_ms(at("2026-06-01T08:00:00Z"))
ARRIVAL = Arrival(source="shop", channel="pos", received=NOW)
ONE = {
    "specversion": "1.0", "id": "17", "source": "/orders", "type": "com.acme.order.paid", "subject": "u1",
    "time": "2026-06-01T07:59:00Z", "tenant": "t1", "data": {"order_id": "o1", "total": 19.9, "note": "好"},
}  # fmt: skip


def outcomes(body: bytes, headers: dict[str, str] | None = None, **query: str) -> tuple[Outcome, ...]:
    envelope = CLOUDEVENTS.unpack(Request(call="", body=body, query=query, headers=headers or {}), Limits())
    return CLOUDEVENTS.decode(envelope, ARRIVAL).outcomes


def one(body: bytes, headers: dict[str, str] | None = None, **query: str) -> Event:
    (found,) = outcomes(body, headers, **query)
    assert isinstance(found, Event), found
    return found


def structured(**more: Any) -> bytes:
    return json.dumps(ONE | more).encode()


def test_all_modes_give_the_same_event() -> None:
    got = one(structured())
    assert (got.message_id, got.type, got.name) == ("/orders#17", "track", "com.acme.order.paid")
    assert (got.ts, got.channel) == (NOW - 60_000, "pos")
    assert got.identifiers == (("user_id", "u1"),)
    assert (got.order_id, got.revenue_minor) == ("o1", 1_990)
    assert got.props == {"order_id": "o1", "note": "好", "ce.source": "/orders", "ce.tenant": "t1"}
    assert outcomes(b"[" + structured() + b"]") == (got,)
    headers = {f"ce-{name}": str(value) for name, value in ONE.items() if name != "data"}
    for kind in ("application/json", "text/plain", ""):
        assert one(json.dumps(ONE["data"]).encode(), headers | ({"content-type": kind} if kind else {})) == got


def test_header_values_are_percent_encoded() -> None:
    head = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t", "ce-subject": "%E5%BC%A0"}
    assert one(b"", head).identifiers == (("user_id", "张"),)
    assert one(b"plain text", head).props["data"] == "plain text"
    assert one(b"\xff\xfe\x00", head).props["data_base64"] == base64.b64encode(b"\xff\xfe\x00").decode()


def test_the_subject_may_be_another_kind_of_identifier() -> None:
    assert one(structured(subject="d1"), subject="device_id").identifiers == (("device_id", "d1"),)
    got = one(structured(subject=None, userid="u1", anonymousid="a1",
                         data={"identifiers": {"phone": {"md5": "A" * 32}}, "n": 1}))  # fmt: skip
    assert got.identifiers == (("user_id", "u1"), ("anonymous_id", "a1"), ("phone", "md5:" + "a" * 32))
    assert (got.nums, got.props) == ({"n": 1.0}, {"ce.source": "/orders"} | {"ce.tenant": "t1"})


def test_data_in_other_forms() -> None:
    packed = base64.b64encode(b'{"n": 1}').decode()
    assert one(structured(data=None, data_base64=packed, datacontenttype="application/json")).nums == {"n": 1.0}
    assert one(structured(data=None, data_base64=packed)).props["data"] == '{"n": 1}'
    assert one(structured(data=[1, 2])).props["data"] == "[1,2]"
    identify = one(structured(type="$identify", data={"city": "上海", "old": None}))
    assert (identify.type, identify.traits) == ("identify", {"city": "上海", "old": None})


def test_long_ids_stay_apart() -> None:
    first, second = (one(structured(id="x" * 200, source=source)).message_id for source in ("/a", "/b"))
    assert first != second
    assert max(len(first), len(second)) <= 100


@pytest.mark.parametrize(
    ("more", "code"),
    [({"id": None}, "missing_attribute"), ({"type": ""}, "missing_attribute"),
     ({"specversion": "0.3"}, "unknown_specversion"),
     ({"subject": None}, "no_identifier"), ({"type": "x" * 300}, "name_too_long"),
     ({"data": None, "data_base64": "e30x", "datacontenttype": "application/json"}, "broken_json")],
)  # fmt: skip
def test_what_cannot_be_an_event_is_put_aside(more: dict[str, Any], code: str) -> None:
    (found,) = outcomes(structured(**more))
    assert isinstance(found, Rejection), found
    assert found.code == code


@pytest.mark.parametrize("body", [b"", b"[]", b"x", b"[{", b"3"])
def test_a_request_without_an_event_is_refused(body: bytes) -> None:
    with pytest.raises(Error):
        outcomes(body)


def test_over_http(collector: Collector, records: Records, write_key: str) -> None:
    with serving(application(collector)) as url, httpx.Client(base_url=url) as http:
        bearer = {"authorization": f"Bearer {write_key}"}
        first = http.post("/v1/cloudevents", content=structured(), headers=bearer)
        assert (first.status_code, first.json()) == (200, {"success": True})
        again = http.post("/v1/cloudevents", content=structured(), params={"writeKey": write_key})
        assert again.status_code == 200

        def parts() -> Any:
            yield b"[" + structured(id="18")[:40]
            yield structured(id="18")[40:] + b', {"specversion": "1.0"}]'

        many = http.post("/v1/cloudevents?receipts=1", content=parts(), headers=bearer)
        assert [receipt["verdict"] for receipt in many.json()["receipts"]] == ["ok", "quarantined"]
        wrong = http.post("/v1/cloudevents", content=structured(), headers={"x-write-key": "wrong"})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_write_key")
        assert http.post("/v1/cloudevents", content=b"x", headers=bearer).json()["code"] == "broken_json"
    assert [event.message_id for event in stored(records)] == ["/orders#17", "/orders#18"]
    assert [row.code for row in quarantined(records)] == ["missing_attribute"]
