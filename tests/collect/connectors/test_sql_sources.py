"""SQL sources: read on from a cursor, in pages, without loss or repetition, in a session that cannot write."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.collecting import stored

from ninefold.base import Error, FixedClock
from ninefold.collect.connectors import Connectors
from ninefold.collect.connectors.pulls.sql import packed, set_back, unpacked
from ninefold.store import Records

from .conftest import Save

Write = Callable[[str], None]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, member TEXT, at TEXT, paid NUMERIC, changed TEXT)")
    return path


def fill(path: Path, first: int, count: int, *, changed: str = "2026-05-02 00:00:00") -> None:
    with sqlite3.connect(path) as conn:
        conn.executemany(
            "INSERT OR REPLACE INTO orders VALUES (?, ?, '2026-05-01 10:00:00', ?, ?)",
            [(i, f"M{i}", i + 0.5, changed) for i in range(first, first + count)],
        )


def source(path: Path, **sql: object) -> dict[str, object]:
    return {"key": "shop", "type": "sql", "mapping": "sql_orders", "sql": {"url": f"sqlite:///{path}", **sql}}


def test_rows_come_in_pages_and_later_runs_go_on(
    connectors: Connectors, save: Save, sql_orders: None, shop: Path, records: Records
) -> None:
    fill(shop, 1, 25)
    save(source(shop, table="orders", cursor="id", chunk_rows=10))
    assert connectors.run("shop").counts.accepted == 25
    fill(shop, 26, 4)
    assert connectors.run("shop").counts.rows == 4
    assert connectors.run("shop").counts.rows == 0
    assert sorted(int(event.order_id) for event in stored(records)) == list(range(1, 30))
    status = connectors.get("shop")
    assert status.cursor["high"] == ["plain", 29]
    assert status.newest == datetime(2026, 5, 1, 10, tzinfo=UTC)


def test_a_time_cursor_takes_rows_that_were_committed_late_by_its_overlap(
    connectors: Connectors, save: Save, sql_orders: None, shop: Path, records: Records
) -> None:
    fill(shop, 1, 5, changed="2026-05-02 00:10:00")
    save(source(shop, table="orders", cursor="changed", key=["id"], overlap="5m", chunk_rows=2))
    connectors.run("shop")
    fill(shop, 6, 1, changed="2026-05-02 00:07:00")  # committed after the run, with a time before its end
    fill(shop, 7, 1, changed="2026-05-02 00:11:00")
    run = connectors.run("shop")
    assert (run.counts.rows, run.counts.accepted + run.counts.duplicates) == (7, 7)
    assert sorted(int(event.order_id) for event in stored(records)) == list(range(1, 8))
    run = connectors.run("shop")
    assert (run.counts.accepted, run.counts.duplicates) == (0, run.counts.rows), "known by now"


def test_a_changed_row_is_another_one_where_the_mapping_names_no_message(
    connectors: Connectors, save: Save, sql_orders: None, shop: Path, records: Records
) -> None:
    fill(shop, 1, 2, changed="2026-05-02 00:00:00")
    save({**source(shop, table="orders", cursor="changed", key="id"), "mapping": "sql_rows"})
    connectors.run("shop")
    fill(shop, 1, 1, changed="2026-05-03 00:00:00")
    connectors.run("shop")
    ids = [event.message_id for event in stored(records)]
    assert len(ids) == len(set(ids)) == 3


def test_a_query_is_read_and_writing_is_impossible(
    connectors: Connectors, save: Save, sql_orders: None, shop: Path, records: Records
) -> None:
    fill(shop, 1, 6)
    query = "SELECT o.*, '12:30' AS slot FROM orders o WHERE o.id % 2 = 0 -- even ones\n"
    save(source(shop, query=query, cursor="id"))
    assert len(connectors.test("shop").events) == 3
    assert connectors.run("shop").counts.accepted == 3
    save(source(shop, query="WITH gone AS (SELECT 1 AS id) SELECT * FROM gone, nowhere", cursor="id"))
    with pytest.raises(Error, match="reads other rows"):
        connectors.run("shop")
    connectors.reset("shop", confirmed=True)
    with pytest.raises(Error, match="nowhere"):
        connectors.run("shop")
    with sqlite3.connect(shop) as conn:
        assert conn.execute("SELECT count(*) FROM orders").fetchone() == (6,)


def test_a_backfill_reads_a_part_again_beside_the_cursor(
    connectors: Connectors, save: Save, sql_orders: None, shop: Path, records: Records
) -> None:
    fill(shop, 1, 30)
    save(source(shop, table="orders", cursor="id", chunk_rows=7))
    connectors.run("shop")
    assert len(stored(records)) == 30
    before = connectors.get("shop").cursor
    queued = connectors.backfill("shop", "10", "20")
    run = connectors.run("shop")
    assert run.id == queued.id
    assert (run.counts.rows, run.counts.duplicates, run.trigger) == (10, 10, "backfill")
    assert connectors.get("shop").cursor == before
    with pytest.raises(Error, match="needs an end"):
        connectors.backfill("shop", "", "")


def test_a_database_server_by_a_named_password(
    connectors: Connectors, save: Save, sql_orders: None, records: Records, records_url: str
) -> None:
    with psycopg.connect(records_url, autocommit=True) as conn:
        conn.execute("CREATE SCHEMA shop")
        conn.execute("CREATE TABLE shop.orders (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, member text,"
                     " at timestamptz, paid numeric, changed timestamptz)")  # fmt: skip
        conn.execute("INSERT INTO shop.orders (member, at, paid, changed) SELECT 'M' || i, '2026-05-01 10:00+08',"
                     " i + 0.25, timestamptz '2026-05-02' + (i / 3) * interval '1 s'"
                     " FROM generate_series(1, 40) i")  # fmt: skip
    url = records_url.replace("postgresql+psycopg", "postgresql")
    save({"key": "shop", "type": "sql", "mapping": "sql_orders",
          "sql": {"url": url, "table": "shop.orders", "cursor": "changed", "key": "id", "chunk_rows": 7}})  # fmt: skip
    assert connectors.run("shop").counts.accepted == 40
    events = stored(records)
    assert sum(event.revenue_minor for event in events) == sum(i * 100 + 25 for i in range(1, 41))
    assert {event.ts for event in events} == {int(datetime(2026, 5, 1, 2, tzinfo=UTC).timestamp() * 1000)}
    assert connectors.run("shop").counts.accepted == 0
    with psycopg.connect(records_url, autocommit=True) as conn:
        conn.execute("CREATE FUNCTION sneak() RETURNS int LANGUAGE sql AS 'DELETE FROM shop.orders RETURNING 1'")
    save({"key": "sneak", "type": "sql", "mapping": "sql_orders",
          "sql": {"url": url, "query": "SELECT sneak() AS id"}})  # fmt: skip
    with pytest.raises(Error, match="read-only"):
        connectors.run("sneak")


def test_an_interrupted_run_goes_on_at_its_row(
    connectors: Connectors, save: Save, sql_orders: None, shop: Path, records: Records, clock: FixedClock
) -> None:
    fill(shop, 1, 20)
    with sqlite3.connect(shop) as conn:
        conn.execute("UPDATE orders SET paid = 'free' WHERE id = 15")
    save(source(shop, table="orders", cursor="id", chunk_rows=5))
    connectors.house.stop.set()
    assert connectors.run("shop").state == "running"
    connectors.house.stop.clear()
    run = connectors.run("shop")
    assert (run.counts.rows, run.counts.rejected, run.state) == (20, 1, "done")
    assert len(connectors.runs("shop")) == 1, "the interrupted run was carried on"


def test_wrong_documents_are_refused_by_name(connectors: Connectors, save: Save, sql_orders: None) -> None:
    for sql, code in (
        ({"url": "postgresql://me:pw@host/db", "table": "t"}, "secret_in_document"),
        ({"url": "sqlite:///x", "table": "t", "password": "pw"}, "secret_in_document"),
        ({"url": "sqlite:///x"}, "bad_table"),
        ({"url": "sqlite:///x", "query": "DROP TABLE t"}, "bad_query"),
        ({"url": "sqlite:///x", "table": "t", "overlap": "5m"}, "bad_overlap"),
        ({"url": "sqlite:///x", "table": "t", "curser": "id"}, "unknown_field"),
    ):
        with pytest.raises(Error) as found:
            save({"key": "shop", "type": "sql", "sql": sql})
        assert found.value.code == code
        assert "pw" not in str(found.value)
    save({"key": "shop", "type": "sql", "sql": {"url": "nosuch://host/db", "table": "t"}})
    with pytest.raises(Error, match="wrong, or its driver"):
        connectors.run("shop")


CURSORS = (
    st.integers(-(2**62), 2**62)
    | st.text(max_size=20)
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.dates()
    | st.decimals(allow_nan=False, allow_infinity=False)
)


@given(CURSORS)
def test_a_cursor_value_survives_its_packing(value: object) -> None:
    assert unpacked(packed(value)) == value


@pytest.mark.parametrize(
    ("value", "by", "expected"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), 60.0, datetime(2025, 12, 31, 23, 59, tzinfo=UTC)),
        (date(2026, 1, 2), 3600.0, date(2026, 1, 1)),
        (100, 30.0, 70),
        (Decimal("5.5"), 1.0, Decimal("4.5")),
        ("2026-01-01T00:00:10.000000", 10.0, "2026-01-01T00:00:00.000000"),
        ("not a time", 10.0, "not a time"),
        (7, 0.0, 7),
    ],
)
def test_cursors_are_set_back_in_their_own_form(value: object, by: float, expected: object) -> None:
    assert set_back(value, by) == expected
    _ = timedelta(seconds=by)
