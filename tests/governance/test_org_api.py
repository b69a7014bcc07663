"""The org tree, memberships, roles and relations through the real API."""

from .conftest import Api

ORG = {
    "kind": "org", "key": "acme", "nodes": [
        {"code": "acme", "name": "Acme", "level": "group"},
        {"code": "brand-a", "level": "brand", "parent": "acme", "matching": "separate"},
        {"code": "east", "level": "dealer", "parent": "brand-a"},
        {"code": "west", "level": "dealer", "parent": "acme"},
        {"code": "s1", "level": "store", "parent": "east", "sources": ["pos1"], "member_namespace": "card"},
    ],
}  # fmt: skip
FAN = {"kind": "role", "key": "fan", "name": "Fan", "condition": {"event": "Shared", "measure": "did"}}
EXPERT = {"kind": "role", "key": "expert", "name": "Expert"}


def _track(n: int, user: str, name: str, **properties: str) -> dict[str, object]:
    return {"type": "track", "userId": user, "event": name, "messageId": f"m{n}", "properties": properties,
            "timestamp": f"2026-05-0{n}T00:00:00Z"}  # fmt: skip


def test_a_person_of_two_stores_from_documents_to_transfer(api: Api) -> None:
    done = api.ok("POST", "/v1/definitions/apply", json={"documents": [ORG]})
    assert done["ok"], done
    nodes = {one["code"]: one for one in api.ok("GET", "/v1/org", params={"under": "brand-a"})}
    assert set(nodes) == {"brand-a", "east", "s1"}
    assert nodes["s1"]["path"] == "/acme/brand-a/east/s1/"
    assert nodes["s1"]["matching_scope"] == "brand-a"

    bought = _track(1, "u1", "Order Completed") | {"context": {"externalIds": [{"type": "card", "id": "C-7"}]}}
    api.collect(bought, source="pos1")
    api.collect(_track(2, "u1", "Membership Updated", node="west", tier="gold", owner="ann"))
    held = api.ok("GET", "/v1/people/user_id:u1/memberships")
    assert {(one["node"], one["tier"], one["owner"]) for one in held} >= {("west", "gold", "ann")}

    joined = api.ok("POST", "/v1/people/user_id:u1/memberships", json={"node": "east", "owner": "ann"})
    assert ("east", "ann") in {(one["node"], one["owner"]) for one in joined}
    assert api.call("POST", "/v1/people/user_id:u1/memberships", json={"node": "eastt"}).json()["hint"] == (
        'did you mean "east"?'
    )
    order = {"people": ["user_id:u1"], "owner": "ann", "to_owner": "bob", "reason": "ann left"}
    assert api.ok("POST", "/v1/org/transfer", json=order) == {"changed": 2}
    history = api.ok("GET", "/v1/people/user_id:u1/memberships/history")
    assert {(one["before"], one["after"], one["reason"]) for one in history} == {("ann", "bob", "ann left")}

    moved = api.ok("POST", "/v1/org/east/move", json={"parent": "west", "reason": "sold"})
    assert (moved["to_path"], moved["nodes"]) == ("/acme/west/east/", 2)
    assert [one["reason"] for one in api.ok("GET", "/v1/org/east/history")] == ["sold"]
    assert {one["node"] for one in api.ok("GET", "/v1/org/west/memberships")} >= {"west", "east"}


def test_roles_are_derived_and_given_with_periods(api: Api) -> None:
    api.collect(_track(1, "u1", "Shared"), _track(2, "u2", "Viewed"))
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [FAN, EXPERT]})["ok"]
    assert api.ok("POST", "/v1/roles/refresh") == [{"role": "fan", "began": 1, "ended": 0, "people": 1}]
    assert api.ok("POST", "/v1/roles/refresh")[0]["began"] == 0
    api.ok("POST", "/v1/people/user_id:u1/roles", json={"role": "expert", "reason": "won"})
    assert api.call("POST", "/v1/people/user_id:u1/roles", json={"role": "expert"}).status_code == 409
    held = api.ok("GET", "/v1/people/user_id:u1/roles")
    assert {(one["role"], one["origin"]) for one in held} == {("fan", "rule"), ("expert", "hand")}
    assert len(api.ok("GET", "/v1/roles/fan/people")) == 1
    api.ok("DELETE", "/v1/people/user_id:u1/roles/expert")
    ended = [one for one in api.ok("GET", "/v1/people/user_id:u1/roles") if one["until"]]
    assert [one["role"] for one in ended] == ["expert"]
    fans = FAN | {"condition": {"event": "Viewed", "measure": "did"}}
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [fans]})["ok"]
    assert api.ok("POST", "/v1/roles/refresh") == [{"role": "fan", "began": 1, "ended": 1, "people": 1}]


def test_relations_are_seen_from_both_sides(api: Api) -> None:
    api.collect(_track(1, "u1", "Shared"), _track(2, "u2", "Viewed"))
    for _ in range(2):
        body = {"kind": "gave", "person": "user_id:u2", "evidence": "order o1"}
        api.ok("POST", "/v1/people/user_id:u1/relations", json=body)
    api.ok("POST", "/v1/people/user_id:u1/relations", json={"kind": "owns", "product": "fridge-9"})
    giver = api.ok("GET", "/v1/people/user_id:u1/relations")
    receiver = api.ok("GET", "/v1/people/user_id:u2/relations")
    assert {(one["kind"], one["side"]) for one in giver} == {("gave", "from"), ("owns", "product")}
    assert [(one["kind"], one["side"]) for one in receiver] == [("gave", "to")]
    me = api.call("POST", "/v1/people/user_id:u1/relations", json={"kind": "gave", "person": "user_id:u1"})
    assert me.json()["code"] == "bad_relation"
