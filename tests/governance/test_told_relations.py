"""Relations that events tell: any order, late identifiers, merges and their taking back, history, erasure."""

import random
from typing import Any

import pytest

from ninefold.base import Error, Kind
from ninefold.profiles import relations

from .conftest import Api

INVITED = {"event": "Referral Completed", "relation": "invited",
           "from": {"property": "inviter_id", "namespace": "user_id"}}  # fmt: skip
GAVE = {"event": "Order Completed", "relation": "gave", "to": {"property": "gift_phone", "namespace": "phone"}}
OWNS = {"event": "Product Registered", "relation": "owns", "product": {"property": "product_id"}}


def _rules(*rules: object) -> dict[str, Any]:
    return {"kind": "relation-rules", "key": "kin", "rules": list(rules)}


def _track(user: str, name: str, day: int, **properties: object) -> dict[str, Any]:
    said = "-".join(f"{key}{value}" for key, value in properties.items())
    return {"type": "track", "userId": user, "event": name, "messageId": f"{user}{name}{said}".replace(" ", ""),
            "timestamp": f"2026-05-{day:02}T00:00:00Z", "properties": properties}  # fmt: skip


def _identify(user: str, phone: str, day: int = 1) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "messageId": f"i-{user}{phone}", "traits": {"phone": phone},
            "timestamp": f"2026-05-{day:02}T00:00:00Z"}  # fmt: skip


def _reach(api: Api, user: str, kind: str = "invited", **query: object) -> list[tuple[str, int]]:
    found = api.ok("GET", f"/v1/people/user_id:{user}/reach", params={"kind": kind, **query})
    users = {}
    for one in found["people"]:
        held = api.ok("GET", f"/v1/people/{one['person']}")["identities"]
        users[one["person"]] = "+".join(sorted(i["value"] for i in held if i["namespace"] == "user_id"))
    return [(users[one["person"]], one["depth"]) for one in found["people"]]


def _kin(api: Api, user: str) -> list[tuple[str, str]]:
    return sorted((one["kind"], one["side"]) for one in api.ok("GET", f"/v1/people/user_id:{user}/relations"))


@pytest.mark.parametrize("seed", [1, 2])
def test_whom_somebody_brought_at_any_depth_in_any_order(api: Api, seed: int) -> None:
    """A tree: u0 brought u1 and u2, u1 brought 10 (a number on the wire), which closes a ring back to u0."""
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [_rules(INVITED, OWNS)]})["ok"]
    events = [
        _track("u1", "Referral Completed", 2, inviter_id="u0"), _track("u2", "Referral Completed", 3, inviter_id="u0"),
        _track("10", "Referral Completed", 4, inviter_id="u1"), _track("u3", "Referral Completed", 5, inviter_id=10),
        _track("u0", "Referral Completed", 6, inviter_id=10), _track("u0", "Referral Completed", 6, inviter_id="zed9"),
        _track("u1", "Product Registered", 6, product_id="fridge-9"), _track("u0", "Viewed", 1),
    ]  # fmt: skip
    random.Random(seed).shuffle(events)
    for event in events:
        api.collect(event)
    assert sorted(_reach(api, "u0", depth=1)) == [("u1", 1), ("u2", 1)]
    assert sorted(_reach(api, "u0", depth=9)) == [("10", 2), ("u1", 1), ("u2", 1), ("u3", 3)]
    assert _reach(api, "u0", depth=9, limit=3)[2:] == [("10", 2)]
    assert api.ok("GET", "/v1/people/user_id:u0/reach", params={"kind": "invited", "depth": 9, "limit": 3})["cut"]
    assert _kin(api, "u1") == [("invited", "from"), ("invited", "to"), ("owns", "product")]
    assert _kin(api, "u0") == [("invited", "from"), ("invited", "from"), ("invited", "to")]
    before = api.ok("GET", "/v1/people/user_id:u1/relations")
    done = api.ok("POST", "/v1/relations/derive")
    assert (done["relations"], done["dropped"]) == (7, 0)
    assert api.ok("GET", "/v1/people/user_id:u1/relations") == before


def test_it_follows_identities_and_rules(api: Api) -> None:
    api.collect(_track("giver", "Order Completed", 2, gift_phone="139 1234 0001"))  # no rules yet; nobody has the phone
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [_rules(GAVE)]})["ok"]
    assert _kin(api, "giver") == []
    assert api.ok("POST", "/v1/relations/derive") == {"events": 1, "relations": 1, "dropped": 0}
    api.collect(_identify("friend", "13912340001", 3))
    assert _kin(api, "giver") == [("gave", "from")]
    assert _kin(api, "friend") == [("gave", "to")]
    api.collect(_identify("twin", "13912340002"), _track("twin", "Order Completed", 4, gift_phone="13912340009"),
                _identify("third", "13912340009"))  # fmt: skip
    merged = api.ok("POST", "/v1/identity/merge", json={"one": "user_id:friend", "other": "user_id:twin"})
    assert merged
    api.ninefold.pipeline.drain()
    assert _kin(api, "friend") == [("gave", "from"), ("gave", "to")]
    out = [{"namespace": "user_id", "value": "twin"}, {"namespace": "phone", "value": "13912340002"}]
    api.ok("POST", "/v1/identity/unmerge", json={"person": "user_id:friend", "identifiers": out})
    assert (_kin(api, "friend"), _kin(api, "twin")) == ([("gave", "to")], [("gave", "from")])
    changed = GAVE | {"to": {"property": "other", "namespace": "phone"}}
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [_rules(changed)]})["ok"]
    assert api.ok("POST", "/v1/relations/derive") == {"events": 0, "relations": 0, "dropped": 2}


def test_nothing_of_an_erased_person_stays_or_comes_back(api: Api) -> None:
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [_rules(GAVE)]})["ok"]
    api.collect(_identify("gone", "13912340001"), _track("gone", "Order Completed", 2, gift_phone="13912340002"),
                _track("stays", "Order Completed", 2, gift_phone="13912340001"))  # fmt: skip
    made = api.ok("POST", "/v1/privacy/requests", json={"kind": "erase", "person": "user_id:gone"})
    api.ninefold.privacy.advance(str(made["id"]))
    receipt = api.ok("GET", f"/v1/privacy/requests/{made['id']}")["receipt"]
    counts = {one["store"]: (one["before"], one["after"]) for one in receipt["stores"]}
    assert counts["told relations"] == (2, 0)
    api.collect(_track("stays", "Order Completed", 3, gift_phone="+8613912340001"))
    assert api.ok("POST", "/v1/relations/derive")["relations"] == 0


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (INVITED | {"to": {"property": "a", "namespace": "phone"}}, "rules[0]"),
        ({"event": "E", "relation": "r"}, "rules[0]"),
        ({"event": "E", "relation": "R r", "product": {"property": "p"}}, "rules[0].relation"),
        ({"event": "E", "relation": "r", "to": {"property": "p"}}, "rules[0].to.namespace"),
        (
            {"event": "E", "relation": "r", "product": {"property": "p", "namespace": "sku"}},
            "rules[0].product.namespace",
        ),
    ],
)
def test_a_wrong_rule_is_named(rule: dict[str, Any], field: str) -> None:
    with pytest.raises(Error) as caught:
        relations.parse_rules(_rules(rule))
    assert (caught.value.kind, caught.value.field) == (Kind.INVALID, field)
