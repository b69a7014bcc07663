"""Erasure finds people also where nobody thinks of: things that are called after them, orders of files, remarks."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ninefold.collect import imports
from tests.support.remains import texts_of_events, texts_of_files, texts_of_records

from .conftest import Api

PHONE, NAME, CARD, OTHER = "13912340001", "Li-Lei-Planted", "cardplanted1", "13912340009"
LINES = {
    "kind": "mapping", "key": "sales", "name": "sales", "source": "pos", "zone": "UTC", "event": "Order Completed",
    "identifiers": [{"namespace": "phone", "column": "phone"}, {"namespace": "card", "column": "card"}],
    "time": "at", "order_id": "no", "message_id": ["no"],
    "amount": {"column": "paid", "currency": "CNY"}, "properties": {"note": "note"},
    "lines": {"order": ["no"], "line": ["sku"], "sum": ["paid"], "items": {"sku": "sku"}},
}  # fmt: skip
ORG = {"kind": "org", "key": "o", "nodes": [{"code": "hq"}, {"code": "s1", "parent": "hq"}]}
SHEET = f"""no,phone,card,at,sku,paid,note
o-1,{PHONE},{CARD},2026-05-01,a,5.00,
o-1,,,,b,7.00,for {NAME}
o-2,{OTHER},cardother,2026-05-01,a,5.00,stays
"""


@pytest.fixture
def planted(api: Api, tmp_path: Path) -> Api:
    """One person everywhere, another beside."""
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [ORG, LINES]})["ok"]
    told = {"phone": PHONE, "name": NAME}
    api.collect({"type": "identify", "userId": "u_planted", "messageId": "i1", "traits": told},
                {"type": "identify", "userId": "u_other", "messageId": "i2", "traits": {"phone": OTHER}})  # fmt: skip
    key = api.ninefold.keys.ensure_write_key("shop")
    items = [{"type": "item_set", "item_type": "shop", "item_id": "s1", "time": 1, "project": "default",
              "properties": {"keeper": f"ring {PHONE}", "city": "Nanjing", "second": OTHER}},
             {"type": "item_set", "item_type": "watch", "item_id": PHONE, "time": 1, "project": "default",
              "properties": {"colour": "red"}}]  # fmt: skip
    for item in items:
        assert api.call("POST", f"/sa?token={key}&data_list=", json=[item]).status_code == 200
    file = tmp_path / "orders.csv"
    file.write_text(SHEET)
    run = api.ninefold.imports.run(api.ninefold.imports.start(file, "sales").id)
    assert run.state == "done"
    file.unlink()
    api.ninefold.pipeline.drain()
    api.ok("POST", "/v1/org/s1/move", json={"parent": "", "reason": f"asked by {PHONE}"})
    body = {"kind": "suppress", "person": f"phone:{PHONE}", "reason": f"a call from {PHONE}"}
    api.ok("POST", "/v1/privacy/requests", json=body)
    return api


def _left(api: Api, *wanted: str) -> set[tuple[str, str]]:
    ninefold = api.ninefold
    sources = (texts_of_records(ninefold.records), texts_of_events(ninefold.events),
               texts_of_files(ninefold.settings.data_dir))  # fmt: skip
    return {(place, one) for source in sources for place, text in source for one in wanted if one in text}


def _erase(api: Api, person: str) -> dict[str, Any]:
    made = api.ok("POST", "/v1/privacy/requests", json={"kind": "erase", "person": person})
    api.ninefold.privacy.advance(str(made["id"]))
    receipt: dict[str, Any] = api.ok("GET", f"/v1/privacy/requests/{made['id']}")["receipt"]
    return receipt


def test_things_orders_and_remarks_are_erased_too(planted: Api) -> None:
    wanted = (PHONE, NAME, CARD)
    places = {place.split()[0] for place, _ in _left(planted, *wanted)}
    assert places >= {"public.item_statements", "public.import_lines", "public.org_moves", "public.privacy_requests"}
    receipt = _erase(planted, f"phone:{PHONE}")
    counts = {one["store"]: (one["before"], one["after"]) for one in receipt["stores"]}
    assert receipt["complete"], receipt
    assert counts["things"] == (2, 0)
    assert counts["imported orders"] == (1, 0)
    assert counts["remarks"] == (2, 0)
    assert _left(planted, *wanted) == set()
    shops = planted.ok("GET", "/v1/items/shop")
    assert [one["properties"] for one in shops] == [{"city": "Nanjing", "second": OTHER}]
    assert planted.ok("GET", "/v1/items/watch") == []
    assert {place for place, _ in _left(planted, "stays")} >= {"public.import_lines"}
    assert planted.ok("GET", "/v1/org/s1/history")[0]["reason"] == "(erased)"


def test_an_order_is_found_by_its_message_once_its_lines_are_gone(planted: Api) -> None:
    with planted.ninefold.records.begin() as conn:
        imports.forget_lines(conn, planted.ninefold.clock.now().replace(year=2100))
    receipt = _erase(planted, f"phone:{PHONE}")
    counts = {one["store"]: (one["before"], one["after"]) for one in receipt["stores"]}
    assert counts["imported orders"] == (1, 0)
    assert {text for place, text in _left(planted, "o-1", "o-2") if "import_orders" in place} == {"o-2"}


def test_they_are_part_of_what_a_person_may_read(planted: Api) -> None:
    made = planted.ok("POST", "/v1/privacy/requests", json={"kind": "access", "person": f"phone:{PHONE}"})
    planted.ninefold.privacy.advance(str(made["id"]))
    file = planted.call("GET", f"/v1/privacy/requests/{made['id']}/file")
    pack = zipfile.ZipFile(io.BytesIO(file.content))
    said = {name: json.loads(pack.read(name)) for name in pack.namelist()}
    assert [one["sku"] for one in said["imported orders.json"]] == ["a", "b"]
    assert {one["value"] for one in said["things.json"]} == {f"ring {PHONE}", PHONE}
    assert sorted(said["remarks.json"]) == [f"a call from {PHONE}", f"asked by {PHONE}"]
