"""Analyses over HTTP and on the command line: saved, asked, listed, kept; masked tokens; the audit log."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock
from tests.api.house import Api, imported

FUNNEL: dict[str, Any] = {
    "kind": "analysis", "key": "again", "name": {"en": "Buy again", "zh": "复购"}, "owner": "crm", "method": "funnel",
    "over": {"from": "2026-05-01", "to": "2026-05-31"},
    "funnel": {"steps": ["Order Completed", "Order Completed", "Order Completed", "Order Completed"], "window": "30d"},
}  # fmt: skip
RETENTION = {
    "method": "retention", "over": {"from": "2026-05-01", "to": "2026-05-31"},
    "retention": {"start": "Order Completed", "grain": "week", "columns": 3, "birth": "every"},
}  # fmt: skip


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC")
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.start()
        api = Api(ninefold)
        imported(api)
        yield api


def test_the_story_of_an_analysis(api: Api, clock: FixedClock) -> None:
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [FUNNEL]})["ok"]
    found = api.ok("POST", "/v1/analysis/run", json={"key": "again"})
    steps = found["result"]["steps"]
    assert (found["version"], [step["people"] for step in steps]) == (1, [40, 40, 40, 0])  # three orders each
    asked = {"key": "again", "version": 1, "pin": found["stamp"]["pin"]}
    for step in steps:
        for number, crowd in ((step["people"], step["crowd"]), (step["dropped"], step["dropped_crowd"])):
            if crowd:
                page = api.ok("POST", "/v1/analysis/people", json={**asked, "crowd": crowd, "limit": 15})
                names = set(page["people"])
                while page["next"]:
                    body = {**asked, "crowd": crowd, "limit": 15, "after": page["next"]}
                    page = api.ok("POST", "/v1/analysis/people", json=body)
                    names |= set(page["people"])
                assert (len(names), page["size"], page["restated"]) == (number, number, False)
    header = {"key": "not_four", "name": "Not four", "owner": "crm"}
    body = {**asked, "crowd": steps[3]["dropped_crowd"], "segment": header}
    assert api.ok("POST", "/v1/analysis/segment", json=body)["snapshot"]["size"] == 40
    clock.advance(timedelta(hours=1))
    assert api.ok("POST", "/v1/segments/not_four/preview")["size"] == 40
    assert api.ok("POST", "/v1/segments/refresh", json={"keys": ["not_four"]})[0]["snapshot"]["size"] == 40
    weeks = api.ok("POST", "/v1/analysis/run", json={"analysis": RETENTION})["result"]
    assert sum(cohort["people"] for cohort in weeks["cohorts"]) > 40
    verbs = [entry["verb"] for entry in api.ok("GET", "/v1/audit", params={"limit": 100})["entries"]]
    assert "POST /v1/analysis/people" in verbs
    assert "POST /v1/analysis/run" not in verbs


def test_what_is_wrong_is_answered_in_words(api: Api) -> None:
    for body, status, code in (
        ({}, 422, ""),
        ({"key": "nothing"}, 404, "unknown_analysis"),
        ({"analysis": {"method": "tunnel"}}, 400, "bad_method"),
        ({"analysis": {**RETENTION, "over": {"from": "2027-01-01", "to": "2027-02-01"}}}, 400, "empty_window"),
    ):
        answer = api.call("POST", "/v1/analysis/run", json=body)
        assert answer.status_code == status, answer.text
        assert not code or answer.json()["code"] == code


def test_a_masked_token_groups_by_nothing_personal(api: Api) -> None:
    made = api.ok(
        "POST", "/v1/keys", json={"kind": "token", "name": "analyst", "scope": {"verbs": ["read"], "clear": []}}
    )
    masked = {"Authorization": f"Bearer {made['secret']}"}
    for trait, status in (("phone", 403), ("city", 200)):
        funnel = {**FUNNEL["funnel"], "breakdown": {"trait": trait}}
        body = {"analysis": {"method": "funnel", "over": FUNNEL["over"], "funnel": funnel}}
        answer = api.call("POST", "/v1/analysis/run", json=body, headers=masked)
        assert answer.status_code == status, answer.text
