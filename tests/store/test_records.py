"""The records store: transactions, bulk loads, locks across processes, and a database that goes away."""

import os
import signal
import threading
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql as pg

from ninefold.base import Error, Kind
from ninefold.store import EmbeddedPostgres, Records, copy_rows
from tests.support.processes import Child, Outlet, call

things = sa.Table(
    "order",  # a reserved word, as a name may be
    sa.MetaData(),
    sa.Column("user", sa.Text),
    sa.Column("Some Name", sa.Integer),
    sa.Column("document", pg.JSONB),
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.Column("amount", sa.Numeric),
    sa.Column("raw", sa.LargeBinary),
    sa.Column("tags", pg.ARRAY(sa.Text)),
)
COLUMNS = ("user", "Some Name", "document", "at", "amount", "raw", "tags")


@pytest.fixture
def table(records: Records) -> sa.Table:
    things.metadata.create_all(records.engine)
    return things


def rows_of(records: Records) -> list[tuple[object, ...]]:
    with records.begin() as conn:
        return [tuple(row) for row in conn.execute(sa.select(things).order_by(things.c["Some Name"]))]


def test_rows_arrive_as_they_were_whatever_they_hold(records: Records, table: sa.Table) -> None:
    at = datetime(2026, 6, 1, 8, 30, 0, 123456, tzinfo=UTC)
    rows: list[tuple[object, ...]] = [
        ("tab\tnew\nline \\N \\. back\\slash", 1, {"a": [1, None, "你好"], "q": "\"'"}, at, Decimal("1.10"),
         b"\0\xff\\x", ["a,b", '"', None]),
        (None, 2, None, None, None, None, None),
        ("🎉 é 客户", 3, [], at, Decimal("-0.000001"), b"", []),
        ("", 4, "text", at, Decimal("12345678901234567890.123"), b"\n", ["NULL", "{}", "\\"]),
        ("\\N", 5, 0, at, Decimal(0), b"\t", ["你好"]),
    ]  # fmt: skip
    with records.begin() as conn:
        copy_rows(conn, table, COLUMNS, rows)
    assert rows_of(records) == rows


@given(texts=st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0")))))
def test_any_text_survives_a_bulk_load(records: Records, table: sa.Table, texts: list[str | None]) -> None:
    with records.begin() as conn:
        conn.execute(sa.delete(things))
        copy_rows(conn, table, ("user", "Some Name", "document"), [(text, n, text) for n, text in enumerate(texts)])
    assert [(row[0], row[2]) for row in rows_of(records)] == [(text, text) for text in texts]


def test_a_bulk_load_belongs_to_its_transaction(records: Records, table: sa.Table) -> None:
    def load_and_fail() -> None:
        with records.begin() as conn:
            copy_rows(conn, table, ("Some Name",), [(n,) for n in range(1000)])
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        load_and_fail()
    assert rows_of(records) == []


def test_a_bulk_load_that_fails_leaves_nothing(records: Records, table: sa.Table) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation), records.begin() as conn:
        copy_rows(conn, table, ("Some Name",), [(1,), ("no number",)])
    assert rows_of(records) == []


def test_a_temporary_table_can_be_loaded(records: Records) -> None:
    scratch = sa.Table("scratch", sa.MetaData(), sa.Column("n", sa.Integer), prefixes=["TEMPORARY"])
    with records.begin() as conn:
        scratch.create(conn)
        copy_rows(conn, scratch, ("n",), ((n,) for n in range(10_000)))
        assert conn.scalar(sa.select(sa.func.sum(scratch.c.n))) == sum(range(10_000))


def test_a_block_commits_at_its_end_or_not_at_all(records: Records, table: sa.Table) -> None:
    def write(text: str, number: int) -> None:
        with records.begin() as conn:
            conn.execute(sa.insert(things), {"user": text, "Some Name": number})
            if number == 2:
                raise RuntimeError

    write("kept", 1)
    with pytest.raises(RuntimeError):
        write("lost", 2)
    assert [row[0] for row in rows_of(records)] == ["kept"]


def test_sessions_live_in_utc(records: Records) -> None:
    with records.begin() as conn:
        assert conn.scalar(sa.text("SHOW TimeZone")) == "UTC"


def hold(outlet: Outlet, url: str, name: str) -> bool:
    records = Records(url)
    with records.hold(name) as held:
        outlet.say(held)
        outlet.wait()
    records.close()
    return held


def test_a_named_lock_is_held_by_one_process_and_goes_when_it_dies(records: Records, records_url: str) -> None:
    other = Child(hold, records_url, "refresh/segment")
    assert other.receive() is True
    with records.hold("refresh/segment") as held, records.hold("refresh/tag") as free:
        assert not held
        assert free
    other.kill()
    for _ in range(200):
        with records.hold("refresh/segment") as held:
            if held:
                break
    assert held
    with records.hold("refresh/segment") as held:
        assert held, "it was given back"


def test_a_lock_is_given_back_when_the_block_fails(records: Records) -> None:
    with pytest.raises(RuntimeError), records.hold("x"):
        raise RuntimeError
    with records.hold("x") as held:
        assert held


def break_connections(records: Records) -> None:
    with psycopg.connect(records.url.replace("+psycopg", ""), autocommit=True) as conn:
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                     "WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip


def test_a_lost_connection_is_unavailable_and_the_next_block_works(records: Records, table: sa.Table) -> None:
    def write_while_it_breaks() -> None:
        with records.begin() as conn:
            conn.execute(sa.insert(things), {"user": "lost", "Some Name": 1})
            break_connections(records)
            conn.execute(sa.insert(things), {"user": "lost too", "Some Name": 2})

    with pytest.raises(Error) as lost:
        write_while_it_breaks()
    assert lost.value.kind is Kind.UNAVAILABLE
    assert lost.value.code == "records_lost"
    assert lost.value.retryable
    assert rows_of(records) == []


def test_idle_connections_that_were_cut_are_replaced_unseen(records: Records, table: sa.Table) -> None:
    assert rows_of(records) == []
    break_connections(records)
    assert rows_of(records) == []


def test_a_lock_whose_connection_is_lost_raises_nothing_more(records: Records) -> None:
    with records.hold("x") as held:
        assert held
        break_connections(records)


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    for url in (f"postgresql://postgres@/x?host={tmp_path}", "postgres://me:secret@127.0.0.1:9/x"):
        with pytest.raises(Error) as away:
            Records.open(url)
        assert away.value.kind is Kind.UNAVAILABLE
        assert "secret" not in str(away.value)
        records = Records(url)
        with pytest.raises(Error, match="cannot be reached"), records.begin():
            pass
        with pytest.raises(Error, match="does not answer"):
            records.ping()
        records.close()


@pytest.mark.parametrize(
    "url", ["", "nothing", "mysql://me:secret@host/db", "sqlite:///file", "postgresql://host:port/db"]
)
def test_an_address_of_another_form_is_refused_in_words(url: str) -> None:
    with pytest.raises(Error) as wrong:
        Records(url)
    assert wrong.value.field == "records_url"
    assert "postgresql://" in wrong.value.allowed
    assert "secret" not in str(wrong.value)


def test_a_deadlock_is_an_error_that_asks_to_try_again(records: Records, table: sa.Table) -> None:
    with records.begin() as conn:
        copy_rows(conn, table, ("Some Name",), [(1,), (2,)])
    together = threading.Barrier(2, timeout=20)
    errors: list[Error] = []

    def change(*numbers: int) -> None:
        try:
            with records.begin() as conn:
                for number in numbers:
                    conn.execute(sa.update(things).where(things.c["Some Name"] == number).values(user="x"))
                    if number == numbers[0]:
                        together.wait()
        except Error as error:
            errors.append(error)

    threads = [threading.Thread(target=change, args=order) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [error.code for error in errors] == ["records_contention"]
    assert errors[0].retryable


def migrate_at_once(outlet: Outlet, url: str) -> str:
    outlet.say("ready")
    outlet.wait()
    records = Records.open(url)
    with records.begin() as conn:
        version = conn.scalar(sa.text("SELECT max(version_num) FROM alembic_version"))
    records.close()
    return str(version)


def test_processes_that_start_at_once_migrate_one_after_the_other(postgres: EmbeddedPostgres) -> None:
    url = postgres.ensure_database(f"m_{uuid.uuid4().hex[:8]}")
    children = [Child(migrate_at_once, url) for _ in range(2)]
    for child in children:
        child.receive()
    for child in children:
        child.send()
    versions = {child.receive() for child in children}
    for child in children:
        child.close()
    assert len(versions) == 1


def test_a_database_of_a_newer_release_is_left_alone(postgres: EmbeddedPostgres) -> None:
    url = postgres.ensure_database(f"m_{uuid.uuid4().hex[:8]}")
    Records.open(url).close()
    with psycopg.connect(url) as conn:
        conn.execute("DELETE FROM alembic_version")
        conn.execute("INSERT INTO alembic_version VALUES ('from_the_future')")
    with pytest.raises(Error) as newer:
        Records.open(url)
    assert newer.value.code == "newer_schema"


def commit_for_ever(outlet: Outlet, data: Path) -> None:
    server = EmbeddedPostgres(data / "records")
    records = Records(server.url)
    with records.begin() as conn:
        conn.execute(sa.text("CREATE TABLE IF NOT EXISTS committed (n int)"))
    outlet.say(server.pid)
    for number in range(10_000):
        with records.begin() as conn:
            conn.execute(sa.text("INSERT INTO committed VALUES (:n)"), {"n": number})
        outlet.say(number)


def read_back(outlet: Outlet, data: Path) -> list[int]:
    server = EmbeddedPostgres(data / "records")
    with psycopg.connect(server.url) as conn:
        found = [row[0] for row in conn.execute("SELECT n FROM committed ORDER BY n")]
    server.stop()
    return found


@pytest.mark.crash
def test_what_was_committed_outlives_process_and_server(folder: Path, tmp_path: Path) -> None:
    child = Child(commit_for_ever, tmp_path)
    server = child.receive()
    last = [child.receive() for _ in range(20)][-1]
    os.kill(server, signal.SIGKILL)
    child.kill()
    found = call(read_back, tmp_path)
    assert found == list(range(len(found)))
    assert len(found) > last


@pytest.mark.parametrize("value", ["a\x00b", 2**40])
def test_a_value_that_no_column_holds_is_wrong_input(records: Records, value: object) -> None:
    column = (
        sa.literal(value, sa.Text) if isinstance(value, str) else sa.cast(sa.literal(value, sa.BigInteger), sa.Integer)
    )
    with pytest.raises(Error) as refused, records.begin() as conn:
        conn.execute(sa.select(column))
    assert (refused.value.kind, refused.value.code) == (Kind.INVALID, "unstorable_value")
