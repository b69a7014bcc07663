"""kill -9 in the middle of matching runs: no pair is lost, none is doubled, nobody is joined twice."""

import csv
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.matching import house
from tests.support.server import Server

PEOPLE, DOUBLES, PART = 2_200, 220, 220
KILLS = 3
MAPPING = {
    "kind": "mapping", "key": "cards", "name": "cards", "source": "cards", "event": "Card Filled",
    "identifiers": [{"namespace": "card", "column": "card"}], "time": "at", "zone": "UTC", "message_id": ["card"],
    "traits": {name: name for name in ("name", "birthday", "address", "phone", "email", "city")}, "owner": "crm",
}  # fmt: skip
DOCUMENT = house.DOCUMENT | {"thresholds": {"auto": 0.999, "review": 0.3}, "desk": {"check_percent": 0}}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", zone="UTC", matching_part_people=str(PART))
    server.start()
    yield server
    server.stop()


def cards(path: Path) -> None:
    people, _ = house.register(PEOPLE, DOUBLES)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("card", "at", *people[0].traits))
        for number, one in enumerate(people):
            writer.writerow((f"c{number}", "2026-05-02 10:00:00", *one.traits.values()))


def progress(server: Server, run: int) -> dict[str, Any]:
    found: dict[str, Any] = server.call("GET", f"/v1/matching/people/runs/{run}")
    return found


def until(server: Server, true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 180
    while not true():
        assert time.monotonic() < deadline, server.log()[-3000:]
        time.sleep(0.2)


@pytest.mark.crash
@pytest.mark.timeout(600)
def test_killing_the_server_loses_no_pair_and_joins_nobody_twice(server: Server, tmp_path: Path) -> None:
    plan = server.call("POST", "/v1/definitions/apply", json={"documents": [MAPPING, DOCUMENT]})
    assert plan["ok"], plan
    cards(tmp_path / "cards.csv")
    with (tmp_path / "cards.csv").open("rb") as file:
        server.call("POST", "/v1/imports", files={"file": file}, data={"mapping": "cards"})
    until(server, lambda: server.call("GET", "/v1/totals")["events"].get("Card Filled") == PEOPLE + DOUBLES)

    dice = random.Random(5)
    run = server.call("POST", "/v1/matching/people/runs", json={"scope": "all"})["id"]
    seen = [progress(server, run)]
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.5, 3.0))
        server.kill()
        server.start()
        seen.append(progress(server, run))
    until(server, lambda: progress(server, run)["state"] == "done")
    first = progress(server, run)
    assert first["parts"] == first["parts_done"] == (PEOPLE + DOUBLES) // PART
    assert [one["parts_done"] for one in seen] == sorted(one["parts_done"] for one in seen)
    assert any(one["state"] == "running" for one in seen), "killed too late to prove anything"

    states = server.call("GET", "/v1/matching/people")["states"]
    assert first["opened"] == first["pairs"] == sum(states.values()) > DOUBLES * 0.8
    assert first["joined"] == states["auto"] > DOUBLES * 0.5
    people = server.call("POST", "/v1/people/query", json={"limit": 1})["total"]
    assert people == PEOPLE + DOUBLES - first["joined"], "each link joined two who were two"
    written = server.call("GET", "/v1/audit", params={"verb": "people joined", "limit": 500})["entries"]
    assert len({one["detail"]["candidate"] for one in written}) == len(written) == first["joined"]

    again = server.call("POST", "/v1/matching/people/runs", json={"scope": "all"})["id"]
    until(server, lambda: progress(server, again)["state"] == "done")
    second = progress(server, again)
    assert second["model"] == first["model"]
    assert second["joined"] == 0, "whoever is sure was joined by the first run"
