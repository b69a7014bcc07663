"""PostHog's real Python SDK against our routes, with the faults a network has: nothing is lost or counts twice."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from posthog import Posthog
from tests.support.collecting import application, quarantined, serving, stored
from tests.support.cuts import Cut, cutting
from tests.support.faults import REFUSED, Answer, Faulty

from ninefold.collect import Collector
from ninefold.store import Records

EVENTS = 120  # two requests of at most 100
ANONYMOUS = "0197a1f0-0000-7000-8000-000000000001"
Delivered = Callable[..., tuple[list[str], list[str], list[Any], int]]


def send_all(client: Posthog) -> list[str]:
    """A life of calls; returns the ids the SDK gave."""
    ids = [
        client.capture("$identify", distinct_id="u1", properties={"$anon_distinct_id": ANONYMOUS, "$set": {"age": 31}}),
        client.alias(ANONYMOUS, "u1"),
        client.set(distinct_id="u1", properties={"email": "a@b.cn"}),
        client.set_once(distinct_id="u1", properties={"first": "shop"}),
        client.group_identify("company", "c1", {"name": "A"}, distinct_id="u1"),
    ]
    ids += [
        client.capture(
            "Order Completed",
            distinct_id=f"u{number % 7}",
            properties={"order_id": f"o{number}", "revenue": 19.9, "n": number},
        )
        for number in range(EVENTS - len(ids))
    ]
    return [str(given) for given in ids if given is not None]


@pytest.fixture
def delivered(collector: Collector, records: Records, write_key: str) -> Delivered:
    """Runs the SDK against a faulty network: ids sent, ids stored, errors the application saw, requests made."""

    def run(
        *,
        first: Sequence[Answer] = (),
        lose_answers: int = 0,
        cuts: Sequence[Cut] = (),
        key: str = "",
        **options: Any,
    ) -> tuple[list[str], list[str], list[Any], int]:
        errors: list[Any] = []
        faulty = Faulty(application(collector), first=first, lose_answers=lose_answers)
        with serving(faulty) as address, cutting(address, first=cuts) as url:
            client = Posthog(
                key or write_key,
                host=url,
                on_error=lambda error, items: errors.append((error, items)),
                flush_interval=0.05,
                **options,
            )
            sent = send_all(client)
            client.shutdown()
        return sorted(sent), sorted(event.message_id for event in stored(records)), errors, faulty.requests

    return run


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"gzip": True},
        {"capture_mode": "v1"},
        {"capture_mode": "v1", "capture_compression": "gzip"},
        {"capture_mode": "v1", "capture_compression": "deflate"},
        {"capture_mode": "v1", "capture_compression": "zstd"},
    ],
    ids=lambda options: "-".join(map(str, options.values())) or "plain",
)
def test_all_is_well(delivered: Delivered, options: dict[str, Any]) -> None:
    sent, kept, errors, requests = delivered(**options)
    assert len(sent) == len(set(sent)) == EVENTS
    assert kept == sent
    assert errors == []
    assert requests <= EVENTS // 100 + 3


@pytest.mark.parametrize("mode", ["v0", "v1"])
@pytest.mark.parametrize(
    "first",
    [
        pytest.param([(500, REFUSED, {})] * 2, id="500 twice"),
        pytest.param([(429, REFUSED, {"retry-after": "1"})], id="429"),
    ],
)
def test_a_fault_that_passes_loses_and_doubles_nothing(delivered: Delivered, mode: str, first: list[Answer]) -> None:
    sent, kept, errors, _ = delivered(first=first, capture_mode=mode)
    assert kept == sent
    assert errors == []


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_a_lost_answer_doubles_nothing(delivered: Delivered, mode: str) -> None:
    sent, kept, errors, requests = delivered(lose_answers=1, capture_mode=mode)
    assert kept == sent
    assert errors == []
    assert requests >= EVENTS // 100 + 2


@pytest.mark.parametrize("mode", ["v0", "v1"])
@pytest.mark.parametrize("cut", Cut)
def test_a_broken_connection_loses_and_doubles_nothing(delivered: Delivered, mode: str, cut: Cut) -> None:
    sent, kept, errors, _ = delivered(cuts=[cut], capture_mode=mode, timeout=1)
    assert kept == sent
    assert errors == []


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_a_refused_batch_is_told_once_and_not_retried(delivered: Delivered, mode: str) -> None:
    """What our 400 would do: the SDK drops the whole batch, which is why bad events go to quarantine instead."""
    sent, kept, errors, _ = delivered(first=[(400, REFUSED, {})], capture_mode=mode)
    assert len(errors) == 1
    lost = [item["uuid"] for _, items in errors for item in items]
    assert sorted(kept + lost) == sent


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_a_wrong_key_is_told_once_and_not_retried(delivered: Delivered, mode: str) -> None:
    sent, kept, errors, requests = delivered(key="wrong", capture_mode=mode)
    assert kept == []
    assert sum(len(items) for _, items in errors) == len(sent)
    assert {int(error.status) for error, _ in errors} == {401}
    assert requests == len(errors)


def test_what_is_put_aside_is_told_by_name(collector: Collector, records: Records, write_key: str) -> None:
    errors: list[Any] = []
    with serving(application(collector)) as url:
        client = Posthog(write_key, host=url, capture_mode="v1", on_error=lambda error, _: errors.append(error))
        client.capture("Seen", distinct_id="u1")
        bad = client.capture("x" * 300, distinct_id="u1")
        client.shutdown()
    assert [event.name for event in stored(records)] == ["Seen"]
    assert [entry.message_id for entry in quarantined(records)] == [bad]
    assert [uuid for error in errors for uuid, _ in error.drops] == [bad]


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_what_is_stored_is_what_was_said(collector: Collector, records: Records, write_key: str, mode: str) -> None:
    with serving(application(collector)) as url:
        client = Posthog(write_key, host=url, capture_mode=mode)
        send_all(client)
        assert client.get_all_flags("u1") == {}
        client.shutdown()
    events = stored(records)
    first = {event.props.get("$event", event.name): event for event in reversed(events)}
    assert first["$identify"].identifiers == (("user_id", "u1"), ("anonymous_id", ANONYMOUS))
    assert first["$create_alias"].identifiers == (("user_id", "u1"), ("anonymous_id", ANONYMOUS))
    assert first["$identify"].traits == {"age": 31.0}
    assert first["$set"].traits == {"email": "a@b.cn"}
    assert first["$set_once"].once == {"first": "shop"}
    assert (first["$groupidentify"].name, first["$groupidentify"].props["group_id"]) == ("$group", "c1")
    orders = [event for event in events if event.name == "Order Completed"]
    assert len(orders) == EVENTS - 5
    assert sum(event.revenue_minor for event in orders) == 1_990 * len(orders)
    assert all(abs(event.ts - event.received) < 60_000 for event in events)
