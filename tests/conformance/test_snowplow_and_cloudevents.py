"""Snowplow's and CloudEvents' real Python libraries against our routes, healthy and under faults."""

import time
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from snowplow_tracker.emitters import Emitter
from snowplow_tracker.events.page_view import PageView
from snowplow_tracker.events.self_describing import SelfDescribing
from snowplow_tracker.events.structured_event import StructuredEvent
from snowplow_tracker.self_describing_json import SelfDescribingJson
from snowplow_tracker.subject import Subject
from snowplow_tracker.tracker import Tracker
from tests.support.collecting import application, quarantined, serving, stored
from tests.support.cuts import Cut, cutting
from tests.support.faults import REFUSED, Answer, Faulty

from ninefold.collect import Collector
from ninefold.store import Records

EVENTS = 25


def send_all(url: str, app_id: str, *, method: Any = "post", base64: bool = True, path: str = "") -> list[int]:
    """A visit of a shop; returns the statuses' failures as the tracker saw them: how many events were sent again."""
    failed: list[int] = []
    emitter = Emitter(
        url + path,
        method=method,
        batch_size=10 if method == "post" else 1,
        on_failure=lambda _, events: failed.append(len(events)),
        max_retry_delay_seconds=1,
        request_timeout=1,
    )
    subject = Subject().set_user_id("u1").set_domain_user_id("4f0c1c1e-7c0b-4a53-9f0b-000000000001")
    tracker = Tracker("sp", emitter, subject=subject, app_id=app_id, encode_base64=base64)
    about = [SelfDescribingJson("iglu:com.acme/shop/jsonschema/1-0-0", {"store": "上海"})]
    tracker.track(PageView("https://shop.example/", "首页", context=about))
    tracker.track(StructuredEvent("shop", "add to cart", "label", "property", 19.9))
    for number in range(EVENTS - 2):
        seen = SelfDescribingJson("iglu:com.acme/Seen/jsonschema/1-0-0", {"n": number, "emoji": "🎉"})
        tracker.track(SelfDescribing(seen))
    for _ in range(200):  # what failed is sent again by a timer; a flush before it sends it sooner
        tracker.flush()
        if not emitter.event_store.size():
            break
        time.sleep(0.05)
    return failed


@pytest.mark.parametrize("form", [{}, {"base64": False}, {"method": "get"}])
def test_what_the_tracker_says_is_stored(
    collector: Collector, records: Records, write_key: str, form: dict[str, Any]
) -> None:
    with serving(application(collector)) as url:
        assert send_all(url, write_key, **form) == []
    events = stored(records)
    assert len(events) == EVENTS
    assert quarantined(records) == []
    by_name = {event.name: event for event in events}
    assert set(by_name) == {"$page", "add to cart", "Seen"}
    assert by_name["$page"].props["context.page.title"] == "首页"
    assert by_name["$page"].props["shop.store"] == "上海"
    assert by_name["add to cart"].nums == {"value": 19.9}
    assert (by_name["Seen"].props["emoji"], by_name["Seen"].props["schema_vendor"]) == ("🎉", "com.acme")
    assert sorted(int(event.nums["n"]) for event in events if event.name == "Seen") == list(range(EVENTS - 2))
    people = (("user_id", "u1"), ("anonymous_id", "4f0c1c1e-7c0b-4a53-9f0b-000000000001"))
    assert {event.identifiers for event in events} == {people}


def test_the_key_may_stand_in_the_path(collector: Collector, records: Records, write_key: str) -> None:
    with serving(application(collector)) as url:
        assert send_all(url, "web-shop", path=f"/w/{write_key}") == []
    assert {event.props["context.app.id"] for event in stored(records)} == {"web-shop"}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"first": [(500, REFUSED, {})] * 2}, id="500 twice"),
        pytest.param({"first": [(429, REFUSED, {"retry-after": "1"})]}, id="429"),
        pytest.param({"lose_answers": 1}, id="lost answer"),
    ],
)
def test_a_fault_that_passes_loses_and_doubles_nothing(
    collector: Collector, records: Records, write_key: str, fault: dict[str, Any]
) -> None:
    first: Sequence[Answer] = fault.get("first", ())
    faulty = Faulty(application(collector), first=first, lose_answers=fault.get("lose_answers", 0))
    with serving(faulty) as url:
        assert send_all(url, write_key)
    assert len(stored(records)) == EVENTS


@pytest.mark.parametrize("cut", Cut)
def test_a_broken_connection_loses_and_doubles_nothing(
    collector: Collector, records: Records, write_key: str, cut: Cut
) -> None:
    with serving(application(collector)) as address, cutting(address, first=[cut] * 2) as url:
        assert send_all(url, write_key)
    assert len(stored(records)) == EVENTS


def test_an_unknown_key_is_final(collector: Collector, records: Records) -> None:
    faulty = Faulty(application(collector), first=())
    with serving(faulty) as url:
        assert sum(send_all(url, "unknown")) == EVENTS
    assert faulty.requests <= EVENTS // 10 + 1
    assert stored(records) == []


@pytest.mark.parametrize("bound", [to_binary, to_structured])
def test_cloudevents(collector: Collector, records: Records, write_key: str, bound: Any) -> None:
    with serving(application(collector)) as url, httpx.Client(base_url=url) as http:
        for number in range(5):
            event = CloudEvent(
                {"type": "Seen", "source": "/shop", "id": f"e{number % 4}", "subject": "张", "tenant": "t 1",
                 "datacontenttype": "application/json"},
                {"n": number % 4, "emoji": "🎉"},
            )  # fmt: skip
            message = bound(event, JSONFormat())
            path = f"/v1/cloudevents?writeKey={write_key}"
            answer = http.post(path, content=message.body, headers=message.headers)
            assert (answer.status_code, answer.json()) == (200, {"success": True})
    events = stored(records)
    assert [event.message_id for event in events] == [f"/shop#e{number}" for number in range(4)]
    assert {event.identifiers for event in events} == {(("user_id", "张"),)}
    assert {(event.props["emoji"], event.props["ce.tenant"]) for event in events} == {("🎉", "t 1")}
