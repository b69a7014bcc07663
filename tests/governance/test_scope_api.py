"""Tokens see their node's people, the fields they may, and do what their verbs say."""

import json
from typing import Any

import pytest

from .conftest import Api

ORG = {"kind": "org", "key": "o", "nodes": [
    {"code": "acme", "level": "group"}, {"code": "s1", "level": "store", "parent": "acme"},
    {"code": "s2", "level": "store", "parent": "acme"},
]}  # fmt: skip


def _person(user: str, phone: str, name: str) -> list[dict[str, Any]]:
    at = "2026-05-01T00:00:00Z"
    traits = {"phone": phone, "name": name, "address": "上海市南京路 1 号", "city": "上海"}
    return [
        {"type": "identify", "userId": user, "messageId": f"i{user}", "timestamp": at, "traits": traits},
        {"type": "track", "userId": user, "event": "Called", "messageId": f"v{user}", "timestamp": at,
         "properties": {"phone": phone}},
    ]  # fmt: skip


@pytest.fixture
def stores(api: Api) -> Api:
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [ORG]})["ok"]
    api.collect(*_person("u_one", "13912340001", "Li Lei"), *_person("u_two", "13912340002", "Han Meimei"))
    for user, node in (("u_one", "s1"), ("u_two", "s2")):
        api.ok("POST", f"/v1/people/user_id:{user}/memberships", json={"node": node})
    return api


def _token(api: Api, **scope: object) -> str:
    body = {"kind": "token", "name": "guide", "scope": scope}
    return str(api.ok("POST", "/v1/keys", json=body)["secret"])


def test_a_guide_sees_the_people_of_the_store_masked(stores: Api) -> None:
    guide = _token(stores, node="s1", clear=["name"], verbs=["read"])
    seen = stores.call("GET", "/v1/people/user_id:u_one", token=guide)
    assert seen.status_code == 200
    assert "13912340001" not in seen.text
    assert "南京路" not in seen.text
    traits = {one["key"]: one["chosen"]["value"] for one in seen.json()["traits"]}
    assert (traits["name"], traits["city"]) == ("Li Lei", "上海")
    assert stores.call("GET", "/v1/people/user_id:u_two", token=guide).status_code == 404
    assert "13912340001" not in stores.call("GET", "/v1/people/user_id:u_one/timeline", token=guide).text
    assert "13912340001" not in stores.call("GET", "/v1/people/user_id:u_one/links", token=guide).text
    body = {"traits": ["phone", "city"]}
    page = stores.call("POST", "/v1/people/query", token=guide, json=body).json()
    assert page["total"] == 1
    assert page["people"][0]["traits"] == {"phone": "+86139****0001", "city": "上海"} or (
        "13912340001" not in json.dumps(page)
    )
    found = stores.call("GET", "/v1/people", token=guide, params={"q": "13912340002"})
    assert found.json() == []
    group = _token_again(stores, node="acme", verbs=["read"])
    assert stores.call("POST", "/v1/people/query", token=group, json={}).json()["total"] == 2


def _token_again(api: Api, **scope: object) -> str:
    return str(api.ok("POST", "/v1/keys", json={"kind": "token", "name": "boss", "scope": scope})["secret"])


def test_a_token_does_what_its_verbs_say(stores: Api) -> None:
    reader = _token(stores, verbs=["read"])
    assert stores.call("GET", "/v1/org", token=reader).status_code == 200
    for method, path, body in (
        ("POST", "/v1/people/user_id:u_one/memberships", {"node": "s2"}),
        ("GET", "/v1/audit", None),
        ("GET", "/v1/keys", None),
        ("GET", "/v1/quarantine", None),
        ("POST", "/v1/privacy/requests", {"kind": "erase", "person": "user_id:u_one"}),
    ):
        answer = stores.call(method, path, token=reader, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "out_of_scope"), path
    inside = _token_again(stores, node="s1", verbs=["read", "write"])
    assert stores.call("GET", "/v1/status", token=inside).json()["code"] == "out_of_scope"
    assert stores.call("POST", "/v1/org/s1/move", token=inside, json={"parent": ""}).status_code == 403


def test_a_scope_must_name_a_node_there_is(stores: Api) -> None:
    body = {"kind": "token", "name": "x", "scope": {"node": "s9"}}
    assert stores.call("POST", "/v1/keys", json=body).status_code == 404
