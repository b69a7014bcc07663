"""A person leaves: access, erasure, receipt; and does not come back."""

import io
import json
import zipfile
from typing import Any

import pytest

from .conftest import Api

OWNED = {"owner": "crm", "purpose": "test"}
DOCUMENTS = [
    {"kind": "channel", "key": "outbox", "name": "Outbox", "type": "outbox", "address": "person", **OWNED},
    {"kind": "campaign", "key": "news", "name": "News", "status": "live", "start": {"by_hand": True},
     "audience": {"condition": {"everyone": True}}, "channel": "outbox",
     "template": {"subject": "Hi", "body": "Dear {{ traits.name }}"}, **OWNED},
    {"kind": "org", "key": "o", "nodes": [{"code": "s1", "level": "store"}]},
]  # fmt: skip
PHONE = "13912340001"


def _person(user: str, phone: str, name: str, n: int) -> list[dict[str, Any]]:
    at = f"2026-05-0{n}T00:00:00Z"
    return [
        {"type": "identify", "userId": user, "messageId": f"i{n}", "timestamp": at,
         "traits": {"phone": phone, "name": name}},
        {"type": "track", "userId": user, "event": "Viewed", "messageId": f"v{n}", "timestamp": at},
    ]  # fmt: skip


@pytest.fixture
def lived(api: Api) -> Api:
    """Two people with events, a message, a membership and a consent each; one has a quarantined event too."""
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": DOCUMENTS})["ok"]
    api.collect(*_person("u_one", PHONE, "Li Lei", 1), *_person("u_two", "13912340002", "Han Meimei", 2))
    broken = {"type": "track", "userId": "u_one", "messageId": "q1", "properties": {"phone": PHONE}}  # no event name
    api.collect(broken)
    now = api.ninefold.clock.now()
    api.ninefold.campaigns.run("news", "june", now=now)
    api.ninefold.drain()
    for user in ("u_one", "u_two"):
        api.ok("POST", f"/v1/people/user_id:{user}/memberships", json={"node": "s1", "number": f"M-{user}"})
        api.ok("POST", f"/v1/people/user_id:{user}/consents", json={"purpose": "marketing", "said": "granted"})
    return api


def _request(api: Api, kind: str, person: str = f"phone:{PHONE}") -> dict[str, Any]:
    made: dict[str, Any] = api.ok("POST", "/v1/privacy/requests", json={"kind": kind, "person": person})
    api.ninefold.privacy.advance(str(made["id"]))
    found: dict[str, Any] = api.ok("GET", f"/v1/privacy/requests/{made['id']}")
    return found


def test_access_gives_everything_as_a_file(lived: Api) -> None:
    done = _request(lived, "access")
    assert done["has_file"]
    pack = zipfile.ZipFile(io.BytesIO(lived.call("GET", f"/v1/privacy/requests/{done['id']}/file").content))
    said = {name: json.loads(pack.read(name)) for name in pack.namelist()}
    assert set(said) >= {"profile.json", "events.json", "belonging.json", "outbox.json", "identity.json", "inbox.json"}
    assert {"namespace": "phone", "value": f"+86{PHONE}"} in said["identity.json"]
    assert [one["number"] for one in said["belonging.json"]["memberships"]] == ["M-u_one"]
    assert "Han Meimei" not in json.dumps(said)


def test_erasure_leaves_nothing_and_nobody_comes_back(lived: Api) -> None:
    person = lived.ok("GET", f"/v1/people/phone:{PHONE}")["public_id"]
    other = lived.ok("GET", "/v1/people/user_id:u_two")
    done = _request(lived, "erase")
    receipt = done["receipt"]
    counts = {one["store"]: (one["before"], one["after"]) for one in receipt["stores"]}
    assert receipt["complete"], receipt
    assert all(after == 0 for _, after in counts.values())
    assert all(counts[name][0] > 0 for name in ("events", "identity", "belonging", "inbox", "outbox")), counts
    assert lived.ok("POST", "/v1/privacy/receipts/verify", json={"receipt": receipt}) == {"valid": True}
    forged = receipt | {"person": "p_other"}
    assert lived.ok("POST", "/v1/privacy/receipts/verify", json={"receipt": forged}) == {"valid": False}

    assert lived.call("GET", f"/v1/people/phone:{PHONE}").status_code == 404
    files = [path.read_bytes() for path in lived.ninefold.settings.data_dir.rglob("outbox/**/*") if path.is_file()]
    assert files
    assert not any(person.encode() in content or b"Li Lei" in content for content in files)
    still = lived.ok("GET", "/v1/people/user_id:u_two")
    assert still["traits"] == other["traits"]
    assert [one["message_id"] for one in still["timeline"]["entries"]] == [
        one["message_id"] for one in other["timeline"]["entries"]
    ]

    lived.collect(*_person("u_one", PHONE, "Li Lei", 3))
    assert lived.call("GET", f"/v1/people/phone:{PHONE}").status_code == 404
    receipts = lived.ok("GET", "/v1/receipts/shop/v3")
    assert receipts["verdict"] == "suppressed"
    verbs = [one["verb"] for one in lived.ok("GET", "/v1/audit", params={"verb": "privacy"})["entries"]]
    assert verbs[:1] == ["privacy erase done"]
    assert PHONE not in json.dumps(lived.ok("GET", "/v1/audit", params={"limit": 1000}))


def test_suppression_stops_collecting_and_sending_until_resumed(lived: Api) -> None:
    assert _request(lived, "suppress")["state"] == "done"
    lived.collect(*_person("u_one", PHONE, "Li Lei", 4))
    assert lived.ok("GET", "/v1/receipts/shop/v4")["verdict"] == "suppressed"
    now = lived.ninefold.clock.now()
    lived.ninefold.campaigns.run("news", "july", now=now)
    done = lived.ninefold.campaigns.deliver(now=now)
    assert (done.delivered, done.suppressed) == (1, 1)
    assert _request(lived, "resume")["state"] == "done"
    lived.collect(*_person("u_one", PHONE, "Li Lei", 5))
    assert lived.ok("GET", "/v1/receipts/shop/v5")["verdict"] != "suppressed"
