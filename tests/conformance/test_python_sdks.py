"""Real client SDKs against our routes, with the faults a network has: nothing is lost, nothing counts twice."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import rudderstack.analytics.client as rudder
import segment.analytics.client as segment
from tests.support.collecting import application, serving, stored
from tests.support.cuts import Cut, cutting
from tests.support.faults import REFUSED, Answer, Faulty

from ninefold.collect import Collector
from ninefold.store import Records

EVENTS = 250  # three requests of at most 100
SDKS = {"segment": segment.Client, "rudder": rudder.Client}


@contextmanager
def sdk(name: str, write_key: str, url: str, errors: list[Any], **options: Any) -> Iterator[Any]:
    """A client of the SDK, flushed and ended at the exit."""
    client = SDKS[name](
        write_key,
        host=url,
        on_error=lambda error, items: errors.append((error, items)),
        upload_interval=0.05,
        **options,
    )
    try:
        yield client
    finally:
        client.shutdown() if hasattr(client, "shutdown") else (client.flush(), client.join())


def send_all(client: Any) -> list[str]:
    """A life of calls; returns the message ids the SDK gave."""
    ids = [
        client.identify("u1", {"email": "a@b.cn", "age": 31, "since": datetime(2020, 1, 1, tzinfo=UTC)}),
        client.alias("7f0c1c1e-7c0b-4a53-9f0b-000000000001", "u1"),
        client.group("u1", "g1", {"name": "VIP"}),
        client.page("u1", "shop", "Home", {"url": "https://shop.example/"}),
        client.screen("u1", "shop", "Cart"),
    ]
    ids += [
        client.track(f"u{number % 7}", "Order Completed", {"order_id": f"o{number}", "revenue": 19.9, "n": number})
        for number in range(EVENTS - len(ids))
    ]
    return [given[1]["messageId"] if isinstance(given, tuple) else given for given in ids]


@pytest.fixture
def delivered(
    collector: Collector, records: Records, write_key: str
) -> Callable[..., tuple[list[str], list[str], list[Any], int]]:
    """Runs an SDK against a faulty network: ids sent, ids stored, errors the application saw, requests made."""

    def run(
        name: str,
        *,
        first: Sequence[Answer] = (),
        lose_answers: int = 0,
        cuts: Sequence[Cut] = (),
        key: str = "",
        **options: Any,
    ) -> tuple[list[str], list[str], list[Any], int]:
        errors: list[Any] = []
        faulty = Faulty(application(collector), first=first, lose_answers=lose_answers)
        with (
            serving(faulty) as address,
            cutting(address, first=cuts) as url,
            sdk(name, key or write_key, url, errors, **options) as client,
        ):
            sent = send_all(client)
            client.flush()
        return sorted(sent), sorted(event.message_id for event in stored(records)), errors, faulty.requests

    return run


@pytest.mark.parametrize("name", SDKS)
@pytest.mark.parametrize("packed", [False, True])
def test_all_is_well(delivered: Any, name: str, packed: bool) -> None:
    sent, kept, errors, requests = delivered(name, gzip=packed)
    assert len(sent) == len(set(sent)) == EVENTS
    assert kept == sent
    assert errors == []
    assert requests <= EVENTS // 100 + 3


@pytest.mark.parametrize("name", SDKS)
@pytest.mark.parametrize(
    "first",
    [
        pytest.param([(500, REFUSED, {})] * 2, id="500 twice"),
        pytest.param([(503, REFUSED, {"retry-after": "1"})], id="503"),
        pytest.param([(429, REFUSED, {"retry-after": "1"})], id="429"),
    ],
)
def test_a_fault_that_passes_loses_and_doubles_nothing(delivered: Any, name: str, first: list[Answer]) -> None:
    sent, kept, errors, _ = delivered(name, first=first)
    assert kept == sent
    assert errors == []


@pytest.mark.parametrize("name", SDKS)
def test_a_lost_answer_doubles_nothing(delivered: Any, name: str) -> None:
    sent, kept, errors, requests = delivered(name, lose_answers=2)
    assert kept == sent
    assert errors == []
    assert requests >= EVENTS // 100 + 2


@pytest.mark.parametrize("name", SDKS)
@pytest.mark.parametrize("cut", Cut)
def test_a_broken_connection_loses_and_doubles_nothing(delivered: Any, name: str, cut: Cut) -> None:
    sent, kept, errors, _ = delivered(name, cuts=[cut] * 2, timeout=1)
    assert kept == sent
    assert errors == []


@pytest.mark.parametrize("name", SDKS)
def test_a_wrong_key_is_told_once_and_not_retried(delivered: Any, name: str) -> None:
    sent, kept, errors, requests = delivered(name, key="wrong")
    assert kept == []
    assert sum(len(items) for _, items in errors) == len(sent)
    assert {(error.status, error.code) for error, _ in errors} == {(401, "invalid_write_key")}
    assert requests == len(errors)


@pytest.mark.parametrize("name", SDKS)
def test_a_refused_batch_is_told_once_and_not_retried(delivered: Any, name: str) -> None:
    """What our 400 would do: the SDK drops the whole batch, which is why bad events go to quarantine instead."""
    sent, kept, errors, _ = delivered(name, first=[(400, REFUSED, {})])
    lost = [item["messageId"] for _, items in errors for item in items]
    assert len(errors) == 1
    assert errors[0][0].code == "faulty"
    assert sorted(kept + lost) == sent


@pytest.mark.parametrize("name", SDKS)
def test_bad_events_do_not_spoil_the_batch(collector: Collector, records: Records, write_key: str, name: str) -> None:
    errors: list[Any] = []
    with serving(application(collector)) as url, sdk(name, write_key, url, errors) as client:
        for number in range(20):
            client.track("u1", "Seen", {"number": number, "broken": float("nan"), "half": "\ud800", "nul": "a\0b"})
            client.track("u1", "x" * 300)
        client.flush()
    events = stored(records)
    assert errors == []
    assert sorted(event.nums["number"] for event in events) == [float(number) for number in range(20)]
    assert {(event.props["half"], event.props["nul"]) for event in events} == {("\ufffd", "ab")}


@pytest.mark.parametrize("name", SDKS)
def test_what_is_stored_is_what_was_said(collector: Collector, records: Records, write_key: str, name: str) -> None:
    errors: list[Any] = []
    with serving(application(collector)) as url, sdk(name, write_key, url, errors) as client:
        send_all(client)
        client.flush()
    events = stored(records)
    by_type = {event.type: event for event in events}
    assert set(by_type) == {"identify", "alias", "group", "page", "screen", "track"}
    identify = by_type["identify"]
    assert identify.identifiers == (("user_id", "u1"), ("email", "a@b.cn"))
    assert identify.traits == {"email": "a@b.cn", "age": 31.0, "since": "2020-01-01T00:00:00+00:00"}
    assert by_type["alias"].identifiers == (
        ("user_id", "u1"),
        ("anonymous_id", "7f0c1c1e-7c0b-4a53-9f0b-000000000001"),
    )
    assert by_type["page"].props["name"] == "Home"
    assert by_type["group"].props["group_id"] == "g1"
    orders = [event for event in events if event.name == "Order Completed"]
    assert len(orders) == EVENTS - 5
    assert sum(event.revenue_minor for event in orders) == 1_990 * len(orders)
    assert all(abs(event.ts - event.received) < 60_000 for event in events)
