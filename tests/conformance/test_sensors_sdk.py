"""Sensors Data's real Python SDK against our routes: what it delivers arrives once, what it drops it says."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
import sensorsanalytics
from sensorsanalytics import SensorsAnalytics
from sensorsanalytics.sdk import (
    SensorsAnalyticsDebugException,
    SensorsAnalyticsIdentity,
    SensorsAnalyticsNetworkException,
)
from tests.support.collecting import application, quarantined, serving, stored
from tests.support.cuts import Cut, cutting
from tests.support.faults import REFUSED, Answer, Faulty

from ninefold.collect import Collector, Event, items_of
from ninefold.store import Records

CONSUMERS = {
    "default": sensorsanalytics.DefaultConsumer,
    "batch": lambda url: sensorsanalytics.BatchConsumer(url, max_size=10),
    "async": lambda url: sensorsanalytics.AsyncBatchConsumer(url, flush_max_time=0.05),
    "debug": sensorsanalytics.DebugConsumer,
}
EVENTS = 25
FAULTS: list[Answer] = [(500, REFUSED, {}), (429, REFUSED, {}), (400, REFUSED, {})]


@contextmanager
def network(
    collector: Collector, write_key: str, *, first: Sequence[Answer] = (), lose_answers: int = 0
) -> Iterator[tuple[str, Faulty]]:
    """The address as an application would write it, and the network before it."""
    faulty = Faulty(application(collector), first=first, lose_answers=lose_answers)
    with serving(faulty) as url:
        yield f"{url}/sa?project=default&token={write_key}", faulty


def numbers(events: Sequence[Event]) -> list[int]:
    return sorted(int(event.nums["n"]) for event in events)


def send(client: SensorsAnalytics, count: int = EVENTS) -> list[int]:
    """Track, and send again what the SDK says it could not send; returns the numbers it gave up."""
    lost = []
    for number in range(count):
        try:
            client.track("u1", "Seen", {"n": number}, is_login_id=True)
        except (SensorsAnalyticsNetworkException, OSError):  # a broken connection comes through as it is
            lost.append(number)
    return lost


@pytest.mark.filterwarnings("ignore:isSet:DeprecationWarning")  # in the SDK's own thread
@pytest.mark.parametrize("name", CONSUMERS)
def test_all_is_well(collector: Collector, records: Records, write_key: str, name: str) -> None:
    with network(collector, write_key) as (url, faulty):
        client = SensorsAnalytics(CONSUMERS[name](url))
        assert send(client) == []
        client.close()
    events = stored(records)
    assert numbers(events) == list(range(EVENTS))
    assert {event.identifiers for event in events} == {(("user_id", "u1"),)}
    assert faulty.requests == EVENTS if name in ("default", "debug") else faulty.requests < EVENTS


@pytest.mark.parametrize(
    "answer", [(500, REFUSED, {}), (429, REFUSED, {}), (400, REFUSED, {})], ids=lambda a: str(a[0])
)
def test_single_sending_tells_what_it_lost(
    collector: Collector, records: Records, write_key: str, answer: Answer
) -> None:
    with network(collector, write_key, first=[answer] * 2) as (url, _):
        lost = send(SensorsAnalytics(sensorsanalytics.DefaultConsumer(url)))
    assert lost == [0, 1]
    assert numbers(stored(records)) == list(range(2, EVENTS))


@pytest.mark.parametrize(
    "answer", [(500, REFUSED, {}), (429, REFUSED, {}), (400, REFUSED, {})], ids=lambda a: str(a[0])
)
def test_a_batch_that_failed_is_kept_and_arrives_once(
    collector: Collector, records: Records, write_key: str, answer: Answer
) -> None:
    with network(collector, write_key, first=[answer] * 2) as (url, _):
        client = SensorsAnalytics(CONSUMERS["batch"](url))
        lost = send(client)  # told as lost, and yet kept in the buffer
        client.close()
    assert lost
    assert numbers(stored(records)) == list(range(EVENTS))


def test_a_lost_answer_doubles_nothing(collector: Collector, records: Records, write_key: str) -> None:
    """This SDK gives no ids: equal content at the same millisecond is the same record."""
    with network(collector, write_key, lose_answers=2) as (url, faulty):
        client = SensorsAnalytics(CONSUMERS["batch"](url))
        send(client)
        client.close()
    assert faulty.requests > EVENTS // 10 + 1
    assert numbers(stored(records)) == list(range(EVENTS))


@pytest.mark.parametrize("cut", Cut)
def test_a_broken_connection_loses_and_doubles_nothing(
    collector: Collector, records: Records, write_key: str, cut: Cut
) -> None:
    """The application learns of each failure; the batch stays in the buffer and goes with the next one."""
    with serving(application(collector)) as address, cutting(address, first=[cut] * 2) as url:
        consumer = sensorsanalytics.BatchConsumer(f"{url}/sa?token={write_key}", max_size=10, request_timeout=1)
        client = SensorsAnalytics(consumer)
        assert send(client)
        client.close()
    assert numbers(stored(records)) == list(range(EVENTS))


def test_a_wrong_key_is_told(collector: Collector, records: Records) -> None:
    with network(collector, "wrong") as (url, _):
        assert len(send(SensorsAnalytics(sensorsanalytics.DefaultConsumer(url)), 3)) == 3
    assert stored(records) == []


def test_debugging_only_checks_or_writes_too(collector: Collector, records: Records, write_key: str) -> None:
    with network(collector, write_key) as (url, _):
        SensorsAnalytics(sensorsanalytics.DebugConsumer(url, write_data=False)).track("u1", "Seen", {"n": 1})
        assert stored(records) == []
        client = SensorsAnalytics(sensorsanalytics.DebugConsumer(url))
        client.track("u1", "Seen", {"n": 2})
        with pytest.raises(SensorsAnalyticsDebugException):
            client.track("u1", "Seen", {f"p{number}": number for number in range(1_100)})
    assert numbers(stored(records)) == [2]
    assert [entry.code for entry in quarantined(records)] == ["too_many_properties"]


def test_what_is_stored_is_what_was_said(collector: Collector, records: Records, write_key: str) -> None:
    mobile = SensorsAnalyticsIdentity(SensorsAnalyticsIdentity.MOBILE, "13912340001")
    login = SensorsAnalyticsIdentity(SensorsAnalyticsIdentity.LOGIN_ID, "u1")
    with network(collector, write_key) as (url, _):
        client = SensorsAnalytics(sensorsanalytics.BatchConsumer(url))
        client.track("a1", "Order", {"order_id": "o1", "revenue": 19.9, "$app_version": "2.0"})
        client.track_signup("u1", "a1")
        client.bind(login, mobile)
        client.track_by_id("Seen", {"n": 1}, mobile)
        client.unbind(mobile)
        client.profile_set("u1", {"age": 31, "likes": ["x"]}, is_login_id=True)
        client.profile_set_once("u1", {"first": "shop"}, is_login_id=True)
        client.profile_increment("u1", {"points": 5}, is_login_id=True)
        client.profile_append("u1", {"likes": ["y"]}, is_login_id=True)
        client.profile_unset("u1", ["age"], is_login_id=True)
        client.profile_delete("u1", is_login_id=True)
        client.item_set("sku", "s1", {"price": 9, "name": "scale"})
        client.item_set("sku", "s2", {"price": 1})
        client.item_delete("sku", "s2")
        client.close()
    events = stored(records)
    assert [(event.type, event.name) for event in events] == [
        ("track", "Order"), ("alias", "$SignUp"), ("bind", "$bind"), ("track", "Seen"), ("unbind", "$unbind"),
        ("identify", "$identify"), ("identify", "$identify"), ("identify", "$identify"),
        ("identify", "$identify"), ("identify", "$identify"), ("identify", "$identify"),
    ]  # fmt: skip
    order, signup, bind, by_id, unbind, profile, *_ = events
    assert (order.revenue_minor, order.order_id, order.identifiers) == (1_990, "o1", (("anonymous_id", "a1"),))
    assert signup.identifiers == (("user_id", "u1"), ("anonymous_id", "a1"))
    assert bind.identifiers == (("user_id", "u1"), ("phone", "13912340001"))
    assert by_id.identifiers == unbind.identifiers == (("phone", "13912340001"),)
    assert profile.traits == {"age": 31.0, "likes": '["x"]'}
    assert events[6].once == {"first": "shop"}
    assert events[9].traits == {"age": None}
    assert events[7].changes == (("add", "points", 5.0),)
    assert events[8].changes == (("append", "likes", "y"),)
    assert events[10].changes == (("delete", "", ""),)
    assert not quarantined(records)
    with records.begin() as conn:
        [item] = items_of(conn, "sku")
    assert (item.item_id, item.properties) == ("s1", {"price": 9, "name": "scale"})
    assert all(abs(event.ts - event.received) < 60_000 for event in events)
