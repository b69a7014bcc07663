"""Every delivery has a verdict that can be read later: by message id, and in the stream of what arrived last."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.base import Error, FixedClock, to_ms
from ninefold.collect import (
    Again,
    Collector,
    Event,
    Limits,
    Rejection,
    Verdict,
    append,
    prune,
    quarantine,
    receipts,
    replay,
)
from ninefold.collect.model import Request
from ninefold.collect.receipts import DeliveryPage, Progress
from ninefold.jobs import Pipeline
from ninefold.store import Events, Records

NOBODY = (("email", "test@test.com"),)  # blocked by the rules


def event(clock: FixedClock, message_id: str, source: str = "shop", name: str = "Seen", **more: object) -> Event:
    now = to_ms(clock.now())
    people = more.pop("identifiers", (("user_id", "u1"), ("email", "a@b.cn")))
    return Event(message_id, "track", name, now - 60_000, now, source, "web", people, **more)  # type: ignore[arg-type]


@pytest.fixture
def put(records: Records, clock: FixedClock) -> Callable[..., None]:
    def put(*events: Event) -> None:
        clock.advance(timedelta(seconds=1))
        with records.begin() as conn:
            append(conn, events, source=events[0].source, kind="segment", now=clock.now())

    return put


@pytest.fixture
def pipeline(records: Records, events: Events, clock: FixedClock) -> Pipeline:
    return Pipeline(records, events, clock)


def find(records: Records, events: Events, message_id: str, source: str = "shop") -> receipts.Delivery | None:
    with records.begin() as conn:
        return receipts.find(conn, events, source, message_id)


def found(records: Records, events: Events, message_id: str, source: str = "shop") -> receipts.Delivery:
    delivery = find(records, events, message_id, source)
    assert delivery is not None
    return delivery


def page(records: Records, **wanted: object) -> DeliveryPage:
    with records.begin() as conn:
        return receipts.recent(conn, **wanted)  # type: ignore[arg-type]


def listed(records: Records, **wanted: object) -> list[tuple[str, str]]:
    return [(entry.message_id, entry.verdict.value) for entry in page(records, **wanted).entries]


def test_a_receipt_follows_the_event_to_the_end(
    records: Records, events: Events, clock: FixedClock, pipeline: Pipeline, put: Callable[..., None]
) -> None:
    assert find(records, events, "m1") is None
    put(event(clock, "m1"), event(clock, "m2", props={"$warnings": "timestamp_in_future revenue_unreadable"}))
    waiting = found(records, events, "m1")
    assert (waiting.verdict, waiting.progress, waiting.namespaces) == ("ok", "waiting", ("user_id", "email"))
    assert find(records, events, "m1", "app") is None
    pipeline.drain()
    kept = found(records, events, "m1")
    assert (kept.verdict, kept.progress, kept.name, kept.type) == ("ok", "queryable", "Seen", "track")
    assert kept.ts == kept.received - 60_000
    mended = found(records, events, "m2")
    assert (mended.verdict, mended.warnings) == ("warning", ("timestamp_in_future", "revenue_unreadable"))


def test_repeats_are_counted_and_told(
    records: Records, events: Events, clock: FixedClock, pipeline: Pipeline, put: Callable[..., None]
) -> None:
    put(event(clock, "a"), event(clock, "b"), event(clock, "a"))
    pipeline.drain()
    put(event(clock, "b"), event(clock, "c"))
    put(event(clock, "a", source="app"))
    pipeline.drain()
    assert [found(records, events, name).repeats for name in "abc"] == [1, 1, 0]
    assert found(records, events, "a", "app").repeats == 0
    assert found(records, events, "a").verdict is Verdict.OK
    everything = [("a", "ok"), ("c", "ok"), ("b", "duplicate"), ("a", "duplicate"), ("b", "ok"), ("a", "ok")]
    assert listed(records) == everything
    assert listed(records, verdict=Verdict.DUPLICATE) == [("b", "duplicate"), ("a", "duplicate")]
    assert listed(records, source="app") == [("a", "ok")]
    with records.begin() as conn:
        assert receipts.forget_dropped(conn, clock.now() + timedelta(days=1)) == 2
    assert found(records, events, "a").repeats == 0


def test_a_repeated_batch_notes_its_repeats_once(records: Records, clock: FixedClock) -> None:
    both = [event(clock, "a"), event(clock, "a")]

    for _ in range(2):
        with records.begin() as conn:
            receipts.note_dropped(conn, 1, both, np.array([False, True]), Verdict.DUPLICATE)
    with records.begin() as conn:
        assert receipts.forget_dropped(conn, clock.now()) == 0
        assert conn.exec_driver_sql("SELECT count(*) FROM dropped_messages").scalar() == 1


def test_quarantined_ones_are_told_with_their_reason(
    records: Records, events: Events, clock: FixedClock, pipeline: Pipeline, collector: Collector, write_key: str
) -> None:
    body = {"batch": [
        {"type": "track", "event": "Seen", "userId": "u1", "messageId": "good"},
        {"type": "track", "event": "Seen", "messageId": "bad"},
        {"type": "track", "event": "Seen", "messageId": "blocked", "userId": "undefined"},
    ]}  # fmt: skip
    request = Request(call="batch", body=json.dumps(body).encode(), query={"writeKey": write_key})
    asyncio.run(collector.accept(request))
    pipeline.drain()
    bad = found(records, events, "bad")
    assert (bad.verdict, bad.progress, bad.code, bad.kind) == ("quarantined", "aside", "no_identifier", "segment")
    assert (bad.field, bad.reason) == ("userId", "the event has neither userId nor anonymousId")
    blocked = found(records, events, "blocked")
    assert (blocked.verdict, blocked.code) == ("quarantined", "identifiers_refused")
    verdicts = {"good": "ok", "bad": "quarantined", "blocked": "quarantined"}
    assert dict(listed(records)) == verdicts
    assert len(page(records).entries) == 3
    assert {name for name, _ in listed(records, verdict=Verdict.QUARANTINED)} == {"bad", "blocked"}
    assert listed(records, name="Seen", verdict=Verdict.QUARANTINED) == [("blocked", "quarantined")]


def test_a_replayed_event_is_no_longer_put_aside(
    records: Records, events: Events, clock: FixedClock, pipeline: Pipeline, collector: Collector, write_key: str
) -> None:
    body = json.dumps({"event": "Seen", "userId": "u1", "messageId": "m1", "properties": {"t": "x" * 70_000}}).encode()
    asyncio.run(collector.accept(Request(call="track", body=body, query={"writeKey": write_key})))
    bad = found(records, events, "m1")
    assert bad.code == "event_too_large"

    with records.begin() as conn:
        replay(conn, [bad.quarantine_id], now=clock.now(), again=Again(limits=Limits(max_event_bytes=100_000)))
    pipeline.drain()
    assert found(records, events, "m1").verdict is Verdict.OK


def test_suppressed_ones_have_their_place(
    records: Records, events: Events, clock: FixedClock, pipeline: Pipeline, put: Callable[..., None]
) -> None:

    put(event(clock, "m1"))
    pipeline.drain()
    batch = found(records, events, "m1").batch_id
    with records.begin() as conn:
        receipts.note_dropped(conn, batch, [event(clock, "m1")], np.array([True]), Verdict.SUPPRESSED)
    assert (found(records, events, "m1").verdict, found(records, events, "m1").progress) == ("suppressed", "aside")
    assert listed(records) == [("m1", "suppressed")]


def test_what_the_inbox_forgot_is_still_known_by_its_id(
    records: Records, events: Events, clock: FixedClock, pipeline: Pipeline, put: Callable[..., None]
) -> None:
    put(event(clock, "m1", props={"$warnings": "identifier_too_long"}))
    pipeline.drain()
    with records.begin() as conn:
        prune(conn, clock.now() + timedelta(days=4))
    kept = found(records, events, "m1")
    assert (kept.verdict, kept.progress) == (Verdict.WARNING, Progress.QUERYABLE)
    assert page(records) == DeliveryPage(entries=(), next=None)


@pytest.mark.parametrize("cursor", ["x", "1", "1.2", "1.2-99999999999999999999", "9999999999999999999.1-1", "-1.1-1"])
def test_a_cursor_of_nobody_is_refused(records: Records, cursor: str) -> None:
    with pytest.raises(Error, match="no cursor"):
        page(records, cursor=cursor)


@settings(max_examples=15)
@given(
    sizes=st.lists(st.integers(0, 4), max_size=8),
    limit=st.integers(1, 5),
    source=st.sampled_from([None, "shop", "app"]),
)
def test_pages_join_to_the_whole_stream(
    records: Records, clock: FixedClock, sizes: list[int], limit: int, source: str | None
) -> None:
    """Whatever the page size, each delivery stands on exactly one page, newest first; 0 stands for a refused event."""

    with records.engine.connect() as conn:
        sent = []
        for number, size in enumerate(sizes):
            clock.advance(timedelta(seconds=1))
            of = ("shop", "app")[number % 2]
            names = [f"{number}.{each}" for each in range(size)]
            if size:
                append(conn, [event(clock, name, of) for name in names], source=of, kind="segment", now=clock.now())
            else:
                names = [str(number)]
                bad = Rejection(code="broken_json", reason="", message_id=str(number))
                quarantine(conn, [bad], source=of, kind="segment", received_at=clock.now())
            sent += [name for name in names if source in (None, of)]
        seen: list[str] = []
        cursor = ""
        for _ in range(100):
            got = receipts.recent(conn, source=source, limit=limit, cursor=cursor)
            seen += [entry.message_id for entry in got.entries]
            if got.next is None:
                break
            cursor = got.next
        conn.rollback()
    assert seen == sent[::-1]
