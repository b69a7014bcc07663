"""Brands that keep to themselves: one telephone number is two people, unless the scope is shared."""

from typing import Any

import pytest

from .conftest import Api

PHONE = "13912340001"


def _org(matching: str) -> dict[str, Any]:
    nodes = [
        {"code": "acme", "level": "group"},
        {"code": "casa", "level": "brand", "parent": "acme", "matching": matching},
        {"code": "s1", "level": "store", "parent": "casa", "sources": ["casa-pos"], "member_namespace": "card"},
        {"code": "s2", "level": "store", "parent": "casa", "sources": ["casa-app"]},
        {"code": "moda", "level": "brand", "parent": "acme", "sources": ["moda-pos"]},
    ]
    return {"kind": "org", "key": "o", "nodes": nodes}


def _bought(api: Api, source: str, number: str) -> None:
    event = {
        "type": "identify",
        "messageId": f"{source}-{number}",
        "traits": {"phone": PHONE},
        "context": {
            "externalIds": [{"id": f"card-{number}", "type": "card", "collection": "users", "encoding": "none"}]
        },
    }
    api.collect({**event, "anonymousId": f"{source}-{number}"}, source=source)


@pytest.mark.parametrize(("matching", "people"), [("separate", 2), ("shared", 1)])
def test_a_number_joins_within_a_scope_and_not_across(api: Api, matching: str, people: int) -> None:
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [_org(matching)]})["ok"]
    _bought(api, "casa-pos", "1")
    _bought(api, "casa-app", "2")
    _bought(api, "moda-pos", "3")
    assert api.ok("POST", "/v1/people/query", json={"limit": 10})["total"] == people
    theirs = f"phone:casa:{PHONE}" if matching == "separate" else f"phone:{PHONE}"
    brand = api.ok("GET", f"/v1/people/{theirs}")["public_id"]
    other = api.ok("GET", f"/v1/people/phone:{PHONE}")["public_id"]
    assert (brand != other) == (matching == "separate")
    seen = {one["public_id"] for one in api.ok("GET", "/v1/people", params={"q": PHONE})}
    assert seen == {brand, other}


def test_erasing_somebody_of_one_scope_leaves_the_other(api: Api) -> None:
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [_org("separate")]})["ok"]
    _bought(api, "casa-pos", "1")
    _bought(api, "moda-pos", "3")
    made = api.ok("POST", "/v1/privacy/requests", json={"kind": "erase", "person": f"phone:casa:{PHONE}"})
    api.ninefold.privacy.advance(str(made["id"]))
    done = api.ok("GET", f"/v1/privacy/requests/{made['id']}")["receipt"]
    counts = {one["store"]: (one["before"], one["after"]) for one in done["stores"]}
    assert done["complete"]
    assert counts["inbox"] == (1, 0)
    _bought(api, "casa-app", "4")  # the brand may not have the person back
    assert api.call("GET", f"/v1/people/phone:casa:{PHONE}").status_code == 404
    assert api.call("GET", f"/v1/people/phone:{PHONE}").status_code == 200
