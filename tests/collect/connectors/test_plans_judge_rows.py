"""One tracking plan, every way in: files, databases, webhooks and devices are judged as the wires are."""

import asyncio
import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.collect.connectors.conftest import ORDERS, SECRETS, Save
from tests.collect.connectors.test_webhooks import hook, shopify

from ninefold.base import Error, FixedClock
from ninefold.collect import Again, parse_steps, replay, search_quarantine, try_replay
from ninefold.collect.connectors import Connectors, ConnectorSettings
from ninefold.collect.connectors.hooks.model import HookRequest
from ninefold.collect.event import Event, decode_events
from ninefold.collect.imports import Imports, ImportSettings, RunState, parse_mapping
from ninefold.collect.model import QuarantineRow, Sought
from ninefold.collect.plans import OMITTED, VIOLATIONS, Plans
from ninefold.collect.tables import inbox
from ninefold.store import Events, Records, put_definition

PLAN = {"kind": "tracking-plan", "key": "shop", "owner": "crm", "name": "Shop", "sources": ["shop"],
        "unplanned_property": "omit", "missing": "allow", "invalid": "block"}  # fmt: skip
ORDER = {
    "kind": "event", "key": "order", "owner": "crm", "event": "Order Completed", "plans": ["shop"],
    "schema": {"properties": {"city": {"enum": ["SH", "BJ"]}, "till": {"type": "string"}}, "required": ["till"]},
}  # fmt: skip
MAPPING = {**ORDERS, "properties": {"city": "city", "till": "till", "note": "note"}}
ROWS: list[dict[str, str]] = [
    {"order": "1", "city": "SH", "till": "t1", "note": ""},
    {"order": "2", "city": "SH", "till": "t1", "note": "secret"},
    {"order": "3", "city": "Paris", "till": "t1", "note": ""},
    {"order": "4", "city": "BJ", "till": "", "note": ""},
]
FULL = [{**row, "member": f"m{row['order']}", "at": "2026-05-01 10:00:00", "paid": "9.90"} for row in ROWS]


@pytest.fixture
def plans(records: Records, events: Events, clock: FixedClock) -> Plans:
    with records.begin() as conn:
        Plans.save_plan(conn, PLAN, now=clock.now())
        Plans.save_event(conn, ORDER, now=clock.now())
    return Plans(records, events, clock)


@pytest.fixture
def connectors(records: Records, clock: FixedClock, plans: Plans, tmp_path: Path) -> Iterator[Connectors]:
    with records.begin() as conn:
        put_definition(conn, "mapping", "orders", MAPPING, now=clock.now())
    imports = Imports(records, clock, ImportSettings(chunk_rows=3), plans)
    desk = Connectors(records, clock, imports, ConnectorSettings(spool=tmp_path / "spool"), SECRETS)
    yield desk
    desk.close()


def arrived(records: Records) -> dict[str, Event]:
    with records.begin() as conn:
        payloads = conn.scalars(sa.select(inbox.c.payload).order_by(inbox.c.id)).all()
    found = [event for payload in payloads for event in decode_events(payload)]
    assert len({event.message_id for event in found}) == len(found)
    return {event.order_id: event for event in found}


def aside(records: Records) -> list[QuarantineRow]:
    with records.begin() as conn:
        return list(search_quarantine(conn, Sought()))


def by_file(connectors: Connectors, folder: Path) -> None:
    path = folder / "orders.csv"
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, FULL[0])
        table.writeheader()
        table.writerows(FULL)
    run = connectors.house.imports.run(connectors.house.imports.start(path, "orders").id)
    assert (run.state, run.rows_done, run.events, run.rejected) == (RunState.DONE, 4, 3, 1)
    [fault] = connectors.house.imports.errors(run.id)
    assert (fault["row"], fault["column"], fault["code"]) == ("4", "city", "plan_invalid")
    assert fault["raw"].startswith("3,Paris,")


def by_database(connectors: Connectors, folder: Path, save: Save) -> None:
    engine = sa.create_engine(f"sqlite:///{folder / 'shop.db'}")
    columns = ", ".join(f'"{name}" text' for name in FULL[0])
    with engine.begin() as conn:
        conn.exec_driver_sql(f"CREATE TABLE orders ({columns})")
        for row in FULL:
            marks = ", ".join("?" for _ in row)
            conn.exec_driver_sql(f"INSERT INTO orders VALUES ({marks})", tuple(row.values()))
    engine.dispose()
    url = f"sqlite:///{folder / 'shop.db'}"
    save({"key": "db", "type": "sql", "schedule": "by_hand", "sql": {"url": url, "table": "orders", "cursor": "order"}})
    connectors.run("db")
    counts = connectors.get("db").counts
    assert (counts.rows, counts.accepted, counts.rejected) == (4, 3, 1)


def by_webhook(connectors: Connectors, save: Save) -> None:
    save({**hook("shopify"), "mapping": "orders"})
    connectors.hooks.start()

    async def send(row: Mapping[str, str]) -> None:
        body = json.dumps(row).encode()
        headers = {name.lower(): value for name, value in shopify(body).items()} | {
            "x-shopify-webhook-id": row["order"]
        }
        await connectors.hooks.accept("hook", HookRequest(method="POST", headers=headers, query={}, body=body))

    for row in FULL:
        asyncio.run(send(row))
    connectors.hooks.write_counts()
    counts = connectors.get("hook").counts
    assert (counts.rows, counts.accepted, counts.rejected) == (4, 3, 1)


@pytest.mark.parametrize("way", ["file", "database", "webhook"])
def test_the_plan_judges_rows_whichever_way_they_come(
    way: str, connectors: Connectors, save: Save, records: Records, clock: FixedClock, plans: Plans, tmp_path: Path
) -> None:
    if way == "file":
        by_file(connectors, tmp_path)
    elif way == "database":
        by_database(connectors, tmp_path, save)
    else:
        by_webhook(connectors, save)
    kept = arrived(records)
    assert sorted(kept) == ["1", "2", "4"]
    assert VIOLATIONS not in kept["1"].props
    assert "note" not in kept["2"].props
    assert json.loads(kept["2"].props[OMITTED]) == {"note": "secret"}
    assert json.loads(kept["4"].props[VIOLATIONS]) == [["missing", "till", "the property is missing", "allow"]]
    [entry] = aside(records)
    assert (entry.code, entry.field, entry.message_id) == ("plan_invalid", "city", "orders:3")
    assert "Paris" in entry.raw.decode()

    again = Again(checker=plans.checker, rows=connectors.house.imports.reader())
    with records.begin() as conn:
        [still] = try_replay(conn, [entry.id], again)
    assert (still.code, still.events) == ("plan_invalid", ())
    mend = parse_steps([{"op": "map", "path": "city", "values": {"Paris": "SH"}}])
    mended = Again(checker=plans.checker, rows=connectors.house.imports.reader(), steps=mend)
    with records.begin() as conn:
        assert replay(conn, [entry.id], now=clock.now(), again=mended).accepted == 1
        assert replay(conn, [entry.id], now=clock.now(), again=mended).accepted == 0, "once"
    event = arrived(records)["3"]
    assert (event.message_id, event.props["city"], event.revenue_minor) == ("orders:3", "SH", 990)
    assert event.ts == kept["1"].ts
    assert not aside(records)


def test_a_dry_run_shows_what_the_plan_would_do(connectors: Connectors, tmp_path: Path, records: Records) -> None:
    path = tmp_path / "orders.csv"
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, FULL[0])
        table.writeheader()
        table.writerows(FULL)
    found = connectors.house.imports.try_out(path, parse_mapping(MAPPING))
    assert (found.events, found.rejected) == (3, 1)
    assert sorted(found.violations) == [
        ("Order Completed", "invalid", "city", "block", 1),
        ("Order Completed", "missing", "till", "allow", 1),
        ("Order Completed", "unplanned_property", "note", "omit", 1),
    ]
    assert [(one.row, one.code) for one in found.problems] == [(4, "plan_invalid")]
    assert not arrived(records)
    assert not aside(records)


def test_an_unreadable_row_is_mended_column_by_column_and_read_again_once(
    connectors: Connectors, records: Records, clock: FixedClock, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order,member,at,paid,city,till,note\n7,m7,some day,9.90,SH,t1,\n")
    connectors.house.imports.run(connectors.house.imports.start(path, "orders").id)
    [entry] = aside(records)
    assert (entry.code, entry.raw) == ("bad_time", b"7,m7,some day,9.90,SH,t1,")
    rows = connectors.house.imports.reader()
    mended = Again(rows=rows, steps=parse_steps([{"op": "set", "path": "at", "value": "2026-05-01 10:00:00"}]))
    with records.begin() as conn:
        [bad] = try_replay(conn, [entry.id], Again(rows=rows))
        assert (bad.code, bad.readable) == ("bad_time", True)
        assert replay(conn, [entry.id], now=clock.now(), again=mended).accepted == 1
        assert replay(conn, [entry.id], now=clock.now(), again=mended).accepted == 0
    assert arrived(records)["7"].message_id == "orders:7"


def test_rows_with_further_events_and_without_a_message_id_do_not_swallow_each_other(
    connectors: Connectors, save: Save, records: Records, clock: FixedClock, tmp_path: Path
) -> None:
    more = {**{k: v for k, v in MAPPING.items() if k != "message_id"}, "key": "pairs", "source": "pairs",
            "also": [{"event": "Order Seen", "amount": None}]}  # fmt: skip
    with records.begin() as conn:
        put_definition(conn, "mapping", "pairs", more, now=clock.now())
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    with engine.begin() as conn:
        conn.exec_driver_sql('CREATE TABLE orders (id integer, "order" text, member text, at text, paid text)')
        for number in range(1, 8):
            values = (number, str(number), f"m{number}", "2026-05-01 10:00:00", "1.00")
            conn.exec_driver_sql("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", values)
    engine.dispose()
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    sql = {"url": url, "table": "orders", "cursor": "id", "key": "id", "chunk_rows": 3}
    save({"key": "pairs", "type": "sql", "schedule": "by_hand", "mapping": "pairs", "sql": sql})
    connectors.run("pairs")
    with records.begin() as conn:
        payloads = conn.scalars(sa.select(inbox.c.payload)).all()
    found = [event for payload in payloads for event in decode_events(payload)]
    assert (len(found), len({event.message_id for event in found})) == (14, 14)


def test_a_mapping_that_puts_rows_together_reads_files_only(
    connectors: Connectors, save: Save, records: Records, clock: FixedClock
) -> None:
    with records.begin() as conn:
        document = {**MAPPING, "key": "grouped", "lines": {"order": ["order"]}}
        put_definition(conn, "mapping", "grouped", document, now=clock.now())
    sql = {"url": "sqlite:///x.db", "table": "orders", "cursor": "id"}
    with pytest.raises(Error, match="reads files only"):
        save({"key": "db", "type": "sql", "schedule": "by_hand", "mapping": "grouped", "sql": sql})
