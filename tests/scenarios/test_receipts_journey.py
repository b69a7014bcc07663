"""An operator sees what became of events: over HTTP and by command, whichever wire brought them."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.collecting import serving
from typer.testing import CliRunner

from ninefold.app import Ninefold, Settings, build_application
from ninefold.base import SystemClock
from ninefold.cli.main import app as commands


@pytest.fixture
def server(records_url: str, events_url: str, tmp_path: Path) -> Iterator[tuple[str, str, str]]:
    """Address, token and write key of a platform on loopback."""
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC")
    with Ninefold.open(settings, clock=SystemClock()) as ninefold:
        ninefold.start()
        key = ninefold.keys.issue("write", "shop", channel="web")
        with serving(build_application(ninefold)) as url:
            yield url, ninefold.operator_token(), key


def test_what_became_of_events(server: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    url, token, key = server
    batch = [
        {"type": "track", "event": "Seen", "userId": "u1", "messageId": "a/1"},
        {"type": "track", "event": "Seen", "userId": "u1", "messageId": "late", "timestamp": "2999-01-01"},
        {"type": "track", "event": "Seen", "messageId": "nobody"},
        {"type": "track", "event": "Seen", "userId": "u1", "messageId": "a/1"},
    ]
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as http:
        sent = http.post("/v1/batch", json={"batch": batch, "writeKey": key}, params={"receipts": "1"}).json()
        verdicts = ["ok", "warning", "quarantined", "duplicate"]
        assert [receipt["verdict"] for receipt in sent["receipts"]] == verdicts

        one = _awaited(http, "/v1/receipts/shop/a/1")
        assert (one["verdict"], one["repeats"], one["name"]) == ("ok", 1, "Seen")
        assert _awaited(http, "/v1/receipts/shop/late")["warnings"] == ["timestamp_in_future"]
        assert http.get("/v1/receipts/shop/nobody").json()["code"] == "no_identifier"
        unknown = http.get("/v1/receipts/shop/never")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_message")

        page = http.get("/v1/receipts", params={"source": "shop"}).json()
        assert sorted(one["verdict"] for one in page["receipts"]) == sorted(verdicts)
        assert http.get("/v1/receipts", params={"source": "pos"}).json() == {"receipts": [], "next": None}
        assert http.get("/v1/receipts", params={"cursor": "x"}).json()["code"] == "bad_cursor"
        assert http.get("/v1/receipts", headers={"Authorization": ""}).status_code == 401

    monkeypatch.setenv("NINEFOLD_SERVER", url)
    monkeypatch.setenv("NINEFOLD_TOKEN", token)
    shown = CliRunner().invoke(commands, ["receipts", "shop", "--verdict", "quarantined", "--json"])
    assert [one["message_id"] for one in json.loads(shown.stdout)["receipts"]] == ["nobody"]
    alone = CliRunner().invoke(commands, ["receipts", "shop", "--message", "a/1", "--json"])
    assert json.loads(alone.stdout)["repeats"] == 1
    assert CliRunner().invoke(commands, ["receipts"]).exit_code == 0


def _awaited(http: httpx.Client, path: str) -> dict[str, Any]:
    for _ in range(200):
        found: dict[str, Any] = http.get(path).json()
        if found.get("progress") == "queryable":
            return found
        time.sleep(0.05)
    raise AssertionError(found)
