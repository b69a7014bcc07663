"""Imports on a real database: to the end, through crashes, twice, cancelled, with bad rows."""

import csv
import io
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Error, FixedClock, Kind
from ninefold.collect.event import Event, decode_events
from ninefold.collect.imports import ImportRun, Imports, ImportSettings, RunState, csv_lines, parse_mapping
from ninefold.collect.imports import service as service_module
from ninefold.collect.imports.model import Rejected
from ninefold.collect.imports.service import KIND
from ninefold.collect.imports.tables import import_errors, import_runs
from ninefold.collect.inbox import append
from ninefold.collect.model import Rejection
from ninefold.collect.tables import inbox, quarantine
from ninefold.store import Records, put_definition

ORDERS: dict[str, object] = {
    "key": "orders",
    "event": "Order Completed",
    "identifiers": [{"namespace": "phone", "column": "手机号"}],
    "time": "下单时间",
    "amount": {"column": "实付金额", "currency": "CNY"},
    "order_id": "订单号",
}


@pytest.fixture
def imports(records: Records, clock: FixedClock) -> Imports:
    put(records, clock, ORDERS)
    return Imports(records, clock, ImportSettings(zone="Asia/Shanghai", chunk_rows=10))


def put(records: Records, clock: FixedClock, document: dict[str, object]) -> None:
    with records.begin() as conn:
        put_definition(conn, KIND, str(document["key"]), document, now=clock.now())


def orders(path: Path, rows: int, *, bad: tuple[int, ...] = ()) -> Path:
    lines = ["订单号,手机号,实付金额,下单时间"]
    for i in range(rows):
        amount = "viel" if i in bad else f"{i}.50"
        lines.append(f"A{i:05d},138{i:08d},{amount},2026-05-{i % 28 + 1:02d} 10:00:00")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def in_inbox(records: Records) -> list[Event]:
    with records.begin() as conn:
        return [
            event
            for payload in conn.scalars(sa.select(inbox.c.payload).order_by(inbox.c.id))
            for event in decode_events(payload)
        ]


def held(records: Records) -> list[sa.Row[tuple[object, ...]]]:
    with records.begin() as conn:
        return list(conn.execute(sa.select(quarantine).order_by(quarantine.c.id)))


def test_a_file_becomes_events(imports: Imports, records: Records, tmp_path: Path) -> None:
    seen: list[int] = []
    queued = imports.start(orders(tmp_path / "a.csv", 35, bad=(3, 33)), "orders")
    assert (queued.state, queued.rows_total, queued.share_done) == (RunState.QUEUED, 35, 0.0)
    run = imports.run(queued.id, progress=lambda run: seen.append(run.rows_done))
    assert (run.state, run.rows_done, run.events, run.rejected, run.skipped) == (RunState.DONE, 35, 33, 2, 0)
    assert (run.share_done, run.rows_total, run.error) == (1.0, 35, "")
    assert seen == [10, 20, 30, 35]
    events = in_inbox(records)
    assert [event.order_id for event in events] == [f"A{i:05d}" for i in range(35) if i not in {3, 33}]
    assert (events[0].revenue_minor, events[0].source, events[0].name) == (50, "orders", "Order Completed")
    with records.begin() as conn:
        assert conn.scalars(sa.select(inbox.c.event_count).order_by(inbox.c.id)).all() == [9, 10, 10, 4]


def test_bad_rows_are_in_quarantine_and_in_the_report(imports: Imports, records: Records, tmp_path: Path) -> None:
    run = imports.run(imports.start(orders(tmp_path / "a.csv", 12, bad=(1, 11)), "orders").id)
    assert [(row.reason_code, row.field, row.kind, row.source) for row in held(records)] == [
        ("bad_amount", "实付金额", "import", "orders"),
        ("bad_amount", "实付金额", "import", "orders"),
    ]
    assert held(records)[0].raw.decode() == "A00001,13800000001,viel,2026-05-02 10:00:00"
    report = list(csv.DictReader(io.StringIO("".join(csv_lines(imports.errors(run.id))).removeprefix("\ufeff"))))
    assert [(row["row"], row["got"], row["raw"][:6]) for row in report] == [
        ("3", "viel", "A00001"),
        ("13", "viel", "A00011"),
    ]
    assert imports.faults(run.id) == (("bad_amount", "实付金额", 2),)


class Crash(BaseException):
    """The process dies here."""


def test_a_crash_anywhere_loses_and_doubles_nothing(
    imports: Imports, records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = dies_at = 0
    real_append, real_aside = append, Imports._put_aside

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == dies_at:
            raise Crash

    def dying_append(conn: Connection, events: list[Event], *, source: str, kind: str, now: datetime) -> int:
        result = real_append(conn, events, source=source, kind=kind, now=now)
        step()
        return result

    def dying_aside(
        self: Imports, conn: Connection, run: ImportRun, source: str, entries: list[Rejection], aside: list[Rejected]
    ) -> None:
        real_aside(self, conn, run, source, entries, aside)
        step()

    monkeypatch.setattr(service_module, "append", dying_append)
    monkeypatch.setattr(Imports, "_put_aside", dying_aside)
    path = orders(tmp_path / "a.csv", 35, bad=(3, 14, 15, 34))
    for dies_at in range(8):
        steps = 0
        with records.begin() as conn:
            for table in (import_errors, import_runs, inbox, quarantine):
                conn.execute(sa.delete(table))
        run = imports.start(path, "orders")
        if dies_at:
            with pytest.raises(Crash):
                imports.run(run.id)
            assert imports.unfinished() == (run.id,)
            assert imports.get(run.id).state is RunState.RUNNING
        done = imports.run(run.id)
        assert (done.state, done.rows_done, done.events, done.rejected) == (RunState.DONE, 35, 31, 4)
        assert Counter(event.order_id for event in in_inbox(records)) == {
            f"A{i:05d}": 1 for i in range(35) if i not in {3, 14, 15, 34}
        }
        assert [row.message_id.rpartition(":")[2] for row in held(records)] == ["5", "16", "17", "36"]
        assert imports.unfinished() == ()


def test_a_crash_in_progress_reporting_resumes_behind_the_commit(
    imports: Imports, records: Records, tmp_path: Path
) -> None:
    run = imports.start(orders(tmp_path / "a.csv", 25), "orders")

    def die(_: object) -> None:
        raise Crash

    for _ in range(3):
        with pytest.raises(Crash):
            imports.run(run.id, progress=die)
    assert imports.run(run.id).state is RunState.DONE
    assert len(in_inbox(records)) == 25


def test_the_same_file_again_is_not_read_again(
    imports: Imports, records: Records, clock: FixedClock, tmp_path: Path
) -> None:
    path = orders(tmp_path / "a.csv", 15, bad=(4,))
    imports.run(imports.start(path, "orders").id)
    clock.advance(timedelta(days=300))
    again = imports.run(imports.start(path.rename(tmp_path / "b.csv"), "orders").id)
    assert (again.state, again.rows_done, again.skipped, again.events) == (RunState.DONE, 15, 15, 0)
    assert len(in_inbox(records)) == 14


def test_under_another_version_rows_keep_their_message_ids(
    imports: Imports, records: Records, clock: FixedClock, tmp_path: Path
) -> None:
    path = orders(tmp_path / "a.csv", 15, bad=(4,))
    imports.run(imports.start(path, "orders").id)
    put(records, clock, {**ORDERS, "name": "Orders"})
    again = imports.run(imports.start(path, "orders").id)
    assert (again.mapping_version, again.events, again.rejected) == (2, 14, 1)
    ids = Counter(event.message_id for event in in_inbox(records))
    assert len(ids) == 14
    assert set(ids.values()) == {2}  # the pipeline keeps the first
    assert len(held(records)) == 1  # and quarantine has one entry


def test_a_better_mapping_takes_the_bad_rows_out_of_quarantine(
    imports: Imports, records: Records, clock: FixedClock, tmp_path: Path
) -> None:
    path = orders(tmp_path / "a.csv", 5, bad=(2,))
    imports.run(imports.start(path, "orders").id)
    put(records, clock, {**ORDERS, "amount": None})
    run = imports.run(imports.start(path, "orders").id)
    assert (run.mapping_version, run.events, run.rejected) == (2, 5, 0)
    assert [row.replayed_at is not None for row in held(records)] == [True]


def test_cancelled_and_carried_on(imports: Imports, records: Records, tmp_path: Path) -> None:
    run = imports.start(orders(tmp_path / "a.csv", 35), "orders")

    def stop(run: ImportRun) -> None:
        if run.rows_done == 20:
            imports.cancel(run.id)

    stopped = imports.run(run.id, progress=stop)
    assert (stopped.state, stopped.rows_done) == (RunState.CANCELLED, 20)
    assert imports.run(run.id).events == 35
    assert len(in_inbox(records)) == 35
    assert imports.cancel(run.id).state is RunState.DONE


def test_a_done_run_stays_done(imports: Imports, records: Records, tmp_path: Path) -> None:
    run = imports.run(imports.start(orders(tmp_path / "a.csv", 5), "orders").id)
    assert imports.run(run.id) == run
    assert len(in_inbox(records)) == 5
    assert imports.latest()[0] == run


def test_two_at_once_are_told_apart(imports: Imports, tmp_path: Path) -> None:
    run = imports.start(orders(tmp_path / "a.csv", 25), "orders")

    def again(_: object) -> None:
        with pytest.raises(Error, match="running already") as caught:
            imports.run(run.id)
        assert caught.value.kind is Kind.CONFLICT

    assert imports.run(run.id, progress=again).events == 25


def test_a_file_that_changed_is_not_carried_on(imports: Imports, tmp_path: Path) -> None:
    path = orders(tmp_path / "a.csv", 15)
    run = imports.start(path, "orders")
    orders(path, 16)
    with pytest.raises(Error, match="not the file"):
        imports.run(run.id)
    failed = imports.get(run.id)
    assert (failed.state, "not the file" in failed.error) == (RunState.FAILED, True)
    path.unlink()
    with pytest.raises(Error, match="no such file"):
        imports.run(run.id)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("gone.csv", None, "no_file"), ("empty.csv", "", "empty_file"), ("other.csv", "a,b\n1,2\n", "unknown_column")],
)
def test_a_wrong_file_is_refused_at_once(
    imports: Imports, tmp_path: Path, name: str, content: str | None, code: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(Error) as caught:
        imports.start(tmp_path / name, "orders")
    assert caught.value.code == code


def test_an_unknown_mapping_names_the_nearest(imports: Imports, tmp_path: Path) -> None:
    with pytest.raises(Error, match="orders"):
        imports.start(orders(tmp_path / "a.csv", 1), "order")
    with pytest.raises(Error, match="no import 7"):
        imports.run(7)


def test_a_header_alone_is_an_empty_import(imports: Imports, records: Records, tmp_path: Path) -> None:
    run = imports.run(imports.start(orders(tmp_path / "a.csv", 0), "orders").id)
    assert (run.state, run.rows_done, run.events) == (RunState.DONE, 0, 0)
    assert in_inbox(records) == []


def test_rows_without_a_time_carry_the_start_of_the_run(
    imports: Imports, records: Records, clock: FixedClock, tmp_path: Path
) -> None:
    put(
        records,
        clock,
        {"key": "people", "identifiers": [{"namespace": "phone", "column": "手机号"}], "traits": {"no": "订单号"}},
    )
    run = imports.start(orders(tmp_path / "a.csv", 15), "people")

    def die(_: object) -> None:
        raise Crash

    with pytest.raises(Crash):
        imports.run(run.id, progress=die)
    clock.advance(timedelta(days=1))
    imports.run(run.id)
    events = in_inbox(records)
    assert len({event.ts for event in events}) == 1
    assert {event.name for event in events} == {"$identify"}
    assert events[3].traits == {"no": "A00003"}


def test_dry_run_stores_nothing(imports: Imports, records: Records, tmp_path: Path) -> None:
    path = orders(tmp_path / "a.csv", 25, bad=(2,))

    def check(_: str, value: str) -> str:
        return "odd" if value.endswith("7") else ""

    found = imports.try_out(path, parse_mapping(ORDERS), rows=10, check=check)
    assert (found.rows_read, found.events, found.rejected, found.rows_total) == (10, 9, 1, 25)
    assert found.faults == (("bad_amount", "实付金额", 1),)
    assert (found.problems[0].row, found.problems[0].got) == (4, "viel")
    assert [(p.row, p.column) for p in found.doubtful] == [(9, "phone")]
    assert in_inbox(records) == held(records) == []
