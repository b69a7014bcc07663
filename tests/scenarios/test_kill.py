"""kill -9 at random moments of collecting, importing and sending: nothing is lost, nothing is doubled."""

import base64
import csv
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from tests.support.server import Server

KILLS = 20
ROWS = 4_000
PEOPLE = 1_500
VISITORS = 20
OWNED = {"owner": "crm", "purpose": "test"}
MAPPING = {
    "kind": "mapping", "key": "orders", "name": "orders", "source": "pos", "channel": "store",
    "event": "Order Completed",
    "identifiers": [{"namespace": "member_no", "column": "member"}], "time": "at", "zone": "UTC",
    "amount": {"column": "paid", "currency": "CNY"}, "order_id": "order", "message_id": ["order"],
}  # fmt: skip


class Receiver:
    """A webhook receiver that honours idempotency keys, as the channel's contract asks."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.people: dict[str, str] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                key = self.headers["Idempotency-Key"]
                receiver.calls[key] += 1
                receiver.people[key] = body["person"]
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A sender that was killed hangs up; that is the point of the test."""

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Shop:
    """An SDK that never stops: it sends batches and repeats each until it is acknowledged."""

    def __init__(self, server: Server, write_key: str) -> None:
        self._server = server
        self._auth = "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()
        self.acknowledged: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            ids = [f"web-{number}-{i}" for i in range(VISITORS)]
            number += 1
            batch = [{"type": "track", "event": "Page Viewed", "userId": f"w{i}", "messageId": one}
                     for i, one in enumerate(ids)]  # fmt: skip
            while True:
                with suppress(httpx.TransportError):
                    answer = httpx.post(f"{self._server.address}/v1/batch", json={"batch": batch}, timeout=10,
                                        headers={"Authorization": self._auth})  # fmt: skip
                    if answer.status_code == 200:
                        self.acknowledged += ids
                        break
                if self._stop.is_set():
                    return
                time.sleep(0.1)
            time.sleep(0.02)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", zone="UTC")
    server.start(cold=True)
    yield server
    server.stop()


def campaign(key: str, channel: str) -> dict[str, object]:
    return {
        "kind": "campaign", "key": key, "name": key, "status": "live", "start": {"by_hand": True}, "channel": channel,
        "audience": {"condition": {"event": "Order Completed", "measure": "did"}},
        "template": {"subject": "Hello", "body": "Hello"},
        "holdout": "20%", "goal": {"event": "Order Completed", "within": "7d", "revenue": True}, **OWNED,
    }  # fmt: skip


def orders_file(path: Path, number: int) -> int:
    """A file of orders; returns its sum in cents."""
    dice = random.Random(number)
    total = 0
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("member", "order", "at", "paid"))
        for row in range(ROWS):
            cents = dice.randint(100, 99_999)
            total += cents
            when = f"2026-0{dice.randint(1, 9)}-{dice.randint(10, 28)} 10:00:00"
            writer.writerow((f"M{dice.randint(1, PEOPLE)}", f"{number}-{row}", when, f"{cents / 100:.2f}"))
    return total


def kill_soon(server: Server, dice: random.Random) -> None:
    time.sleep(dice.uniform(0.0, 1.2))
    server.kill()
    server.start()


def settle(server: Server) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        runs = server.call("GET", "/v1/imports", params={"limit": 100})
        campaigns = server.call("GET", "/v1/campaigns")
        if (
            all(run["state"] == "done" for run in runs)
            and server.call("GET", "/v1/inbox")["events"] == 0
            and not any(one["waiting"] for one in campaigns)
        ):
            return
        time.sleep(0.2)
    raise AssertionError(f"work was left over: {runs} {campaigns}\n{server.log()[-3000:]}")


@pytest.mark.crash
@pytest.mark.timeout(1200)
def test_killing_the_server_loses_nothing_and_doubles_nothing(
    server: Server, receiver: Receiver, tmp_path: Path
) -> None:
    dice = random.Random(7)
    documents = [
        MAPPING, campaign("to_outbox", "outbox"), campaign("to_webhook", "hook"),
        {"kind": "channel", "key": "outbox", "name": "outbox", "type": "outbox", "address": "person", **OWNED},
        {"kind": "channel", "key": "hook", "name": "hook", "type": "webhook", "url": receiver.address,
         "address": "person", **OWNED},
    ]  # fmt: skip
    plan = server.call("POST", "/v1/definitions/apply", json={"documents": documents})
    assert plan["ok"], plan
    key = server.call("POST", "/v1/keys", json={"kind": "write", "name": "web", "channel": "web"})["secret"]
    shop = Shop(server, key)
    shop.start()
    cents = 0
    with ThreadPoolExecutor(1) as background:
        for number in range(KILLS // 2):
            path = tmp_path / f"orders-{number}.csv"
            cents += orders_file(path, number)
            with path.open("rb") as file:
                server.call("POST", "/v1/imports", files={"file": file}, data={"mapping": "orders"})
            kill_soon(server, dice)
        settle(server)
        for number in range(KILLS // 2):
            started = [background.submit(run, server, key, f"wave-{number}") for key in ("to_outbox", "to_webhook")]
            kill_soon(server, dice)
            for one in started:
                one.result()
            for key in ("to_outbox", "to_webhook"):  # whoever got no answer asks again; the occasion has a name
                run(server, key, f"wave-{number}", must=True)
    shop.stop()
    server.kill()
    server.start(cold=True)
    settle(server)
    check_history(server, cents, shop)
    check_messages(server, receiver)


def run(server: Server, key: str, occurrence: str, *, must: bool = False) -> None:
    try:
        server.call("POST", f"/v1/campaigns/{key}/run", json={"occurrence": occurrence})
    except (AssertionError, httpx.TransportError):
        if must:
            raise


def check_history(server: Server, cents: int, shop: Shop) -> None:
    people = server.call("POST", "/v1/people/query", json={"limit": 1})["total"]
    assert people == PEOPLE + VISITORS
    page = server.call("GET", "/v1/status")["steps"]
    assert page[0]["figures"][3] == {**page[0]["figures"][3], "key": "quarantined", "value": 0}
    report = server.call("GET", "/v1/totals")
    assert report["events"]["Order Completed"] == KILLS // 2 * ROWS
    assert report["revenue_minor"]["CNY"] == cents
    assert len(set(shop.acknowledged)) == len(shop.acknowledged) > 0
    sent = report["events"]["Page Viewed"]
    assert len(shop.acknowledged) <= sent <= len(shop.acknowledged) + VISITORS, "acknowledged once, kept once"


def check_messages(server: Server, receiver: Receiver) -> None:
    waves = KILLS // 2
    for key in ("to_outbox", "to_webhook"):
        found = server.call("GET", f"/v1/campaigns/{key}/report")
        treated, control = found["treated"]["people"], found["control"]["people"]
        assert treated + control == PEOPLE
        assert found["reconciliation"] == {"records": PEOPLE * waves, "events": PEOPLE * waves}
        assert found["messages"]["delivered"] == treated * waves
        assert found["messages"]["held"] == 0
        if key == "to_webhook":
            assert len(receiver.calls) == treated * waves
            assert set(Counter(receiver.people.values()).values()) == {waves}, "each person once per wave"
        else:
            files = list((server.data_dir / "outbox").rglob("messages/*/*.json"))
            assert len(files) == treated * waves
