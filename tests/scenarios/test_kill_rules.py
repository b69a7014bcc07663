"""kill -9 while the rules change: old rules with old people, or new rules with new people, and no event is lost."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.server import Server

PEOPLE = 60
PATH = "/v1/identity/rules/changes"
STRICT = {"kind": "identity-rules", "namespaces": {"email": {"cap": 1}}}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", zone="UTC")
    server.start()
    yield server
    server.stop()


def visits(people: range, turn: str) -> list[dict[str, Any]]:
    """Two addresses per person, each of which was also seen alone."""
    return [
        {"type": kind, "messageId": f"{turn}{n}{k}{kind}", **({"userId": f"u{n}"} if kind == "track" else {}),
         "event": "Visit", "traits": {"email": f"m{n}-{k}@example.org"} if kind == "identify" else None,
         "context": {"traits": {"email": f"m{n}-{k}@example.org"}}}
        for n in people for k in range(2) for kind in ("track", "identify")
    ]  # fmt: skip


def send(server: Server, key: str, events: list[dict[str, Any]]) -> None:
    for start in range(0, len(events), 200):
        server.call("POST", "/v1/batch", json={"writeKey": key, "batch": events[start : start + 200]})


def until(server: Server, path: str, field: str, wanted: set[Any]) -> Any:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = server.call("GET", path)
        if found[field] in wanted:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{path}: {found}\n{server.log()[-2000:]}")


@pytest.mark.crash
@pytest.mark.timeout(300)
def test_a_change_of_the_rules_under_kill_9(server: Server) -> None:
    dice = random.Random(5)
    key = server.call("POST", "/v1/keys", json={"kind": "write", "name": "web", "channel": "web"})["secret"]
    send(server, key, visits(range(PEOPLE), "first"))
    until(server, "/v1/inbox", "events", {0})
    before = server.call("POST", "/v1/people/query", json={"limit": 1})["total"]
    made = server.call("POST", PATH, json={"document": STRICT})
    server.kill()
    server.start()
    ready = until(server, f"{PATH}/{made['id']}", "state", {"ready"})
    assert ready["report"]["counts"]["people_before"] == before == PEOPLE
    server.call("POST", f"{PATH}/{made['id']}/apply", json={})
    for turn in range(2):
        time.sleep(dice.uniform(0.0, 0.5))
        server.kill()
        server.start()
        send(server, key, visits(range(turn * 10, turn * 10 + 10), f"turn{turn}"))  # collecting goes on
        state = server.call("GET", f"{PATH}/{made['id']}")["state"]  # before the rules, which may come in between
        rules = server.call("GET", "/v1/definitions/identity-rules")
        assert state == "applying" or (state == "applied" and len(rules) == 1), (state, rules)
    done = until(server, f"{PATH}/{made['id']}", "state", {"applied"})
    until(server, "/v1/inbox", "events", {0})
    assert done["split"] == PEOPLE
    assert server.call("POST", "/v1/people/query", json={"limit": 1})["total"] == 2 * PEOPLE
    rebuilt = server.call("POST", "/v1/identity/rebuild")
    assert (rebuilt["moved"], rebuilt["merged"], rebuilt["split"]) == (0, 0, 0)
    entries = server.call("GET", "/v1/people/user_id:u5")["counters"]["events"]
    assert {one["name"]: one["count"] for one in entries}["Visit"] == 4
