"""The audit log through the API: what is written, and what is not."""

import json

from .conftest import Api

IDENTIFY = {
    "type": "identify", "userId": "u1", "messageId": "i1", "timestamp": "2026-05-01T00:00:00Z",
    "traits": {"phone": "13912340001", "name": "Li Lei"},
}  # fmt: skip


def test_changes_and_reads_of_people_are_written_down(api: Api) -> None:
    api.collect(IDENTIFY)
    person = api.ok("GET", "/v1/people/phone:13912340001")
    made = api.ok("POST", "/v1/keys", json={"kind": "token", "name": "guide"})
    api.ok("GET", "/v1/keys")
    assert api.call("GET", f"/v1/people/{person['public_id']}", token=made["secret"]).status_code == 200
    entries = api.ok("GET", "/v1/audit")["entries"]
    said = [(one["actor"], one["verb"], one["target"]) for one in entries]
    assert said == [
        ("guide", "GET /v1/people/{reference}", person["public_id"]),
        ("operator", "POST /v1/keys", "guide"),
        ("operator", "GET /v1/people/{reference}", person["public_id"]),
    ]
    assert "13912340001" not in json.dumps(entries)
    assert entries[0]["detail"]["shown"] == "clear"


def test_a_refused_change_is_written_down_too(api: Api) -> None:
    assert api.call("POST", "/v1/keys/99/revoke").status_code == 404
    [entry] = api.ok("GET", "/v1/audit")["entries"]
    assert (entry["verb"], entry["target"], entry["detail"]["status"]) == ("POST /v1/keys/{key_id}/revoke", "99", 404)


def test_applying_documents_says_what_changed(api: Api) -> None:
    document = {"kind": "channel", "key": "box", "name": "Box", "type": "outbox", "address": "person",
                "owner": "crm", "purpose": "test"}  # fmt: skip
    api.ok("POST", "/v1/definitions/apply", json={"documents": [document]})
    [entry] = api.ok("GET", "/v1/audit")["entries"]
    assert entry["detail"]["changes"] == ["create channel/box version 1"]


def test_the_log_is_verified_and_exported(api: Api) -> None:
    for n in range(3):
        api.ok("POST", "/v1/keys", json={"kind": "write", "name": f"s{n}"})
    done = api.ok("POST", "/v1/audit/verify", json={})
    assert (done["whole"], done["entries"], done["faults"]) == (True, 3, [])
    anchored = api.ok("POST", "/v1/audit/verify", json={"anchors": [done["head"]]})
    assert anchored["whole"]
    wrong = api.ok("POST", "/v1/audit/verify", json={"anchors": [{"seq": 2, "hash": "0" * 64}]})
    assert [one["kind"] for one in wrong["faults"]] == ["anchor"]
    lines = api.call("GET", "/v1/audit/export").text.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [3, 2, 1]
    page = api.ok("GET", "/v1/audit", params={"limit": 2})
    assert [one["seq"] for one in page["entries"]] == [3, 2]
    assert page["next_before_seq"] == 2


def test_nothing_is_written_for_nobody(api: Api) -> None:
    assert api.call("POST", "/v1/keys", token="nft_wrong", json={"kind": "write", "name": "x"}).status_code == 401
    assert api.ok("GET", "/v1/audit")["entries"] == []
