"""kill -9 while other systems are told of erasures: every destination hears of everybody, and every receipt says so."""

import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.support.server import Server

PEOPLE, KILLS = 40, 3


class Partner(ThreadingHTTPServer):
    """A slow system that sometimes has no time."""

    daemon_threads = True

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()
        self.people: set[str] = set()
        dice = random.Random(7)
        partner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["content-length"])))
                time.sleep(0.05)
                busy = dice.random() < 0.3
                if not busy:
                    partner.told[self.headers["webhook-id"]] += 1
                    partner.people.update(one["value"] for one in said["identifiers"])
                self.send_response(503 if busy else 204)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, *_: object) -> None:
        """A server that was killed leaves its connections."""


@pytest.fixture
def partner() -> Iterator[Partner]:
    server = Partner()
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", zone="UTC")
    server.start()
    yield server
    server.stop()


@pytest.mark.crash
@pytest.mark.timeout(300)
def test_everybody_is_told_of_under_kill_9(server: Server, partner: Partner) -> None:
    destination = {"kind": "deletion-destination", "key": "mailer", "name": "M", "owner": "dpo", "type": "webhook",
                   "identifiers": ["phone"], "url": f"http://127.0.0.1:{partner.server_port}/"}  # fmt: skip
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
    assert partner.people == {f"+86139{52000000 + n}" for n in range(PEOPLE)}
    assert len(partner.told) == PEOPLE
    for one in requests[:5]:
        assert server.call("POST", "/v1/privacy/receipts/verify", json={"receipt": one["receipt"]}) == {"valid": True}


def _tell(server: Server) -> None:
    with contextlib.suppress(Exception):  # the server is killed meanwhile
        server.call("POST", "/v1/privacy/notices/send")
