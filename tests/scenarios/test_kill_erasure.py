"""kill -9 while many people are erased: it ends complete, the receipts are right, and nothing of them is left anywhere.

Every person has unique values planted wherever personal data can stand; afterwards both stores, every table, and all
files are searched for them.
"""

import csv
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.server import Server

PEOPLE, GONE = 240, 120
KILLS = 5
OWNED = {"owner": "crm", "purpose": "test"}
MAPPING = {
    "kind": "mapping", "key": "orders", "name": "orders", "source": "pos", "channel": "store",
    "event": "Order Completed",
    "identifiers": [{"namespace": "phone", "column": "phone"}, {"namespace": "card", "column": "card"}],
    "time": "at", "zone": "UTC", "amount": {"column": "paid", "currency": "CNY"}, "order_id": "order",
    "message_id": ["order"], "properties": {"note": "note"},
}  # fmt: skip
DOCUMENTS = [
    MAPPING,
    {"kind": "org", "key": "o", "nodes": [{"code": "s1", "level": "store", "sources": ["pos"],
                                           "member_namespace": "card"}]},
    {"kind": "channel", "key": "outbox", "name": "Outbox", "type": "outbox", "address": "person", **OWNED},
    {"kind": "campaign", "key": "news", "name": "News", "status": "live", "start": {"by_hand": True},
     "audience": {"condition": {"everyone": True}}, "channel": "outbox",
     "template": {"subject": "Hi", "body": "Dear {{ traits.name }}"}, **OWNED},
    {"kind": "segment", "key": "all", "name": "All", "condition": {"everyone": True}, **OWNED},
]  # fmt: skip


def phone(n: int) -> str:
    return f"139{52000000 + n * 7}"


def planted(n: int) -> list[str]:
    """Texts that stand nowhere but in what is about this person."""
    return [phone(n), f"Zhang-{n:04d}-Wei", f"card{n:05d}x", f"mail{n:05d}@example.org", f"u{n:05d}q", f"note{n:05d}z"]


def wire(n: int, round_: str) -> list[dict[str, Any]]:
    user = f"u{n:05d}q"
    return [
        {"type": "identify", "userId": user, "messageId": f"i{n}-{round_}",
         "traits": {"phone": phone(n), "email": f"mail{n:05d}@example.org", "name": f"Zhang-{n:04d}-Wei"}},
        {"type": "track", "userId": user, "event": "Viewed", "messageId": f"v{n}-{round_}",
         "properties": {"note": f"note{n:05d}z"}},
        {"type": "track", "userId": user, "messageId": f"q{n}-{round_}", "properties": {"phone": phone(n)}},
    ]  # fmt: skip


def orders(path: Path, people: range, name: str) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("phone", "card", "order", "at", "paid", "note"))
        for n in people:
            writer.writerow((phone(n), f"card{n:05d}x", f"{name}-{n}", "2026-05-01 10:00", "9.50", f"note{n:05d}z"))
        writer.writerow((phone(people[0]), f"card{people[0]:05d}x", f"{name}-bad", "no time", "x", "bad"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", zone="UTC")
    server.start()
    yield server
    server.stop()


def send(server: Server, key: str, people: range, round_: str) -> None:
    batch = [event for n in people for event in wire(n, round_)]
    for start in range(0, len(batch), 120):
        server.call("POST", "/v1/batch", json={"writeKey": key, "batch": batch[start : start + 120]})


def upload(server: Server, path: Path) -> None:
    with path.open("rb") as file:
        server.call("POST", "/v1/imports", files={"file": file}, data={"mapping": "orders"})


def settle(server: Server, *, privacy: bool = True) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        done = all(one["state"] in {"done", "failed"} for one in server.call("GET", "/v1/imports"))
        open_ = [one for one in server.call("GET", "/v1/privacy/requests", params={"limit": 1000})
                 if one["state"] == "open"]  # fmt: skip
        if done and server.call("GET", "/v1/inbox")["events"] == 0 and not (privacy and open_):
            return
        time.sleep(0.2)
    raise AssertionError(f"work was left over\n{server.log()[-3000:]}")


@pytest.mark.crash
@pytest.mark.timeout(900)
def test_erasing_many_people_under_kill_9(server: Server, tmp_path: Path) -> None:
    dice = random.Random(11)
    assert server.call("POST", "/v1/definitions/apply", json={"documents": DOCUMENTS})["ok"]
    key = server.call("POST", "/v1/keys", json={"kind": "write", "name": "web", "channel": "web"})["secret"]
    send(server, key, range(PEOPLE), "first")
    orders(tmp_path / "first.csv", range(PEOPLE), "first")
    upload(server, tmp_path / "first.csv")
    settle(server)
    server.call("POST", "/v1/segments/refresh", json={})
    server.call("POST", "/v1/campaigns/news/run", json={"occurrence": "june"})
    for n in range(0, GONE, 10):
        body = {"purpose": "marketing", "said": "granted", "evidence": f"note{n:05d}z"}
        server.call("POST", f"/v1/people/user_id:u{n:05d}q/consents", json=body)
    time.sleep(2)

    gone = [f"user_id:u{n:05d}q" for n in range(GONE)]
    taken = server.call("POST", "/v1/privacy/requests/bulk", json={"kind": "erase", "people": gone})
    assert len(taken["requests"]) == GONE
    orders(tmp_path / "second.csv", range(PEOPLE), "second")
    upload(server, tmp_path / "second.csv")  # they come back by an old file, while they are erased
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.0, 1.5))
        server.kill()
        server.start()
    send(server, key, range(GONE - 20, GONE + 20), "third")  # and by old events
    settle(server)

    done = server.call("GET", "/v1/privacy/requests", params={"limit": 1000})
    assert len(done) == GONE
    for one in done:
        counts = {store["store"]: (store["before"], store["after"]) for store in one["receipt"]["stores"]}
        assert one["receipt"]["complete"], counts
        assert counts["identity"][0] >= 4, counts
        assert counts["events"][0] >= 2, counts
        assert counts["quarantine"][0] >= 1, counts
        assert server.call("POST", "/v1/privacy/receipts/verify", json={"receipt": one["receipt"]}) == {"valid": True}
    assert server.call("POST", "/v1/people/query", json={"limit": 1})["total"] == PEOPLE - GONE
    stays = server.call("GET", f"/v1/people/user_id:u{GONE:05d}q")
    assert sorted(one["message_id"] for one in stays["timeline"]["entries"] if one["name"] == "Viewed") == sorted(
        [f"v{GONE}-first", f"v{GONE}-third"]
    )
    server.stop()

    wanted = [text for n in range(GONE) for text in planted(n)]
    left = search(tmp_path / "data", [*wanted, *planted(PEOPLE - 1)])
    assert {text for _, text in left} == set(planted(PEOPLE - 1)), [one for one in left if one[1] in set(wanted)][:20]
    said = server.log()
    assert not [text for text in wanted if text in said]


def search(data: Path, texts: list[str]) -> list[tuple[str, str]]:
    """What is left, looked for by a process of its own: an embedded engine belongs to one process."""
    code = [sys.executable, "-m", "tests.support.remains", str(data)]
    root = Path(__file__).parents[2]
    done = subprocess.run(code, input="\n".join(texts), capture_output=True, text=True, check=False, timeout=120,
                          cwd=root, env=os.environ | {"NINEFOLD_LOG_LEVEL": "error"})  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [(place, text) for place, text in json.loads(done.stdout)]
