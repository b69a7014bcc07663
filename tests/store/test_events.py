"""The events store: exactly-once inserts, parameters, both forms of the schema."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest

from ninefold.base import Error, Kind
from ninefold.store import TABLES, Events, Statement, Table


def people(*ids: int) -> pa.Table:
    when = [datetime(2026, 1, 1, tzinfo=UTC)] * len(ids)
    return pa.table({"oneid": pa.array(ids, pa.uint32()), "first_seen": pa.array(when, pa.timestamp("ms", "UTC"))})


def test_the_same_token_counts_once(events: Events) -> None:
    rows = pa.table(
        {
            "tag": ["rfm"] * 3,
            "version": pa.array([1] * 3, pa.uint32()),
            "oneid": pa.array([1, 2, 3], pa.uint32()),
            "value": ["a", "b", "c"],
        }
    )
    for _ in range(3):
        events.insert("tags", rows, token="batch-1")
    assert events.count(Statement("SELECT count() FROM tags")) == 3
    events.insert("tags", rows, token="batch-2")
    assert events.count(Statement("SELECT count() FROM tags")) == 6


def test_parameters_are_bound_and_never_read_as_sql(events: Events) -> None:
    hostile = "'; DROP TABLE people; -- {x:String} \\ \n 你好"
    assert events.scalar(Statement("SELECT {v:String}", {"v": hostile})) == hostile
    ids = list(range(50_000))
    assert events.count(Statement("SELECT length({ids:Array(UInt32)})", {"ids": ids})) == 50_000


def test_a_missing_table_and_a_wrong_query_are_errors_with_words(events: Events) -> None:
    with pytest.raises(Error) as missing:
        events.query(Statement("SELECT 1 FROM nothing_here"))
    assert missing.value.kind is Kind.MISSING
    with pytest.raises(Error) as wrong:
        events.query(Statement("SELECT nonsense("))
    assert wrong.value.kind is Kind.DEFECT


def test_many_threads_share_the_store(events: Events) -> None:
    seen: list[int] = []

    def work(k: int) -> None:
        events.insert("people", people(*range(k * 100, k * 100 + 100)), token=f"t{k}")
        seen.append(events.count(Statement("SELECT count() FROM people")))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6
    assert events.count(Statement("SELECT uniqExact(oneid) FROM people")) == 600


def test_opening_twice_changes_nothing(events: Events, events_url: str) -> None:
    events.insert("people", people(1))
    again = Events.open(events_url)
    assert again.count(Statement("SELECT count() FROM people")) == 1
    again.close()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_one_specification_gives_the_single_and_the_cluster_form(table: Table, events: Events) -> None:
    local, distributed = table.cluster("main")
    for ddl in (*table.single(), local, distributed):
        events.command(Statement(f"EXPLAIN AST {ddl}"))  # parsed by the engine itself
    assert f"Replicated{table.engine}(" in local
    assert f"ENGINE = Distributed(`main`, currentDatabase(), `{table.name}_local`, {table.shard_by})" in distributed
    assert local.count("CODEC") == table.single()[0].count("CODEC")


def test_an_address_of_an_unknown_form_is_refused() -> None:
    with pytest.raises(Error) as wrong:
        Events("mysql://somewhere")
    assert "chdb:///" in wrong.value.allowed


def test_arrow_types_survive(events: Events) -> None:
    table = events.query(Statement("SELECT toUInt32(number) AS n, toString(number) AS s FROM numbers(5)"))
    assert np.array_equal(table["n"].to_numpy(), np.arange(5))
    assert table["s"].to_pylist() == ["0", "1", "2", "3", "4"]


def test_the_rest_of_an_address_are_settings_of_the_engine(events_url: str) -> None:
    events = Events(f"{events_url}&max_threads=3&max_result_rows=5")
    events.make_database()
    assert events.count(Statement("SELECT getSetting('max_threads')")) == 3
    assert events.scalar(Statement("SELECT timezone()")) == "UTC"
    assert events.count(Statement("SELECT getSetting('max_memory_usage')")) > 100_000_000
    with pytest.raises(Error) as heavy:
        events.query(Statement("SELECT number FROM numbers(100)"))
    assert heavy.value.code == "query_too_heavy"
    events.close()


@pytest.mark.parametrize("kind", ["DateTime64(3)", "DateTime64(3, 'UTC')", "DateTime", "Array(DateTime64(3))"])
def test_times_are_bound_as_the_instants_they_are(events: Events, kind: str) -> None:
    at = datetime(2026, 6, 1, 16, 30, tzinfo=timezone(timedelta(hours=8)))
    value, question = ([at, at], "v[2]") if "Array" in kind else (at, "v")
    found = events.count(Statement(f"WITH {{v:{kind}}} AS v SELECT toUnixTimestamp({question})", {"v": value}))
    assert found == int(at.timestamp())
    with pytest.raises(Error) as naive:
        events.query(Statement(f"SELECT {{v:{kind}}}", {"v": at.replace(tzinfo=None)}))
    assert naive.value.code == "naive_time"


def test_a_batch_sent_again_and_again_counts_once(events: Events) -> None:
    def rows(batch: int, size: int) -> pa.Table:
        return pa.table(
            {"oneid": pa.array(range(size), pa.uint32()), "batch_id": pa.array([batch] * size, pa.uint64())}
        )

    for _ in range(3):
        events.insert_batch("events", rows(1, 10), batch_id=1)
        events.insert_batch("events", rows(2, 20), batch_id=2)
    events.insert_batch("events", rows(3, 0), batch_id=3)
    found = events.query(Statement("SELECT batch_id, count() AS n FROM events GROUP BY batch_id ORDER BY batch_id"))
    assert found.to_pylist() == [{"batch_id": 1, "n": 10}, {"batch_id": 2, "n": 20}]
    events.insert("events", rows(4, 5), token="half")  # a part of the batch that somehow got there
    events.insert_batch("events", rows(4, 8), batch_id=4)
    assert events.count(Statement("SELECT count() FROM events WHERE batch_id = 4")) == 8


def test_the_very_same_rows_without_a_token_are_other_rows(events: Events) -> None:
    for _ in range(3):
        events.insert("tags", pa.table({"tag": ["a"], "oneid": pa.array([1], pa.uint32())}))
    assert events.count(Statement("SELECT count() FROM tags")) == 3


@pytest.mark.parametrize("url", ["chdb://", "chdb://host/x", "chdb:///a%3Fb", "clickhouse://", "http:///x", "x", ""])
def test_addresses_that_cannot_be_are_refused(url: str) -> None:
    with pytest.raises(Error) as wrong:
        Events(url)
    assert wrong.value.field == "events_url"
