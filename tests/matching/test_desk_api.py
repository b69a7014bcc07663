"""The review desk over HTTP and by command: a queue of ten thousand, two reviewers at once, a run from end to end."""

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import combinations, islice
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock
from ninefold.cli.main import app
from ninefold.cli.platform import client
from ninefold.matching.tables import match_candidates
from tests.api.house import Api
from tests.support.world import World, day

ITEMS, PEOPLE = 10_000, 150
CARDS = (
    "card,at,name,birthday,address\n"
    "c1,2026-05-02 10:00,李小雷,1980-02-03,上海市南京路12号3室\n"
    "c2,2026-05-03 10:00,李晓雷,1980-02-03,南京路12号3室\n"
    "c3,2026-05-04 10:00,Emma Smith,1975-11-30,12 High Street\n"
    "c4,2026-05-05 10:00,Smith Emma,1975-11-30,12 High St\n"
)
MAPPING = {
    "kind": "mapping", "key": "cards", "name": "Cards", "source": "cards", "event": "Card Filled", "owner": "crm",
    "identifiers": [{"namespace": "card", "column": "card"}], "time": "at", "message_id": ["card"],
    "traits": {"name": "name", "birthday": "birthday", "address": "address"},
}  # fmt: skip
DOCUMENT = {
    "kind": "matching", "key": "people", "name": "People", "owner": "crm",
    "fields": [{"key": "name", "kind": "name", "traits": ["name"]},
               {"key": "birth", "kind": "birth_date", "traits": ["birthday"]}],
    "blocking": [["name"], ["birth"]], "thresholds": {"auto": "never", "review": 0.1},
    "valuable": {"trait": "name", "op": "eq", "value": "李小雷"},
}  # fmt: skip


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC")
    with Ninefold.open(settings, clock=clock) as ninefold:
        yield Api(ninefold)


def fill(api: Api) -> None:
    """Ten thousand pairs of some people; every tenth of a high score, every hundredth of valuable people."""
    ninefold = api.ninefold
    people = World(ninefold.events).meet(ninefold.records, *([("card", f"n{k}")] for k in range(PEOPLE)), at=day(1))
    now = ninefold.clock.now()
    rows = [
        {"key": "people", "node": "", "a": a, "b": b, "root_a": a, "root_b": b, "score": 0.99 if k % 10 == 0 else 0.8,
         "bits": 3.0, "evidence": [], "agrees": ["name"] if k % 2 else ["birth"], "differs": [], "model": 1,
         "document_version": 1, "run": 1, "state": "open", "valuable": k % 100 == 0, "check": False,
         "opened_at": now, "updated_at": now}
        for k, (a, b) in enumerate(islice(combinations(sorted(people), 2), ITEMS))
    ]  # fmt: skip
    with ninefold.records.begin() as conn:
        conn.execute(sa.insert(match_candidates), rows)


def reviewer(api: Api, name: str) -> dict[str, str]:
    secret = api.ok("POST", "/v1/keys", json={"kind": "token", "name": name})["secret"]
    return {"Authorization": f"Bearer {secret}"}


def take(api: Api, hand: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.ok("POST", "/v1/reviews/claims", json={"next": 20}, headers=hand)
    return found


def test_a_queue_of_ten_thousand_and_two_reviewers(api: Api) -> None:
    api.ok("POST", "/v1/definitions/apply", json={"documents": [DOCUMENT]})
    fill(api)
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.ok("GET", "/v1/reviews", params={"limit": 500, "cursor": cursor, "sort": "score"})
        seen += [one["item"] for one in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == ITEMS
    wanted = {"score_from": 0.9, "agrees": ["birth"]}
    assert api.ok("POST", "/v1/reviews/counts", json=wanted)["total"] == ITEMS // 10
    assert api.ok("POST", "/v1/reviews/counts", json=wanted)["valuable"] == ITEMS // 100

    hands = [reviewer(api, "ann"), reviewer(api, "ben")]
    with ThreadPoolExecutor(2) as pool:
        taken = list(
            pool.map(lambda hand: api.ok("POST", "/v1/reviews/claims", json={"next": 20}, headers=hand), hands)
        )
    ann, ben = ({one["item"] for one in some} for some in taken)
    assert len(ann | ben) == len(ann) + len(ben) >= 20
    held = api.call("POST", f"/v1/reviews/{min(ann)}/decision", json={"verdict": "different"}, headers=hands[1])
    assert (held.status_code, held.json()["code"]) == (409, "review_held")

    some = {"score_from": 0.9, "person": "card:n0"}
    before = api.ok("POST", "/v1/reviews/bulk/preview", json=some, headers=hands[0])
    assert before["count"] > 0
    body = {"filter": some, "verdict": "different", "reason": "a test list", "count": before["count"]}
    wrong = api.call("POST", "/v1/reviews/bulk", json=body | {"count": before["count"] + 1}, headers=hands[0])
    assert wrong.json()["code"] == "queue_changed"
    done = api.ok("POST", "/v1/reviews/bulk", json=body, headers=hands[0])
    assert (done["done"], done["refused"]) == (before["count"], 0)
    left = api.ok("POST", "/v1/reviews/counts", json={})["total"]
    assert left == ITEMS - before["count"]


def test_a_run_and_its_decisions_by_command(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def here() -> Iterator[client.Client]:
        yield client.Client(token=api.token, application=api.application)

    monkeypatch.setattr(sys.modules["ninefold.cli.who.reviews"], "session", here)
    api.ninefold.start()
    api.ok("POST", "/v1/definitions/apply", json={"documents": [MAPPING, DOCUMENT]})
    api.ok("POST", "/v1/imports", files={"file": ("cards.csv", CARDS)}, data={"mapping": "cards"})
    for _ in range(600):
        if api.ok("GET", "/v1/totals")["events"].get("Card Filled") == 4:
            break
        time.sleep(0.1)

    assert "no run yet" in said("matching", "follow", "people")
    run = json.loads(said("matching", "run", "people", "--json"))
    assert (run["state"], run["opened"]) == ("done", 2)
    assert json.loads(said("matching", "follow", "people", "--json"))["id"] == run["id"]
    assert "open 2" in said("matching", "status", "people")
    items = json.loads(said("reviews", "list", "--json"))["items"]
    [valuable] = [one["item"] for one in items if one["valuable"]]
    [plain] = [one["item"] for one in items if not one["valuable"]]
    assert "1975-11-30" in said("reviews", "show", plain)
    assert "another one" in said("reviews", "decide", valuable, "same", "--reason", "asked him")
    assert "another one" in said("reviews", "decide", valuable, "same", "--reason", "asked him twice")
    second = api.ok("POST", f"/v1/reviews/{valuable}/decision", json={"verdict": "same"}, headers=reviewer(api, "ben"))
    assert second["outcome"] == "done"
    assert "nothing was decided" in said("reviews", "bulk", "same", "--reason", "one register", "--from", "0.1")
    assert "1" in said("reviews", "bulk", "same", "--reason", "one register", "--from", "0.1", "--yes")
    assert "taken back" in said("reviews", "undo", plain, "--reason", "she has a sister")
    assert plain in said("reviews", "take")
    assert "threshold" in said("matching", "evaluate", "people")

    changed = CARDS.splitlines()[0] + "\nc2,2026-05-09 10:00,王芳,1980-02-03,南京路12号3室\n"
    document: dict[str, Any] = DOCUMENT | {"expiry": {"fields": ["name"], "same": "retract"}}
    api.ok("POST", "/v1/definitions/apply", json={"documents": [document, MAPPING | {"message_id": ["card", "at"]}]})
    api.ok("POST", "/v1/imports", files={"file": ("more.csv", changed)}, data={"mapping": "cards"})
    for _ in range(600):
        if api.ok("GET", "/v1/totals")["events"].get("Card Filled") == 5:
            break
        time.sleep(0.1)
    assert json.loads(said("matching", "run", "people", "--json"))["expired"] == 1
    found = api.ok("GET", f"/v1/reviews/{valuable}")
    assert (found["state"], found["changed"][0]["after"]) == ("expired", "王芳")
    assert [vote["counts"] for vote in found["votes"]] == [False] * 3


def said(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.output
