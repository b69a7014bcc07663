"""The ``clickhouse://`` form of the events store, over a real socket: meaning, failures, repeats."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest

from ninefold.base import Error, Kind
from ninefold.store import Events, Statement
from tests.support.clickhouse_http import Front, clickhouse_http


def people(*ids: int) -> pa.Table:
    when = [datetime(2026, 1, 1, tzinfo=UTC)] * len(ids)
    return pa.table({"oneid": pa.array(ids, pa.uint32()), "first_seen": pa.array(when, pa.timestamp("ms", "UTC"))})


PEOPLE = Statement("SELECT count() FROM people")


@pytest.fixture(scope="module")
def served(events_folder: Path) -> Iterator[Front]:
    with clickhouse_http(events_folder) as front:
        yield front


@pytest.fixture
def front(served: Front) -> Front:
    served.requests.clear()
    served.faults.clear()
    served.password = ""
    return served


@pytest.fixture
def server(front: Front) -> Iterator[Events]:
    name = f"h_{uuid4().hex[:12]}"
    events = Events.open(f"{front.url}/{name}")
    front.requests.clear()
    yield events
    front.faults.clear()
    front.password = ""
    events.command(Statement(f"DROP DATABASE {name}"))
    events.close()


def test_the_tables_are_made_and_rows_come_back(server: Events, front: Front) -> None:
    server.insert("people", people(1, 2, 3))
    assert server.count(PEOPLE) == 3
    inserted = front.seen("INSERT")[0]
    assert inserted.data.startswith(b"ARROW1")
    assert inserted.settings["async_insert"] == "0", "a queued insert is acknowledged before it is stored"
    assert inserted.settings["insert_deduplication_token"]


def test_values_travel_as_parameters_whatever_they_hold(server: Events, front: Front) -> None:
    hostile = "'; DROP TABLE people; -- {x:String} \\ \n 你好 &=%?#"
    assert server.scalar(Statement("SELECT {v:String}", {"v": hostile})) == hostile
    assert hostile not in front.requests[-1].query
    many = list(range(50_000))  # more than a URL holds: sent as a form
    assert server.count(Statement("SELECT arraySum({ids:Array(UInt32)})", {"ids": many})) == sum(many)


@pytest.mark.parametrize("kind", ["DateTime64(3)", "DateTime64(3, 'UTC')", "DateTime64(3, 'Asia/Shanghai')"])
def test_times_mean_the_same_instant_whatever_the_zone_of_the_server(server: Events, events: Events, kind: str) -> None:
    at = datetime(2026, 6, 1, 8, 30, 0, 250_000, tzinfo=UTC)
    question = Statement(f"SELECT toUnixTimestamp64Milli({{t:{kind}}})", {"t": at})
    expected = int(at.timestamp() * 1000) - (8 * 3_600_000 if "Shanghai" in kind else 0)
    assert server.count(question) == events.count(question) == expected


def test_a_large_result_is_streamed_whole(server: Events, events: Events) -> None:
    question = Statement("SELECT number AS n, toString(n) AS s FROM numbers({n:UInt64})", {"n": 700_000})
    for store in (server, events):
        sizes = []
        total = 0
        for batch in store.stream(question):
            assert batch.schema.names == ["n", "s"]
            sizes.append(batch.num_rows)
            total += pa.compute.sum(batch["n"]).as_py()
        assert len(sizes) > 1
        assert sum(sizes) == 700_000
        assert total == sum(range(700_000))
        assert store.count(Statement("SELECT 1")) == 1  # the store is free again


def test_a_stream_that_is_left_early_leaves_the_store_usable(server: Events, events: Events) -> None:
    for store in (server, events):
        next(iter(store.stream(Statement("SELECT number FROM numbers(2000000)"))))
        assert store.count(Statement("SELECT 1")) == 1
        assert not list(store.stream(Statement("SELECT number FROM numbers(0)")))


@pytest.mark.parametrize("fault", ["late_error", "cut_body"])
def test_a_stream_that_breaks_never_looks_whole(server: Events, front: Front, fault: str) -> None:
    front.fail(fault, match="numbers")  # type: ignore[arg-type]
    with pytest.raises(Error) as broken:
        list(server.stream(Statement("SELECT number FROM numbers(300000)")))
    assert broken.value.kind is Kind.UNAVAILABLE


def test_a_stream_of_a_wrong_query_is_an_error(server: Events, events: Events) -> None:
    for store in (server, events):
        with pytest.raises(Error) as wrong:
            list(store.stream(Statement("SELECT * FROM nothing_here")))
        assert wrong.value.code == "unknown_table"
        with pytest.raises(Error) as thrown:
            list(store.stream(Statement("SELECT throwIf(number = 250000, 'boom') FROM numbers(500000)")))
        assert thrown.value.kind is Kind.DEFECT


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "status_503", "status_500", "cut_body"])
def test_a_read_is_repeated(server: Events, front: Front, fault: str) -> None:
    server.insert("people", people(7))
    front.fail(fault, match="count()")  # type: ignore[arg-type]
    assert server.count(PEOPLE) == 1


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "status_503", "status_500"])
def test_an_insert_is_repeated_and_counts_once(server: Events, front: Front, fault: str) -> None:
    front.fail(fault, match="INSERT", times=2)  # type: ignore[arg-type]
    server.insert("people", people(1, 2), token="a")
    assert server.count(PEOPLE) == 2
    assert len(front.seen("INSERT")) >= 2
    front.fail(fault, match="INSERT")  # type: ignore[arg-type]
    server.insert("people", people(1, 2))  # without a token the very same rows are other rows
    assert server.count(PEOPLE) == 4


def test_a_batch_counts_once_when_answers_are_lost(server: Events, front: Front) -> None:
    rows = pa.table(
        {"oneid": pa.array([1, 2], pa.uint32()), "name": ["buy"] * 2, "batch_id": pa.array([9] * 2, pa.uint64())}
    )
    front.fail("drop_after", match="INSERT", times=2)
    front.fail("status_500", match="batch_id = ")
    server.insert_batch("events", rows, batch_id=9)
    server.insert_batch("events", rows, batch_id=9)
    assert server.count(Statement("SELECT count() FROM events")) == 2


def test_a_command_is_not_repeated_once_it_may_have_run(server: Events, front: Front) -> None:
    front.fail("drop_after", match="INSERT INTO people SELECT")
    with pytest.raises(Error) as broken:
        server.command(Statement("INSERT INTO people SELECT 1, now64(3)"))
    assert broken.value.code == "events_unreachable"
    assert broken.value.retryable
    assert server.count(PEOPLE) == 1


def test_a_server_that_stays_away_is_unavailable(server: Events, front: Front) -> None:
    front.fail("drop_before", match="SELECT 42", times=99)
    began = time.monotonic()
    with pytest.raises(Error) as away:
        server.count(Statement("SELECT 42"))
    assert away.value.code == "events_unreachable"
    assert time.monotonic() - began < 10


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Error) as away:
        Events.open("clickhouse://127.0.0.1:9/x")
    assert away.value.kind is Kind.UNAVAILABLE
    assert away.value.retryable


def test_a_slow_answer_is_given_up_and_not_asked_for_again(front: Front, events_url: str) -> None:
    slow = Events(f"{front.url}/default?timeout_seconds=1")
    slow.ping()
    front.requests.clear()
    front.fail("slow", match="SELECT 7", times=9, seconds=2)
    with pytest.raises(Error) as late:
        slow.count(Statement("SELECT 7"))
    assert late.value.code == "events_slow"
    assert len(front.seen("SELECT 7")) == 1
    slow.close()


def test_a_wrong_password_is_said_so(front: Front) -> None:
    front.password = "right"
    with pytest.raises(Error) as wrong:
        Events.open(f"{front.url.replace('//', '//me:wrong@')}/x")
    assert wrong.value.code == "events_login"
    assert "wrong" not in str(wrong.value.message)
    good = Events(f"{front.url.replace('//', '//me:right@')}/default")
    good.ping()
    good.close()


def test_failures_of_the_engine_have_the_same_words_in_both_forms(server: Events, events: Events) -> None:
    cases = {
        "SELECT 1 FROM nothing_here": "unknown_table",
        "SELECT nonsense(": "events_query_failed",
        "SELECT no_such_column FROM people": "events_query_failed",
        "SELECT count() FROM numbers(1e9) SETTINGS max_rows_to_read = 10": "query_too_heavy",
        "SELECT groupArray(number) FROM numbers(1e7) SETTINGS max_memory_usage = 1000000": "query_too_heavy",
    }
    for text, code in cases.items():
        for store in (server, events):
            with pytest.raises(Error) as failed:
                store.query(Statement(text))
            assert failed.value.code == code, text


def test_many_threads_share_the_server(server: Events) -> None:
    failures: list[BaseException] = []

    def work(k: int) -> None:
        try:
            for round_ in range(3):
                server.insert("people", people(k * 100 + round_), token=f"{k}-{round_}")
                server.count(PEOPLE)
        except Exception as exc:
            failures.append(exc)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert server.count(PEOPLE) == 24


def test_opening_again_changes_nothing_and_a_closed_store_says_so(server: Events, front: Front) -> None:
    server.insert("people", people(5))
    database = front.seen("INSERT")[0].own["database"]
    again = Events.open(f"{front.url}/{database}")
    assert again.count(PEOPLE) == 1
    again.close()
    again.close()
    with pytest.raises(Error) as closed:
        again.ping()
    assert closed.value.code == "events_closed"
