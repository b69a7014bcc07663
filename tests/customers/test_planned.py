"""Tracking plans judge what partners say of customers: the verdict is in the answer and in the receipt."""

from typing import Any

from tests.governance.conftest import Api

from .conftest import Partner

OWNED = {"owner": "data team", "purpose": "test"}
PLAN: dict[str, Any] = {"kind": "tracking-plan", "key": "default", "name": "All", "unplanned_property": "omit", **OWNED}
TRAITS: dict[str, Any] = {
    "kind": "event", "key": "traits", "name": "Traits", "event": "$identify", "plans": ["default"],
    "schema": {"properties": {"city": {"type": "string"}, "age": {"type": "number", "minimum": 0}}},
    "invalid": "block", **OWNED,
}  # fmt: skip


def planned(api: Api, **changes: Any) -> None:
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [PLAN, {**TRAITS, **changes}]})["ok"]


def traits_of(partner: Partner, reference: str) -> Any:
    return partner.ok("GET", f"/v1/customers/{reference}")["traits"]


def test_a_plan_blocks_omits_and_warns_item_by_item(api: Api, east: Partner) -> None:
    planned(api)
    items = [
        {"identifiers": {"dealer_no": "D-1"}, "traits": {"city": "上海", "age": 30}},
        {"identifiers": {"dealer_no": "D-2"}, "traits": {"city": "上海", "age": -1}},
        {"identifiers": {"dealer_no": "D-3"}, "traits": {"city": "上海", "shoe": "43"}},
        {"identifiers": {"dealer_no": "D-4"}},
    ]
    found = east.ok("POST", "/v1/customers", json={"customers": items})
    right, wrong, surplus, bare = found["verdicts"]
    assert [one["status"] for one in found["verdicts"]] == ["accepted", "rejected", "accepted", "accepted"]
    assert (right["warnings"], bare["warnings"], surplus["warnings"]) == ([], [], ["plan_unplanned_property"])
    assert (wrong["code"], wrong["field"], wrong["got"]) == ("plan_invalid", "traits.age", "-1")
    assert "default" in wrong["allowed"]

    api.ninefold.pipeline.drain()
    assert traits_of(east, "dealer_no:D-1") == {"city": "上海", "age": 30.0}
    assert traits_of(east, "dealer_no:D-3") == {"city": "上海"}, "what the plan does not know is left out"
    assert east.call("GET", "/v1/customers/dealer_no:D-2").status_code == 404, "nothing of a rejected item is kept"
    said = [api.ok("GET", f"/v1/receipts/partner:east:east crm/{one['receipt']}") for one in (right, surplus)]
    assert [one["verdict"] for one in said] == ["ok", "warning"]


def test_a_required_trait_is_asked_of_who_tells_traits_not_of_who_links(api: Api, east: Partner) -> None:
    planned(api, missing="block", schema={"properties": {"city": {"type": "string"}}, "required": ["city"]})
    made = east.upsert(identifiers={"dealer_no": "D-1"}, traits={"city": "上海"})
    linked = east.ok("POST", f"/v1/customers/{made['id']}/link", json={"identifiers": {"phone": "13912340001"}})
    assert linked["id"] == made["id"]
    answer = east.call("PUT", "/v1/customers", json={"identifiers": {"dealer_no": "D-1"}, "traits": {"age": 3}})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (200, "plan_missing", "traits.city")
