"""kill -9 while other systems are told of erasures: every destination hears of everybody, and every receipt says so."""

import contextlib
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from tests.support.receivers import Answer, Receiver, receiver
from tests.support.server import Server

PEOPLE, KILLS = 40, 3


@pytest.fixture
def partner() -> Iterator[Receiver]:
    """A slow system that sometimes has no time."""
    dice = random.Random(7)

    def answer(_name: str, _count: int) -> Answer:
        time.sleep(0.05)
        return (503 if dice.random() < 0.3 else 204), {}

    with receiver() as one:
        one.answer = answer
        yield one


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", zone="UTC")
    server.start()
    yield server
    server.stop()


@pytest.mark.crash
@pytest.mark.timeout(300)
def test_everybody_is_told_of_under_kill_9(server: Server, partner: Receiver) -> None:
    destination = {"kind": "deletion-destination", "key": "mailer", "name": "M", "owner": "dpo", "type": "webhook",
                   "identifiers": ["phone"], "url": partner.url}  # fmt: skip
    assert server.call("POST", "/v1/definitions/apply", json={"documents": [destination]})["ok"]
    key = server.call("POST", "/v1/keys", json={"kind": "write", "name": "web", "channel": "web"})["secret"]
    batch = [{"type": "identify", "userId": f"u{n}", "messageId": f"i{n}", "traits": {"phone": f"139{52000000 + n}"}}
             for n in range(PEOPLE)]  # fmt: skip
    server.call("POST", "/v1/batch", json={"writeKey": key, "batch": batch})
    while server.call("GET", "/v1/inbox")["events"]:
        time.sleep(0.1)
    gone = [f"user_id:u{n}" for n in range(PEOPLE)]
    server.call("POST", "/v1/privacy/requests/bulk", json={"kind": "erase", "people": gone})
    dice = random.Random(3)
    for _ in range(KILLS):
        thread = Thread(target=_tell, args=(server,), daemon=True)
        thread.start()
        time.sleep(dice.uniform(0.3, 1.2))
        server.kill()
        thread.join()
        server.start()
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        requests = server.call("GET", "/v1/privacy/requests", params={"limit": 1000})
        states = Counter(to["state"] for one in requests for to in (one["receipt"] or {}).get("destinations", ()))
        if states == {"confirmed": PEOPLE}:
            break
        server.call("POST", "/v1/privacy/notices/send")
        time.sleep(0.2)
    assert states == {"confirmed": PEOPLE}
    told = partner.accepted()
    assert {one["value"] for _, body in told for one in body["identifiers"]} == {
        f"+86139{52000000 + n}" for n in range(PEOPLE)
    }
    assert len({name for name, _ in told}) == PEOPLE
    for one in requests[:5]:
        assert server.call("POST", "/v1/privacy/receipts/verify", json={"receipt": one["receipt"]}) == {"valid": True}


def _tell(server: Server) -> None:
    with contextlib.suppress(Exception):  # the server is killed meanwhile
        server.call("POST", "/v1/privacy/notices/send")
