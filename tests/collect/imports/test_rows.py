"""Rows into events: every part of a mapping, and the balance of events, rejected and skipped rows."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.collect.event import Event, decode_events, encode_events
from ninefold.collect.imports import Context, parse_mapping
from ninefold.collect.imports.readers import open_table
from ninefold.collect.imports.rows import Mapped, map_chunk

RECEIVED = 1_780_000_000_000  # 2026-05-28
CONTEXT = Context(file_hash="0123456789abcdef0123456789abcdef", received=RECEIVED, zone="Asia/Shanghai")
PHONE = [{"namespace": "phone", "column": "phone"}]


def mapped(path: Path, content: str, **document: object) -> Mapped:
    path.write_text(content, encoding="utf-8")
    mapping = parse_mapping({"key": "m", "identifiers": PHONE, **document})
    (chunk,) = open_table(path, mapping.file).chunks()
    return map_chunk(mapping, chunk, CONTEXT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.csv"


def test_every_part(path: Path) -> None:
    content = (
        "phone,mail,at,clock,paid,cur,no,sku,n,city,vip,born,spent,kind,utm\n"
        "138,a@x.cn,2026-01-02,03:04:05,12.30,usd,A1,S1,2,上海,是,1990/5/6,7.5,buy,spring\n"
        "139,,2026-01-02,03:04:05,,,A2,S2,,,,,,ret,\n"
    )
    found = mapped(
        path,
        content,
        source="shop",
        channel="pos",
        event={"column": "kind", "values": {"buy": "Order Completed", "ret": "Order Returned"}},
        identifiers=[*PHONE, {"namespace": "email", "column": "mail"}],
        time={"column": ["at", "clock"]},
        amount={"column": "paid", "currency_column": "cur"},
        order_id="no",
        product_id="sku",
        quantity="n",
        campaign_id="utm",
        session_id={"constant": "s"},
        properties={
            "spent": {"column": "spent", "type": "number"},
            "brand": {"constant": "N"},
            "rank": {"constant": 3},
        },
        traits={
            "city": {"column": "city", "values": {"上海": "Shanghai"}},
            "vip": {"column": "vip", "type": "boolean"},
            "born": {"column": "born", "type": "date"},
        },
        message_id=["no", "sku"],
    )
    assert found.events == [
        Event(
            message_id="m:A1:S1",
            type="track",
            name="Order Completed",
            ts=1_767_294_245_000,
            received=RECEIVED,
            source="shop",
            channel="pos",
            identifiers=(("phone", "138"), ("email", "a@x.cn")),
            traits={"born": "1990-05-06", "city": "Shanghai", "vip": True},
            props={"brand": "N"},
            nums={"rank": 3.0, "spent": 7.5},
            session_id="s",
            order_id="A1",
            product_id="S1",
            campaign_id="spring",
            revenue_minor=1230,
            currency="USD",
            quantity=2.0,
        ),
        Event(
            message_id="m:A2:S2",
            type="track",
            name="Order Returned",
            ts=1_767_294_245_000,
            received=RECEIVED,
            source="shop",
            channel="pos",
            identifiers=(("phone", "139"),),
            props={"brand": "N"},
            nums={"rank": 3.0},
            session_id="s",
            order_id="A2",
            product_id="S2",
        ),
    ]
    assert decode_events(encode_events(found.events)) == found.events


def test_faults_name_row_column_and_what_is_allowed(path: Path) -> None:
    cells = [",2026-01-01,1", "138,soon,1", "138,,1", "138,2999-01-01,1", "138,1970-01-01,1", "138,2026-01-01,many"]
    content = "\n".join(["phone,at,n", *cells, "138,2026-01-01,1", ""])
    found = mapped(path, content, event="E", time="at", quantity="n")
    assert [(one.problem.row, one.problem.column, one.problem.code, one.problem.got) for one in found.rejected] == [
        (2, "", "no_identifier", ""),
        (3, "at", "bad_time", "soon"),
        (4, "at", "no_time", ""),
        (5, "at", "time_out_of_range", "2999-01-01"),
        (6, "at", "time_out_of_range", "1970-01-01"),
        (7, "n", "bad_number", "many"),
    ]
    assert [one.raw for one in found.rejected][1] == "138,soon,1"
    assert (found.rows.tolist(), found.skipped) == ([8], 0)
    assert all(one.problem.allowed for one in found.rejected)


def test_filters_skip_before_faults(path: Path) -> None:
    content = "phone,state,n\n138,open,x\n138,paid,1\n138,,2\n138,sent,3\n"
    rules = {"quantity": "n", "event": "E"}
    found = mapped(path, content, **rules, filters=[{"column": "state", "is": ["paid", "sent"]}])
    assert ([event.quantity for event in found.events], found.skipped, found.rejected) == ([1.0, 3.0], 2, ())
    found = mapped(
        path, content, **rules, filters=[{"column": "state", "is_not": "open"}, {"column": "state", "present": True}]
    )
    assert [event.quantity for event in found.events] == [1.0, 3.0]
    assert found.rows.tolist() == [3, 5]
    found = mapped(path, content, **rules, filters=[{"column": "state", "absent": True}])
    assert [event.quantity for event in found.events] == [2.0]
    assert mapped(path, content, **rules, filters=[{"column": "state", "is": ["no"]}]).skipped == 4


def test_masked_identifiers_name_nobody(path: Path) -> None:
    found = mapped(
        path,
        "phone,nick\n138****8000,a\n138****8001,\n",
        identifiers=[*PHONE, {"namespace": "taobao_id", "column": "nick"}],
    )
    assert [event.identifiers for event in found.events] == [(("taobao_id", "a"),)]
    assert (found.masked, [one.problem.code for one in found.rejected]) == (2, ["no_identifier"])


def test_cut_digits_are_refused_or_left_out(path: Path) -> None:
    content = "phone,no\n1.38001E+10,1\n138,1.23457E+17\n"
    assert [one.problem.code for one in mapped(path, content, order_id="no").rejected] == ["digits_lost"] * 2
    two = [{"namespace": "phone", "column": "phone", "drop_bad": True}, {"namespace": "member_no", "column": "no"}]
    assert [event.identifiers for event in mapped(path, content, identifiers=two).events] == [(("member_no", "1"),)]


def test_dropped_cells(path: Path) -> None:
    content = "phone,n\n138,x\n139,2\n"
    found = mapped(path, content, properties={"n": {"column": "n", "type": "number", "drop_bad": True}})
    assert [event.nums for event in found.events] == [{}, {"n": 2.0}]


def test_huge_cells_are_refused(path: Path) -> None:
    found = mapped(path, f"phone,text\n138,{'x' * 32_768}\n138,{'x' * 32_767}\n", properties={"text": "text"})
    assert [one.problem.code for one in found.rejected] == ["too_long"]
    assert len(found.rejected[0].problem.got) == 200


def test_message_ids_cannot_run_into_each_other(path: Path) -> None:
    content = 'phone,a,b\n1,"x:y",z\n1,x,"y:z"\n1,"x%3Ay",z\n1,,z\n1,z,\n1,' + "q" * 300 + ",z\n"
    found = mapped(path, content, message_id=["a", "b"])
    ids = [event.message_id for event in found.events]
    assert len(set(ids)) == 6
    assert max(map(len, ids)) <= 200
    assert [one.problem.code for one in mapped(path, "phone,a\n1,\n", message_id=["a"]).rejected] == ["no_message_id"]


def test_without_columns_a_row_is_named_by_file_and_place(path: Path) -> None:
    found = mapped(path, "phone\n138\n\n139\n")
    assert [event.message_id for event in found.events] == ["m:0123456789abcdef:2", "m:0123456789abcdef:4"]
    assert [event.ts for event in found.events] == [RECEIVED] * 2


def test_parquet_keeps_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "phone": pa.array([13800138000, None]),
            "n": pa.array([1.5, 2.0]),
            "ok": pa.array([True, None]),
            "at": pa.array([1_767_294_245_000, 1_767_294_245_000], pa.timestamp("ms")),
            "day": pa.array([20_000, None], pa.date32()),
            "tags": pa.array([["a"], None]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    names = ("n", "ok", "at", "day", "tags")
    mapping = parse_mapping(
        {
            "key": "m",
            "identifiers": PHONE,
            "properties": {n: n for n in names},
            "traits": {n: n for n in names},
            "time": "at",
        }
    )
    (chunk,) = open_table(tmp_path / "a.parquet", mapping.file).chunks()
    found = map_chunk(mapping, chunk, Context(file_hash="x", received=RECEIVED))
    assert found.events[0].props == {
        "ok": "true",
        "at": "2026-01-01T19:04:05.000Z",
        "day": "2024-10-04",
        "tags": '["a"]',
    }
    assert found.events[0].nums == {"n": 1.5}
    assert found.events[0].traits["ok"] is True
    assert found.events[0].identifiers == (("phone", "13800138000"),)
    assert [one.problem.row for one in found.rejected] == [2]


cell = st.text(alphabet='0123456789abé手.,:-/+E*%"\n ', max_size=12)


@given(st.lists(st.tuples(cell, cell, cell, cell), max_size=12))
@settings(max_examples=150)
def test_any_cells_balance(tmp_path: Path, rows: list[tuple[str, str, str, str]]) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("phone", "at", "paid", "n"), *rows])
    mapping = parse_mapping(
        {
            "key": "m",
            "event": {"column": "n"},
            "identifiers": PHONE,
            "time": "at",
            "amount": "paid",
            "properties": {"n": {"column": "n", "type": "number", "drop_bad": True}},
            "traits": {"at": {"column": "at", "type": "date"}},
            "message_id": ["phone", "paid"],
        }
    )
    chunks = list(open_table(path, mapping.file).chunks())
    results = [map_chunk(mapping, chunk, CONTEXT) for chunk in chunks]
    assert sum(len(r.events) + len(r.rejected) + r.skipped for r in results) == len(rows)
    for result in results:
        assert [one.problem.row for one in result.rejected] == sorted({one.problem.row for one in result.rejected})
        assert len(result.rows) == len(result.events)
        assert decode_events(encode_events(result.events)) == result.events
        for event in result.events:
            assert event.identifiers
            assert event.name
            assert 946_684_800_000 <= event.ts <= RECEIVED + 86_400_000
