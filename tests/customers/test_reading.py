"""What a key sees of customers, and that strangers do not exist for it."""

from datetime import timedelta
from typing import Any

from ninefold.base import FixedClock
from tests.governance.conftest import Api

from .conftest import Partner


def test_a_partner_reads_what_it_said_and_masked(api: Api, east: Partner) -> None:
    made = east.upsert(
        identifiers={"phone": "13912340001", "dealer_no": "D-1"}, traits={"name": "李雷", "city": "上海"}
    )
    assert (made["status"], made["new"]) == ("accepted", True)
    api.ninefold.pipeline.drain()
    found = east.ok("GET", f"/v1/customers/{made['id']}")
    assert found["traits"] == {"name": "李*", "city": "上海"}
    assert [one["node"] for one in found["memberships"]] == ["east"]
    assert "13912340001" not in str(found)
    assert east.ok("GET", "/v1/customers/phone:139 1234 0001")["id"] == made["id"]
    some = east.ok("GET", f"/v1/customers/{made['id']}", params={"fields": ["traits"], "traits": ["city"]})
    assert some["traits"] == {"city": "上海"}
    assert "identifiers" not in some
    clear = Partner(api, "clear", node="east", clear=["identifiers", "name"])
    assert {"namespace": "phone", "value": "+8613912340001"}.items() <= clear.ok("GET", f"/v1/customers/{made['id']}")[
        "identifiers"
    ][0].items() or "+8613912340001" in str(clear.ok("GET", f"/v1/customers/{made['id']}"))


def test_strangers_answer_as_nobody_does(east: Partner, west: Partner) -> None:
    made = west.upsert(identifiers={"phone": "13912340002"}, traits={"city": "成都"})
    answers = [
        east.call("GET", f"/v1/customers/{reference}")
        for reference in ("phone:13912340002", "phone:13912349999", made["id"], "p_aaaaaaaaaaaaaaaa", "phone:x")
    ]
    said = {(one.status_code, one.json()["code"], one.json()["message"], one.json()["hint"]) for one in answers}
    assert len(said) == 1
    assert answers[0].status_code == 404
    for method, path, body in (
        ("POST", "/v1/customers/phone:{}/link", {"identifiers": {"dealer_no": "D-9"}}),
        ("POST", "/v1/customers/phone:{}/unlink", {"namespace": "phone", "value": "13912340002"}),
    ):
        strange, nobody = (
            east.call(method, path.format(number), json=body).json() for number in ("13912340002", "13912349999")
        )
        assert {**strange, "got": ""} == {**nobody, "got": ""}
        assert strange["code"] == "unknown_customer"
    page = east.ok("POST", "/v1/customers/query", json={"identifiers": ["phone:13912340002", made["id"]]})
    assert page == {"customers": []} or page["customers"] == []


def test_bringing_a_stranger_shows_nothing_that_others_said(api: Api, east: Partner, west: Partner) -> None:
    west.upsert(identifiers={"phone": "13912340003", "dealer_no": "W-1"}, traits={"city": "成都", "income": 9})
    api.ninefold.pipeline.drain()
    made = east.upsert(identifiers={"phone": "13912340003"}, traits={"city": "上海"})
    assert made["new"], "that the person was known to others is not told"
    api.ninefold.pipeline.drain()
    found = east.ok("GET", f"/v1/customers/{made['id']}")
    assert found["traits"] == {"city": "上海"}
    assert [one["node"] for one in found["memberships"]] == ["east"]
    assert "dealer_no" not in str(found["identifiers"]), "what only others call the customer is not told"
    group = Partner(api, "group app", node="acme", sees="all")
    assert group.ok("GET", f"/v1/customers/{made['id']}")["traits"]["income"] == 9
    assert east.call("POST", "/v1/customers/query", json={"segment": "vip"}).json()["code"] == "out_of_scope"
    probing = {"condition": {"trait": "income", "op": "eq", "value": 9}}
    assert east.call("POST", "/v1/customers/query", json=probing).json()["code"] == "out_of_scope"


def test_without_consent_nobody_is_there(api: Api, clock: FixedClock) -> None:
    partner = Partner(api, "mailer", node="east", purposes=["marketing"])
    yes = {"purpose": "marketing", "said": "granted"}
    made = partner.upsert(identifiers={"phone": "13912340004"}, consents=[yes])
    silent = partner.upsert(identifiers={"phone": "13912340005"})
    assert partner.ok("GET", f"/v1/customers/{made['id']}")["consents"] == {"marketing": "granted"}
    assert partner.call("GET", f"/v1/customers/{silent['id']}").status_code == 404
    assert [one["id"] for one in partner.ok("POST", "/v1/customers/query", json={})["customers"]] == [made["id"]]
    trail = api.ok("GET", "/v1/audit", params={"verb": "list customers"})
    assert "withheld" in str(trail)
    clock.advance(timedelta(minutes=1))
    no = {"purpose": "marketing", "said": "withdrawn"}
    partner.upsert(identifiers={"phone": "13912340004"}, consents=[no])
    assert partner.call("GET", f"/v1/customers/{made['id']}").status_code == 404
    wrong = partner.upsert(identifiers={"phone": "13912340004"}, consents=[{"purpose": "service", "said": "granted"}])
    assert (wrong["status"], wrong["field"], wrong["allowed"]) == ("rejected", "consents[0].purpose", "marketing")


def test_pages_are_stable_and_cursors_tell_nothing(api: Api, east: Partner, west: Partner) -> None:
    east.ok("POST", "/v1/customers", json={"customers": [{"identifiers": {"dealer_no": f"D-{k}"}} for k in range(25)]})
    seen: list[str] = []
    body: dict[str, Any] = {"limit": 10, "fields": ["memberships"]}
    while True:
        page = east.ok("POST", "/v1/customers/query", json=body)
        seen += [one["id"] for one in page["customers"]]
        east.upsert(identifiers={"dealer_no": f"late-{len(seen)}"})  # whoever comes meanwhile shifts nobody
        if not page.get("next") or len(seen) >= 25:
            break
        body["after"] = page["next"]
    assert len(set(seen)) == len(seen) >= 25
    other = Partner(api, "east app", node="east")
    wrong = other.call("POST", "/v1/customers/query", json=body)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "bad_cursor")
    assert west.ok("POST", "/v1/customers/query", json={})["customers"] == []
    operator = api.ok("POST", "/v1/customers/query", json={"limit": 1000})
    assert len(operator["customers"]) >= 25
    some = api.ok("POST", "/v1/customers/query", json={"node": "east", "limit": 3})
    assert len(some["customers"]) == 3
    assert east.call("POST", "/v1/customers/query", json={"node": "west"}).json()["code"] == "out_of_scope"
    assert east.call("POST", "/v1/customers/query", json={"node": "nowhere"}).json()["code"] == "out_of_scope"
