"""A token that sees no personal field in the clear is led through every GET of the API, and finds no planted value."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from .conftest import Api

NAME, PHONE, MAIL, STREET = "Zhang Planted Wei", "13955512345", "planted.wei@example.org", "Planted Road 77"
CARD = "CARDPLANTED9"
PLANTED = (NAME, PHONE, MAIL, STREET, CARD, "Planted")
OWNED = {"owner": "crm", "purpose": "test"}
DOCUMENTS = [
    {"kind": "org", "key": "o", "nodes": [
        {"code": "s1", "level": "store", "sources": ["pos"], "member_namespace": "card"}]},
    {"kind": "mapping", "key": "orders", "name": "orders", "source": "pos", "channel": "store",
     "event": "Order Completed", "identifiers": [{"namespace": "phone", "column": "phone"},
                                                 {"namespace": "card", "column": "card"}],
     "time": "at", "zone": "UTC", "order_id": "order", "message_id": ["order"]},
    {"kind": "segment", "key": "all", "name": "All", "condition": {"everyone": True}, **OWNED},
    {"kind": "role", "key": "fan", "name": "Fan"},
]  # fmt: skip


@pytest.fixture
def planted(api: Api, tmp_path: Path) -> Api:
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": DOCUMENTS})["ok"]
    traits = {"phone": PHONE, "name": NAME, "email": MAIL, "address": STREET}
    api.collect(
        {"type": "identify", "userId": "u1", "messageId": "i1", "traits": traits},
        {"type": "track", "userId": "u1", "event": "Ordered", "messageId": "t1", "properties": traits},
        {"type": "track", "userId": "u1", "messageId": "bad", "properties": traits},
        {"type": "identify", "userId": "u2", "messageId": "i2", "traits": {"name": NAME}},
    )
    rows = f"phone,card,order,at\n{PHONE},{CARD},o1,2026-05-01\n{PHONE},{CARD},o2,{STREET}\n"
    (tmp_path / "o.csv").write_text(rows)
    api.ninefold.imports.run(api.ninefold.imports.start(tmp_path / "o.csv", "orders").id)
    api.ninefold.drain()
    person = f"/v1/people/phone:{PHONE}"
    api.ok("POST", f"{person}/consents", json={"purpose": "marketing", "said": "granted"})
    api.ok("POST", f"{person}/roles", json={"role": "fan"})
    api.ok("POST", f"{person}/relations", json={"kind": "invited", "person": "user_id:u2"})
    api.ok("POST", "/v1/segments/refresh", json={})
    made = api.ok("POST", "/v1/privacy/requests", json={"kind": "access", "person": f"phone:{PHONE}"})
    api.ninefold.privacy.advance(str(made["id"]))
    return api


def _texts(content: bytes) -> str:
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as pack:
            content = b"\n".join(pack.read(name) for name in pack.namelist())
    text = content.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


def _calls(api: Api, public_id: str) -> list[str]:
    """Every GET with every value its path can have here."""
    values: dict[str, list[str]] = {
        "reference": [public_id, f"phone:{PHONE}"], "key": ["all", "orders", "default"], "kind": ["segment", "mapping"],
        "code": ["s1"], "role": ["fan"], "source": ["shop", "pos"], "message_id": ["i1", "bad"], "version": ["1"],
    }  # fmt: skip
    found = []
    for path, item in api.application.openapi()["paths"].items():
        if "get" not in item:
            continue
        names = [one["name"] for one in item["get"].get("parameters", ()) if one["in"] == "path"]
        options: list[dict[str, str]] = [{}]
        for name in names:
            options = [{**one, name: value} for one in options for value in values.get(name, ["1"])]
        found += [path.format(**one) for one in options]
    return found


def test_no_get_shows_a_planted_value_to_a_masked_token(planted: Api) -> None:
    public_id = planted.ok("GET", f"/v1/people/phone:{PHONE}")["public_id"]
    scope: dict[str, Any] = {"verbs": ["read", "write", "admin"], "clear": []}
    token = planted.ok("POST", "/v1/keys", json={"kind": "token", "name": "masked", "scope": scope})["secret"]
    shown: list[str] = []
    seen: dict[str, int] = {}
    clear = 0
    for path in _calls(planted, public_id):
        for query in ({}, {"q": "Zhang", "text": "Zhang"}):
            answer = planted.call("GET", path, token=token, params=query)
            seen[path] = answer.status_code
            assert answer.status_code < 500, (path, answer.text)
            text = _texts(answer.content).replace(path, "")
            # what was asked with is known to whoever asked
            shown += [f"{path}: {one}" for one in PLANTED if one in text and answer.status_code < 400]
            clear += any(one in _texts(planted.call("GET", path, params=query).content) for one in PLANTED)
    assert not shown, "\n".join(sorted(set(shown)))
    assert sum(status < 400 for status in seen.values()) > 25, seen
    assert clear >= 6, "with every right the same calls do show them"


def test_no_asking_post_shows_a_planted_value_to_a_masked_token(planted: Api) -> None:
    scope: dict[str, Any] = {"verbs": ["read"], "clear": []}
    token = planted.ok("POST", "/v1/keys", json={"kind": "token", "name": "masked", "scope": scope})["secret"]
    asked = [
        ("/v1/people/query", {"limit": 10, "traits": ["name", "phone", "email", "address"]}),
        ("/v1/conditions/preview", {"condition": {"everyone": True}}),
    ]
    for path, body in asked:
        answer = planted.call("POST", path, token=token, json=body)
        assert answer.status_code < 400, (path, answer.text)
        assert not [one for one in PLANTED if one in answer.text], path
