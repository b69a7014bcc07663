"""The collector answers as SDKs need it, after the commit, whatever it is sent."""

import asyncio
import base64
import gzip
import json
import threading
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa
from tests.support.collecting import quarantined, stored

from ninefold.base import FixedClock
from ninefold.collect import (
    Again,
    Collector,
    CollectSettings,
    Event,
    Limits,
    Rejection,
    Sought,
    claim,
    drop_duplicates,
    finish,
    load,
    message_status,
    quarantine,
    replay,
    search_quarantine,
)
from ninefold.collect.model import Request, Response
from ninefold.governance import Keys
from ninefold.store import EmbeddedPostgres, Records


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def track(number: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "userId": "u1", "messageId": f"m{number}"} | more


def batch(*items: object, **more: object) -> bytes:
    return json.dumps({"batch": items} | more).encode()


def ask(collector: Collector, *requests: Request) -> list[Response]:
    async def run() -> list[Response]:
        return list(await asyncio.gather(*(collector.accept(request) for request in requests)))

    return asyncio.run(run())


def rows(records: Records) -> int:
    with records.begin() as conn:
        return int(conn.execute(sa.text("SELECT count(*) FROM inbox")).scalar_one())


def test_a_batch_is_durable_when_it_is_answered(collector: Collector, records: Records, write_key: str) -> None:
    request = Request(call="batch", body=batch(track(1), track(2)), authorization=basic(f"{write_key}:"))
    (response,) = ask(collector, request)
    assert (response.status, response.body, response.headers) == (200, b'{"success":true}', ())
    assert rows(records) == 1
    assert [event.message_id for event in stored(records)] == ["m1", "m2"]


def test_a_write_key_may_stand_in_many_places(collector: Collector, records: Records, write_key: str) -> None:
    requests = [
        Request(call="batch", body=batch(track(1)), authorization=basic(f"{write_key}:")),
        Request(call="batch", body=batch(track(2)), authorization=basic(write_key)),
        Request(call="batch", body=batch(track(3)), query={"writeKey": write_key}),
        Request(call="batch", body=batch(track(4)), authorization=basic("wrong:"), query={"writeKey": write_key}),
        Request(call="batch", body=batch(track(5), writeKey=write_key)),
        Request(call="track", body=json.dumps(track(6, writeKey=write_key)).encode(), authorization="Bearer abc"),
    ]
    assert [response.status for response in ask(collector, *requests)] == [200] * len(requests)
    events = stored(records)
    assert sorted(event.message_id for event in events) == [f"m{n}" for n in range(1, 7)]
    assert {(event.source, event.channel) for event in events} == {("shop", "web")}


REFUSALS: list[tuple[int, str, dict[str, Any]]] = [
    (400, "broken_json", {"body": b"{"}),
    (400, "empty_body", {"body": b""}),
    (400, "empty_batch", {"body": b'{"batch":[]}'}),
    (400, "wrong_shape", {"body": b"7"}),
    (400, "broken_body", {"body": gzip.compress(b"{}")[:-9]}),
    (401, "invalid_write_key", {"authorization": basic("wrong:")}),
    (401, "invalid_write_key", {"authorization": basic("\x00:")}),
    (401, "invalid_write_key", {"authorization": basic("é" * 999)}),
    (401, "invalid_write_key", {"authorization": "Basic !!!"}),
    (401, "missing_write_key", {"authorization": ""}),
    (401, "invalid_write_key", {"authorization": "", "body": batch(track(), writeKey="wrong")}),
    (401, "missing_write_key", {"authorization": "", "body": batch(track(), writeKey=7)}),
    (413, "request_too_large", {"body": b" " * 10_485_761}),
    (413, "request_too_large", {"body": gzip.compress(b" " * 10_485_761)}),
]


def test_every_refusal_has_a_status_a_code_and_a_message(
    collector: Collector, records: Records, write_key: str
) -> None:
    good: dict[str, Any] = {"call": "batch", "body": batch(track()), "authorization": basic(f"{write_key}:")}
    for status, code, change in REFUSALS:
        (response,) = ask(collector, Request(**(good | change)))
        body = json.loads(response.body)
        assert (response.status, body["code"]) == (status, code)
        assert body["message"]
        assert body["success"] is False
    assert rows(records) == 0


def test_bad_events_of_a_good_batch_go_to_quarantine(collector: Collector, records: Records, write_key: str) -> None:
    huge = track(2, properties={"text": "x" * 1_000_000})
    body = batch(track(1), huge, track(3, userId=None), track(4, timestamp="2999-01-01T00:00:00Z"))
    (response,) = ask(collector, Request(call="batch", body=body, authorization=basic(f"{write_key}:"), receipts=True))
    assert response.status == 200
    assert json.loads(response.body) == {
        "success": True,
        "receipts": [
            {"messageId": "m1", "verdict": "ok"},
            {"messageId": "m2", "verdict": "quarantined", "code": "event_too_large",
             "reason": f"the event has {len(json.dumps(huge))} bytes; at most 65536 are allowed"},
            {"messageId": "m3", "verdict": "quarantined", "code": "no_identifier",
             "reason": "the event has neither userId nor anonymousId", "field": "userId"},
            {"messageId": "m4", "verdict": "warning", "warnings": ["timestamp_in_future"]},
        ],
    }  # fmt: skip
    assert [event.message_id for event in stored(records)] == ["m1", "m4"]
    large, nameless = quarantined(records)
    assert (json.loads(large.raw), large.code, large.message_id) == (huge, "event_too_large", "m2")
    assert (nameless.source, nameless.kind, nameless.field) == ("shop", "segment", "userId")
    with records.begin() as conn:
        assert message_status(conn, "shop", "m2").verdict == "quarantined"
        assert message_status(conn, "shop", "m1").finished


def test_a_request_of_bad_events_alone_succeeds(collector: Collector, records: Records, write_key: str) -> None:
    (response,) = ask(collector, Request(call="track", body=b'{"event":"A"}', authorization=basic(write_key)))
    assert response.status == 200
    assert rows(records) == 0
    assert [row.code for row in quarantined(records)] == ["no_identifier"]
    assert [row.code for row in quarantined(records, source="other")] == []
    assert len(quarantined(records, code="no_identifier", replayed=False, limit=1)) == 1


def test_quarantine_is_replayed_once_the_reason_is_gone(
    collector: Collector, records: Records, clock: FixedClock, write_key: str
) -> None:
    same = {"type": "track", "event": "A", "userId": "u", "timestamp": "2026-06-01T07:00:00Z",
            "properties": {"t": "x" * 70_000}}  # fmt: skip
    body = batch(same, same, track(3, userId=None), sentAt="2026-06-01T07:30:00Z", context={"locale": "zh-CN"})
    ask(collector, Request(call="batch", body=body, authorization=basic(write_key)))
    ids = [row.id for row in quarantined(records)]
    clock.advance(timedelta(days=3))
    with records.begin() as conn:
        none = replay(conn, ids, now=clock.now())
        assert (none.accepted, none.refused) == (0, 3)
        done = replay(conn, ids, now=clock.now(), again=Again(limits=Limits(max_event_bytes=100_000)))
        assert (done.accepted, done.refused, done.skipped) == (2, 1, 0)
        again = replay(conn, ids, now=clock.now(), again=Again(limits=Limits(max_event_bytes=100_000)))
        assert (again.accepted, again.refused) == (0, 1)
    events = stored(records)
    assert len({event.message_id for event in events}) == len(events) == 2
    assert events[0].ts == events[0].received - 30 * 60_000
    assert (events[0].channel, events[0].props["context.locale"]) == ("web", "zh-CN")
    assert [row.code for row in quarantined(records)] == ["no_identifier"]
    assert len(quarantined(records, replayed=True)) == 2


def test_an_event_that_named_nobody_is_replayed_under_a_new_id(records: Records, clock: FixedClock) -> None:
    event = Event("m1", "track", "Seen", 1, 2, "shop", "web", (("email", "test@test"),), props={"a": "b"}, quantity=2.0)
    older = {
        name: value for name, value in msgspec.structs.asdict(event).items() if name != Event.__struct_fields__[-1]
    }
    whole = msgspec.json.encode(older)
    with records.begin() as conn:
        drop_duplicates(conn, 1, [event])
        bad = [Rejection(code="blocked", reason="", raw=raw, message_id="m1") for raw in (whole, b"{}", b"\x93")]
        quarantine(conn, bad, source="shop", kind="resolved", received_at=clock.now())
        quarantine(conn, bad[:1], source="shop", kind="csv", received_at=clock.now())
        assert message_status(conn, "shop", "m1").code == "blocked"
        assert message_status(conn, "\x00", "\ud800").verdict is None
        assert search_quarantine(conn, Sought(source="\x00", code="\ud800")) == ()
        ids = [row.id for row in search_quarantine(conn, limit=4)]
        done = replay(conn, ids, now=clock.now())
    assert (done.accepted, done.refused, done.skipped) == (1, 2, 1)
    (again,) = stored(records)
    assert again == msgspec.structs.replace(event, message_id=f"m1~{min(ids)}")


def test_concurrent_requests_share_commits(records: Records, keys: Keys, clock: FixedClock, write_key: str) -> None:
    collector = Collector(records, keys, clock)
    requests = [
        Request(call="batch", body=batch(*(track(100 * n + i) for i in range(10))), authorization=basic(write_key))
        for n in range(200)
    ]

    async def run() -> list[Response]:
        waiting = [asyncio.ensure_future(collector.accept(request)) for request in requests]
        collector.start()
        return list(await asyncio.gather(*waiting))

    with records.begin() as conn:
        before = conn.execute(sa.text("SELECT pg_current_xact_id()::text::bigint")).scalar_one()
    with collector:
        responses = asyncio.run(run())
    with records.begin() as conn:
        after = conn.execute(sa.text("SELECT pg_current_xact_id()::text::bigint")).scalar_one()
    assert {response.status for response in responses} == {200}
    assert after - before < 100
    assert len(stored(records)) == 2_000


def killing(postgres: EmbeddedPostgres, database: str, stop: threading.Event) -> Iterable[int]:
    """Ends every connection of the test's database again and again; yields how many each time."""
    with psycopg.connect(postgres.url, autocommit=True) as conn:
        while not stop.is_set():
            killed = conn.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s", (database,)
            ).fetchone()
            yield int(killed[0]) if killed else 0
            stop.wait(0.02)


def test_connections_killed_in_the_middle_lose_and_double_nothing(
    postgres: EmbeddedPostgres, records: Records, keys: Keys, clock: FixedClock, write_key: str
) -> None:
    stop = threading.Event()
    database = records.engine.url.database
    assert database is not None
    killed: list[int] = []
    thread = threading.Thread(target=lambda: killed.extend(killing(postgres, database, stop)))

    async def send(collector: Collector, number: int) -> int:
        """As an SDK does: again until it is taken."""
        request = Request(call="batch", body=batch(track(number)), authorization=basic(write_key))
        for _ in range(200):
            response = await collector.accept(request)
            if response.status == 200:
                return number
            assert response.status == 503
            assert ("Retry-After", "1") in response.headers
            await asyncio.sleep(0.01)
        raise AssertionError("never taken")

    async def run(collector: Collector) -> None:
        for start in range(0, 300, 20):
            await asyncio.gather(*(send(collector, start + n) for n in range(20)))
            await asyncio.sleep(0.01)

    with Collector(records, keys, clock) as collector:
        ask(collector, Request(call="batch", body=batch(track(0)), authorization=basic(write_key)))
        thread.start()
        try:
            asyncio.run(run(collector))
        finally:
            stop.set()
            thread.join()
    assert sum(killed) > 0
    assert sorted(event.message_id for event in stored(records)) == sorted(f"m{n}" for n in range(300))


def test_an_overloaded_inbox_sheds_load_and_loses_nothing(
    records: Records, keys: Keys, clock: FixedClock, write_key: str
) -> None:
    collector = Collector(records, keys, clock, CollectSettings(max_waiting_bytes=20_000))
    requests = [
        Request(call="batch", body=batch(track(n, properties={"t": str(n) * 2_000})), authorization=basic(write_key))
        for n in range(200)
    ]
    with collector, records.begin() as conn:
        conn.execute(sa.text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))

        async def run() -> list[Response]:
            waiting = [asyncio.ensure_future(collector.accept(request)) for request in requests]
            await asyncio.wait(waiting, timeout=0.5)
            conn.commit()
            return list(await asyncio.gather(*waiting))

        responses = asyncio.run(run())
    taken = [n for n, response in enumerate(responses) if response.status == 200]
    shed = [response for response in responses if response.status == 503]
    assert len(taken) + len(shed) == 200
    assert taken
    assert shed
    assert json.loads(shed[0].body)["code"] == "inbox_overloaded"
    assert shed[0].headers == (("Retry-After", "1"),)
    # requests at the same time have no order between them; each is kept once
    assert sorted(event.message_id for event in stored(records)) == sorted(f"m{n}" for n in taken)


def test_a_stopped_collector_refuses_and_has_committed(
    records: Records, keys: Keys, clock: FixedClock, write_key: str
) -> None:
    collector = Collector(records, keys, clock)
    request = Request(call="batch", body=batch(track()), authorization=basic(write_key))
    assert ask(collector, request)[0].status == 503
    with collector:
        collector.start()
        assert ask(collector, request)[0].status == 200
    assert ask(collector, request)[0].status == 503
    assert rows(records) == 1


def test_one_entry_that_cannot_be_written_does_not_fail_the_others(
    records: Records, keys: Keys, clock: FixedClock, write_key: str
) -> None:
    with records.begin() as conn:
        conn.execute(sa.text("ALTER TABLE inbox ADD CHECK (event_count <> 3)"))
    collector = Collector(records, keys, clock)
    requests = [
        Request(call="batch", body=batch(*(track(10 * n + i) for i in range(n))), authorization=basic(write_key))
        for n in (1, 2, 3, 4)
    ]

    async def run() -> list[Response]:
        waiting = [asyncio.ensure_future(collector.accept(request)) for request in requests]
        await asyncio.sleep(0)
        return list(await asyncio.gather(*waiting))

    with collector:
        responses = asyncio.run(run())
    assert [response.status for response in responses] == [200, 200, 503, 200]
    assert len(stored(records)) == 7


def test_a_retried_request_counts_once(collector: Collector, records: Records, write_key: str) -> None:
    items = [track(1), {"type": "track", "event": "A", "userId": "u", "timestamp": "2026-06-01T07:00:00Z"}]
    request = Request(call="batch", body=batch(*items), authorization=basic(write_key))
    assert [response.status for response in ask(collector, request, request, request)] == [200] * 3
    assert len(stored(records)) == 2


def test_a_revoked_key_is_refused_within_seconds(collector: Collector, keys: Keys, write_key: str) -> None:
    request = Request(call="batch", body=batch(track()), authorization=basic(write_key))
    assert ask(collector, request)[0].status == 200
    keys.revoke(keys.list()[0].id)
    deadline = time.monotonic() + 5
    while ask(collector, request)[0].status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert ask(collector, request)[0].status == 401


def test_load_of_a_claimed_batch_survives_finishing(collector: Collector, records: Records, write_key: str) -> None:
    ask(collector, Request(call="batch", body=batch(track(1)), authorization=basic(write_key)))
    with records.begin() as conn:
        claimed = claim(conn, max_events=5)
        assert claimed is not None
        finish(conn, claimed.batch_id, conn.execute(sa.select(sa.func.now())).scalar_one())
        assert len(load(conn, claimed.batch_id)) == 1
