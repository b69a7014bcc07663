"""Orders that spread over several rows: one event with its items, right to the cent, however the rows are cut."""

import json
import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.support.collecting import quarantined

from ninefold.base import FixedClock
from ninefold.collect import Again, decode_events, parse_steps, replay
from ninefold.collect.erasing import OrderStore
from ninefold.collect.event import Event
from ninefold.collect.imports import Imports, ImportSettings, mapping_document, parse_mapping
from ninefold.collect.imports.lines import forget_lines
from ninefold.collect.imports.lines import service as lines_service
from ninefold.collect.imports.lines.tables import import_lines, import_orders
from ninefold.collect.tables import inbox
from ninefold.governance import privacy
from ninefold.store import Events, Records, put_definition

MAPPING = {
    "key": "sales", "source": "shop", "zone": "UTC", "event": "Order Completed",
    "identifiers": [{"namespace": "phone", "column": "phone"}], "time": "at",
    "amount": {"column": "paid", "currency": "CNY"}, "order_id": "no", "quantity": "pieces", "message_id": ["no"],
    "properties": {"products": "$items", "note": "note"},
    "lines": {"order": ["no"], "line": ["sku"], "sum": ["paid", "pieces"], "items": {"sku": "sku", "paid": "paid"}},
    "also": [{"event": "Product Purchased", "each_line": True, "product_id": "sku", "amount": None, "properties": {},
              "message_id": ["no", "sku"]}],
}  # fmt: skip
HEAD = "no,phone,at,sku,pieces,paid,note"


@pytest.fixture(params=[2, 1_000], ids=["cut every two rows", "in one chunk"])
def imports(request: pytest.FixtureRequest, records: Records, clock: FixedClock) -> Imports:
    with records.begin() as conn:
        put_definition(conn, "mapping", "sales", MAPPING, now=clock.now())
    return Imports(records, clock, ImportSettings(chunk_rows=request.param))


def sheet(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    return path


def bring(imports: Imports, path: Path) -> tuple[int, int, int]:
    run = imports.run(imports.start(path, "sales").id)
    assert run.state == "done"
    return run.events, run.rejected, run.skipped


def told(records: Records) -> list[Event]:
    with records.begin() as conn:
        payloads = conn.scalars(sa.select(inbox.c.payload).order_by(inbox.c.id)).all()
    events = [event for payload in payloads for event in decode_events(payload)]
    assert len({event.message_id for event in events}) == len(events)
    return events


def orders(records: Records) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in told(records):
        if event.name != "Product Purchased":
            found.setdefault(event.order_id, []).append(event)
    return found


A = ["a,13912340001,2026-05-01 10:00:00,tea,1,0.10,", "a,,,pot,2,0.20,gift", "a,,,cup,1,,"]
B = ["b,13912340002,2026-05-01 11:00:00,tea,1,19.99,"]


def test_an_order_is_one_event_with_its_items_wherever_its_lines_stand(
    imports: Imports, records: Records, tmp_path: Path
) -> None:
    assert bring(imports, sheet(tmp_path / "a.csv", A[0], B[0], A[1], A[2])) == (4, 0, 0)
    [a], [b] = orders(records)["a"], orders(records)["b"]
    assert (a.name, a.revenue_minor, a.quantity, a.props["note"]) == ("Order Completed", 30, 4.0, "gift")
    assert [one["sku"] for one in json.loads(a.props["products"])] == ["tea", "pot", "cup"]
    assert (b.revenue_minor, b.identifiers) == (1999, (("phone", "13912340002"),))
    bought = [event for event in told(records) if event.name == "Product Purchased"]
    assert sorted((event.order_id, event.product_id, event.quantity) for event in bought) == [
        ("a", "cup", 1.0), ("a", "pot", 2.0), ("a", "tea", 1.0), ("b", "tea", 1.0),
    ]  # fmt: skip
    assert {event.identifiers for event in bought if event.order_id == "a"} == {(("phone", "13912340001"),)}


def test_lines_cut_across_files_and_lines_that_change_tell_the_difference(
    imports: Imports, records: Records, tmp_path: Path
) -> None:
    bring(imports, sheet(tmp_path / "one.csv", A[0]))
    bring(imports, sheet(tmp_path / "two.csv", A[1], A[2], B[0]))
    first, update = orders(records)["a"]
    assert (first.name, first.revenue_minor, update.name, update.revenue_minor) == (
        "Order Completed", 10, "Order Completed (adjusted)", 20,
    )  # fmt: skip
    assert (update.quantity, len(json.loads(update.props["products"]))) == (3.0, 3)
    before = len(told(records))
    bring(imports, sheet(tmp_path / "again.csv", *A, *B))
    bring(imports, sheet(tmp_path / "shuffled.csv", B[0], A[2], A[0], A[1]))
    assert len(told(records)) == before, "what comes again unchanged tells nothing"
    bring(imports, sheet(tmp_path / "cheaper.csv", A[1].replace("0.20", "0.15")))
    assert [event.revenue_minor for event in orders(records)["a"]] == [10, 20, -5]
    assert sum(event.revenue_minor for event in orders(records)["a"]) == 25


def test_equal_lines_count_each_also_across_a_cut(imports: Imports, records: Records, tmp_path: Path) -> None:
    rows = ["c,13912340003,2026-05-01 10:00:00,tea,1,5.00,"] * 3
    bring(imports, sheet(tmp_path / "c.csv", *rows))
    bring(imports, sheet(tmp_path / "again.csv", *rows, B[0]))
    [event] = orders(records)["c"]
    assert (event.revenue_minor, event.quantity) == (1500, 3.0)


def test_any_order_and_any_cut_gives_the_same_sums(imports: Imports, records: Records, tmp_path: Path) -> None:
    chance = random.Random(7)
    rows, sums = [], Counter[str]()
    for number in range(40):
        no = f"o{number % 9}"
        cents = chance.randrange(1, 100_000)
        sums[no] += cents
        rows.append(f"{no},1391234{number % 9:04d},2026-05-01 10:00:00,s{number},1,{Decimal(cents) / 100},")
    chance.shuffle(rows)
    for part in range(3):
        bring(imports, sheet(tmp_path / f"{part}.csv", *rows[part * 13 : part * 13 + 20]))  # the files overlap
    assert {no: sum(event.revenue_minor for event in events) for no, events in orders(records).items()} == dict(sums)
    names = Counter(event.name for event in told(records))
    assert names["Order Completed"] == 9


def test_bad_orders_wait_in_quarantine_and_are_mended(
    imports: Imports, records: Records, clock: FixedClock, tmp_path: Path
) -> None:
    bad = [A[0].replace("0.10", "free"), A[1], ",13912340009,2026-05-01,tea,1,1.00,", B[0], ",,,,,,"]
    assert bring(imports, sheet(tmp_path / "bad.csv", *bad)) == (2, 2, 1)
    assert list(orders(records)) == ["b"]
    entries = {entry.code: entry for entry in quarantined(records)}
    assert set(entries) == {"bad_amount", "no_order"}
    report = [(one["row"], one["code"]) for one in imports.errors(imports.latest(1)[0].id)]
    assert report == [("2", "bad_amount"), ("4", "no_order")]
    steps = parse_steps([{"op": "set", "path": "lines.0.paid", "value": "0.10"}])
    with records.begin() as conn:
        done = replay(
            conn, [entries["bad_amount"].id], now=clock.now(), again=Again(rows=imports.reader(), steps=steps)
        )
    assert done.accepted == 1
    assert [event.revenue_minor for event in orders(records)["a"]] == [30]


def test_a_crash_between_the_pages_of_orders_tells_each_once(
    imports: Imports, records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = lines_service.emit_orders
    pages = 0

    def dying(*given: object, **named: object) -> object:
        nonlocal pages
        pages += 1
        if pages == 2:
            raise RuntimeError("killed")
        return real(*given, **{**named, "limit": 1})  # type: ignore[arg-type]  # handed through as they came

    monkeypatch.setattr("ninefold.collect.imports.service.emit_orders", dying)
    run = imports.start(sheet(tmp_path / "a.csv", *A, *B), "sales")
    with pytest.raises(RuntimeError, match="killed"):
        imports.run(run.id)
    assert len(orders(records)) == 1
    assert imports.unfinished() == (run.id,)
    assert imports.run(run.id).events == 4
    assert {no: [event.revenue_minor for event in events] for no, events in orders(records).items()} == {
        "a": [30], "b": [1999],
    }  # fmt: skip


def test_documents_dry_runs_and_forgetting(
    imports: Imports, records: Records, clock: FixedClock, tmp_path: Path
) -> None:
    mapping = parse_mapping({"kind": "mapping", **MAPPING})
    assert parse_mapping(mapping_document(mapping)) == mapping
    path = sheet(tmp_path / "a.csv", *A, *B)
    found = imports.try_out(path, mapping)
    assert [event.revenue_minor for event in found.sample if event.name == "Order Completed"] == [30, 1999]
    bring(imports, path)
    with records.begin() as conn:
        assert forget_lines(conn, clock.now()) == 0
        clock.set(clock.now() + timedelta(seconds=1))
        assert forget_lines(conn, clock.now()) == 4
        assert conn.scalar(sa.select(sa.func.count()).select_from(import_lines)) == 0


def test_erasing_a_person_takes_orders_with_their_lines_along(
    imports: Imports, records: Records, events: Events, tmp_path: Path
) -> None:
    bring(imports, sheet(tmp_path / "a.csv", A[0], B[0]))
    subject = privacy.Subject(accounts=(1,), public_ids=("p",), identifiers=(("phone", "+8613912340001"),))
    store = OrderStore(records, events)
    assert store.counts([subject]) == [1]
    store.erase([subject])
    assert store.counts([subject]) == [0]
    with records.begin() as conn:
        assert [cells["no"] for cells in conn.scalars(sa.select(import_lines.c.cells))] == ["b"]
        assert [list(one) for one in conn.scalars(sa.select(import_orders.c.told))] == [["sales:b", "sales.1:b:tea"]]
