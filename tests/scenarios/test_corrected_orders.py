"""An order that grows with a later file, and one that is partly paid back: money is right wherever it is added up."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.api.house import OWNED, Api
from tests.journeys.house import House

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock, adjustment_of
from ninefold.store import Events, Records

MAPPING = {
    "kind": "mapping", "key": "sales", "name": "Sales", "source": "shop", "zone": "UTC", "event": "Order Completed",
    "identifiers": [{"namespace": "phone", "column": "phone"}], "time": "at", "order_id": "no", "quantity": "pieces",
    "amount": {"column": "paid", "currency": "CNY"}, "message_id": ["no"],
    "lines": {"order": ["no"], "line": ["sku"], "sum": ["paid", "pieces", "back"], "items": {"sku": "sku"}},
    "also": [{"event": "Order Refunded", "amount": {"column": "back", "currency": "CNY"},
              "filters": [{"column": "back", "is_not": ["0", "0.00", ""]}]}],
    **OWNED,
}  # fmt: skip
HEAD = "no,phone,at,sku,pieces,paid,back\n"
SOON = "2026-05-01 10:00:00"
FILES = (
    f"o1,13912340001,{SOON},tea,1,100.00,\no2,13912340001,{SOON},tea,2,40.00,\no3,13912340002,{SOON},tea,1,119.99,\n",
    f"o1,13912340001,{SOON},pot,3,20.00,\n",  # the order grows
    f"o2,13912340001,{SOON},tea,1,30.00,5.00\no1,13912340001,{SOON},pot,3,20.00,15.00\n",  # one shrinks; both pay back
)
# The first buyer's orders came to 120.00 and 30.00, the other's to 119.99; 20.00 were paid back.


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC", role="api")
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.start()
        api = Api(ninefold)
        assert api.ok("POST", "/v1/definitions/apply", json={"documents": [MAPPING]})["ok"]
        for number, rows in enumerate(FILES):
            (path := tmp_path / f"{number}.csv").write_text(HEAD + rows)
            run = ninefold.imports.run(ninefold.imports.start(path, "sales").id)
            assert (run.state, run.rejected) == ("done", 0)
        ninefold.drain()
        yield api


def size(api: Api, **condition: Any) -> int:
    about = {"event": "Order Completed", **condition}
    return int(api.ok("POST", "/v1/conditions/preview", json={"condition": about})["size"])


def test_profiles_and_conditions_add_differences_and_count_orders_once(api: Api) -> None:
    for _ in ("from the store", "from the sheet"):
        counters = api.ok("GET", "/v1/people/phone:13912340001")["counters"]
        money = {"currency": "CNY", "orders": 2, "total_minor": 15_000, "average_minor": 7_500}
        assert [{name: one[name] for name in money} for one in counters["revenue"]] == [money]
        while api.ninefold.sheets.step():
            pass
    counted = {one["name"]: one["count"] for one in counters["events"]}
    assert counted["Order Completed"] == 2
    assert counted["Order Refunded"] == 2
    assert counted[adjustment_of("Order Completed")] == 2, "one grew, one shrank"

    assert size(api, measure="sum", of="revenue", op="eq", value=150) == 1
    assert size(api, measure="sum", of="revenue", op="eq", value=119.99) == 1
    assert size(api, measure="avg", of="revenue", op="eq", value=75) == 1
    assert size(api, measure="sum", of="quantity", op="eq", value=5) == 1
    assert size(api, measure="count", op="eq", value=2) == 1
    refunded: Mapping[str, Any] = {"event": "Order Refunded", "of": "revenue"}
    assert size(api, **refunded, measure="sum", op="eq", value=20) == 1


def test_rfm_ranks_people_by_what_their_orders_came_to(api: Api) -> None:
    rfm = {"order": {"event": "Order Completed"}, "currency": "CNY", "as_of": "now", "result": "scores",
           "recency": {"cut": "custom", "points": [100, 200, 300, 400]},
           "frequency": {"cut": "custom", "points": [2, 3, 4, 5]},
           "monetary": {"cut": "custom", "points": [119.99, 120, 150, 150.01]}}  # fmt: skip
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [
        {"kind": "tag", "key": "rfm", "name": "RFM", "rfm": rfm, **OWNED}]})["ok"]  # fmt: skip
    api.ok("POST", "/v1/tags/rfm/refresh")
    found = [
        next(one["value"] for one in api.ok("GET", f"/v1/people/phone:1391234000{number}")["tags"]) for number in (1, 2)
    ]
    assert [one[1:] for one in found] == ["24", "12"], "frequency and money, as scores"


def test_a_goal_is_reached_once_and_brings_what_the_order_came_to(
    records: Records, events: Events, clock: FixedClock
) -> None:
    house = House(records, events, clock)
    house.people("ana")
    house.campaign(holdout="0%")
    house.campaigns.run_due(now=house.now)
    house.campaigns.deliver(now=house.now)
    house.pump()
    house.wait(days=1)
    paid: dict[str, Any] = {"order_id": "o1", "currency": "CNY"}
    house.take(
        house.event("order", "ana", revenue_minor=10_000, **paid),
        house.event(adjustment_of("order"), "ana", revenue_minor=-2_500, **paid),
        house.event("Order Refunded", "ana", revenue_minor=1_000, **paid),
    )
    house.wait(days=10)
    treated = house.campaigns.report("spring", now=house.now).treated
    assert (treated.goals, treated.converted, treated.revenue_minor) == (1, 1, 7_500)
