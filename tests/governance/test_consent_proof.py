"""Consents come in bulk with proof and only once, end by themselves, wait for a confirmation, and disagree visibly."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ninefold.base import FixedClock
from ninefold.cli.main import app
from ninefold.cli.platform import client

from .conftest import Api

PURPOSES = {
    "kind": "consent-purposes", "key": "default", "owner": "dpo", "purpose": "law",
    "purposes": {
        "marketing": {"unknown": "deny", "valid_for": "180d"},
        "newsletter": {"unknown": "deny", "double_opt_in": True},
    },
}  # fmt: skip


MERGE = {"one": "user_id:ann", "other": "user_id:ben", "reason": "same person"}


def _who(user: str, **traits: str) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "messageId": f"i-{user}-{len(traits)}", "traits": traits}


@pytest.fixture
def peopled(api: Api) -> Api:
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [PURPOSES]})["ok"]
    api.collect(_who("ann"), _who("ben"))
    return api


def _standing(api: Api, user: str, purpose: str) -> dict[str, Any]:
    found = api.ok("GET", f"/v1/people/user_id:{user}/consents")["standings"]
    return next(one for one in found if one["purpose"] == purpose)


def _rows() -> list[dict[str, Any]]:
    base = {"purpose": "marketing", "at": "2026-05-01T10:00:00Z", "text_version": "2026-04", "channel": "store"}
    return [
        {"person": "user_id:ann", "said": "granted", "evidence": "form 1", **base},
        {"person": "user_id:ben", "said": "denied", "evidence": "form 2", **base},
        {"person": "phone:13912349999", "said": "granted", "evidence": "form 3", **base},
    ]


def test_a_file_of_consents_is_written_once_with_its_proof(peopled: Api) -> None:
    first = peopled.ok("POST", "/v1/consents/import", json={"name": "pos.csv", "rows": _rows()})
    again = peopled.ok("POST", "/v1/consents/import", json={"name": "pos.csv", "rows": _rows()})
    assert first == {"written": 2, "known": 0, "unknown": ["phone:139****9999"]}
    assert (again["written"], again["known"]) == (0, 2)
    said = _standing(peopled, "ann", "marketing")
    assert (said["standing"], said["allowed"]) == ("granted", True)
    proof = said["because"][0]
    assert {name: proof[name] for name in ("text_version", "channel", "evidence", "source")} == {
        "text_version": "2026-04", "channel": "store", "evidence": "form 1", "source": "file/pos.csv",
    }  # fmt: skip
    assert _standing(peopled, "ben", "marketing")["standing"] == "denied"
    entry = peopled.ok("GET", "/v1/audit", params={"verb": "consents imported"})["entries"][0]
    assert entry["target"] == "pos.csv"


def test_a_yes_ends_by_itself(peopled: Api) -> None:
    clock = peopled.ninefold.clock
    assert isinstance(clock, FixedClock)
    peopled.ok("POST", "/v1/consents/import", json={"name": "pos.csv", "rows": _rows()})
    assert _standing(peopled, "ann", "marketing")["until"].startswith("2026-10-28")
    clock.advance(timedelta(days=148))
    assert _standing(peopled, "ann", "marketing")["standing"] == "granted"
    clock.advance(timedelta(days=2))
    assert (_standing(peopled, "ann", "marketing")["standing"], _standing(peopled, "ann", "marketing")["allowed"]) == (
        "expired", False,
    )  # fmt: skip
    counts = {one["purpose"]: one for one in peopled.ok("GET", "/v1/consents")}["marketing"]
    assert (counts["granted"], counts["denied"], counts["expired"]) == (0, 1, 1)
    with peopled.ninefold.records.begin() as conn:
        ann = peopled.ninefold.identity.find(conn, "user_id", "ann")
        assert ann is not None
        refused = peopled.ninefold.consents.refused(conn, {ann: {ann}}, "marketing", now=clock.now())
    assert refused == {ann}


def test_a_double_opt_in_counts_once_it_is_confirmed(peopled: Api) -> None:
    url = "/v1/people/user_id:ann/consents"
    peopled.ok("POST", url, json={"purpose": "newsletter", "said": "granted", "at": "2026-05-01T10:00:00Z"})
    first = _standing(peopled, "ann", "newsletter")
    assert (first["standing"], first["allowed"], first["pending"]) == ("unknown", False, True)
    step = {"purpose": "newsletter", "said": "granted", "at": "2026-05-01T10:05:00Z", "confirmation": "mail link 7"}
    peopled.ok("POST", url, json=step)
    second = _standing(peopled, "ann", "newsletter")
    assert (second["standing"], second["allowed"], second["pending"]) == ("granted", True, False)
    assert second["because"][0]["evidence"] == "mail link 7"


def test_a_merge_of_a_yes_and_a_no_is_strict_and_marked_until_the_person_says_more(peopled: Api) -> None:
    peopled.ok("POST", "/v1/consents/import", json={"name": "pos.csv", "rows": _rows()})
    peopled.collect(_who("ann", phone="13912340001"), _who("ben", phone="13912340001"))
    peopled.ok("POST", "/v1/identity/merge", json=MERGE)
    both = _standing(peopled, "ann", "marketing")
    assert (both["standing"], both["conflict"], both["allowed"]) == ("denied", True, False)
    peopled.ok("POST", "/v1/people/user_id:ann/consents", json={"purpose": "marketing", "said": "granted"})
    settled = _standing(peopled, "ann", "marketing")
    assert (settled["standing"], settled["conflict"]) == ("granted", False)


def test_the_commands_say_it_too(peopled: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def here() -> Iterator[client.Client]:
        yield client.Client(token=peopled.token, application=peopled.application)

    monkeypatch.setattr(sys.modules["ninefold.cli.governance.consent"], "session", here)
    file = tmp_path / "old.csv"
    file.write_text("person,purpose,said,at\nuser_id:ann,marketing,granted,2026-05-01T10:00:00Z\n"
                    "user_id:nobody,marketing,denied,2026-05-01T10:00:00Z\n")  # fmt: skip
    run = CliRunner()
    done = run.invoke(app, ["consent", "import", str(file)])
    assert done.exit_code == 0, done.output
    assert "user_id:" in done.output
    assert "granted" in run.invoke(app, ["consent", "show", "user_id:ann"]).output
    assert run.invoke(app, ["consent", "deny", "user_id:ann", "marketing", "--withdraw"]).exit_code == 0
    history = run.invoke(app, ["consent", "history", "user_id:ann", "--json"]).output
    assert "withdrawn" in history
    assert "old.csv row 2" in history
