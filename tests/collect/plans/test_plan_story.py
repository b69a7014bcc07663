"""A data engineer's story through the API: draft, apply, a broken release, mending, replay."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from tests.api.house import Api

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock
from ninefold.store import Statement

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "tracking-plan.md"


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC", role="api")
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.start()
        yield Api(ninefold)


def written(kind: str) -> Any:
    """The example of a kind of document in the guide."""
    blocks = [yaml.safe_load(part.split("```")[0]) for part in GUIDE.read_text().split("```yaml")[1:]]
    return next(one for one in blocks if (one["kind"] if isinstance(one, dict) else "mend") == kind)


def send(api: Api, key: str, *events: dict[str, Any]) -> list[dict[str, Any]]:
    body = {"batch": [{"type": "track", "userId": "u1", "event": "Order Completed", **one} for one in events]}
    basic = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": basic, "X-Ninefold-Receipts": "1"}
    answer = api.call("POST", "/v1/batch", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    receipts: list[dict[str, Any]] = answer.json()["receipts"]
    return receipts


def kept(api: Api) -> dict[str, dict[str, Any]]:
    api.ninefold.drain()
    rows = api.ninefold.events.query(Statement("SELECT message_id, props, nums FROM events")).to_pylist()
    return {row["message_id"]: dict(row["props"]) | dict(row["nums"]) for row in rows}


def test_a_broken_release_is_found_mended_and_replayed_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ninefold.collect.plans.service._FRESH_SECONDS", -1.0)
    key = api.ninefold.keys.issue("write", "web")
    good = {"order_id": "o1", "price": 9.5, "gift": True}
    send(api, key, *({"messageId": f"a{k}", "properties": {**good, "order_id": f"o{k}"}} for k in range(60)))
    api.ninefold.drain()
    [draft] = api.ok("POST", "/v1/plans/draft", json={})["documents"]
    assert (draft["event"], draft["schema"]["required"]) == ("Order Completed", ["gift", "order_id", "price"])

    plan, event = written("tracking-plan"), written("event")
    simulated = api.ok("POST", "/v1/plans/simulate", json={"plan": plan, "events": [event]})
    assert (simulated["events"], simulated["passed"]) == (60, 60)
    applied = api.ok("POST", "/v1/definitions/apply", json={"documents": [plan, event]})
    assert applied["ok"], applied
    [shown] = api.ok("GET", "/v1/plans")
    assert [one["event"] for one in shown["events"]] == ["Order Completed"]

    receipts = send(
        api,
        key,
        {"messageId": "b1", "properties": good},
        {"messageId": "b2", "properties": {**good, "colour": "red"}},
        {"messageId": "b3", "properties": {"order_id": "o3", "price": "¥1,299.00"}},
        {"messageId": "b4", "event": "Order completed", "properties": good},
    )
    assert [one["verdict"] for one in receipts] == ["ok", "warning", "quarantined", "warning"]
    assert [one.get("code") for one in receipts] == [None, None, "plan_invalid", None]
    assert receipts[1]["warnings"] == ["plan_unplanned_property"]
    found = kept(api)
    assert msgspec.json.decode(found["b2"]["$omitted"]) == {"colour": "red"}
    assert "colour" not in found["b2"]
    tallies = api.ok("GET", "/v1/plans/violations")
    assert {(one["event"], one["fault"], one["path"]) for one in tallies} == {
        ("Order Completed", "unplanned_property", "colour"),
        ("Order completed", "unplanned_event", ""),
    }

    [entry] = api.ok("GET", "/v1/quarantine", params={"code": "plan_*", "text": "1,299"})["entries"]
    assert (entry["message_id"], entry["field"]) == ("b3", "price")
    body = {"sought": {"code": "plan_invalid"}, "mend": written("mend")}
    [plain] = api.ok("POST", "/v1/quarantine/try", json={"ids": [entry["id"]]})
    assert (plain["good"], plain["code"]) == (False, "plan_invalid")
    [tried] = api.ok("POST", "/v1/quarantine/try", json=body)
    assert (tried["good"], tried["event"]) == (True, "Order Completed")
    done = api.ok("POST", "/v1/quarantine/replay", json=body)
    assert (done["accepted"], done["refused"], done["next_after_id"]) == (1, 0, None)
    assert api.ok("POST", "/v1/quarantine/replay", json=body)["accepted"] == 0
    found = kept(api)
    assert len(found) == 64
    assert found["b3"]["price"] == 1299.0
    assert msgspec.json.decode(found["b3"]["$omitted"]) == {"currency": "CNY"}  # the mending met the plan again
    assert api.ok("GET", "/v1/quarantine", params={"code": "plan_*"})["entries"] == []

    for language, word in (("python", "def order_completed("), ("typescript", "export function orderCompleted(")):
        answer = api.call("GET", "/v1/plans/default/client", params={"language": language})
        assert answer.headers["content-type"].startswith("text/plain")
        assert word in answer.text


def test_what_cannot_be_read_is_told(api: Api) -> None:
    for body, code in (
        ({}, "no_entries"),
        ({"ids": [1], "sought": {}}, "no_entries"),
        ({"ids": [1], "mend": [{"op": "rname"}]}, "bad_mend"),
    ):
        answer = api.call("POST", "/v1/quarantine/replay", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert api.call("GET", "/v1/plans/nowhere").status_code == 404
    bad = api.call("POST", "/v1/plans/simulate", json={"plan": {"key": "x", "invalid": "drop"}})
    assert (bad.status_code, bad.json()["field"]) == (400, "invalid")
