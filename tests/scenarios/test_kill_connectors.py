"""kill -9 in the middle of every kind of connector: at the end every source row is there exactly once."""

import base64
import hashlib
import hmac
import json
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from moto.server import ThreadedMotoServer
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from pyarrow import fs
from tests.support.keeping_broker import KeepingBroker
from tests.support.server import Server

KILLS = 4
FILES, FILE_ROWS = 8, 400
SQL_ROWS = 2_001
PAGES, PAGE = 40, 50
SECRET = "a shared secret"
KEY = "key-of-the-storage"
KINDS = ("files", "s3", "sql", "rest", "hook", "mqtt")


class Api:
    """An API of numbered records that takes its time, and at times fails."""

    def __init__(self) -> None:
        dice = random.Random(11)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                time.sleep(0.02)
                query = parse_qs(urlsplit(self.path).query)
                page = int(query.get("page", ["1"])[0])
                first = (page - 1) * PAGE
                status = 500 if dice.random() < 0.03 else 200
                records = [record(i) for i in range(first, min(first + PAGE, PAGES * PAGE))] if status == 200 else []
                body = json.dumps({"orders": records}).encode()
                with suppress(OSError):  # the one who asked was killed
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """The one who asked was killed; that is the point of the test."""

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/orders"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Sender:
    """A thread that sends numbered messages and repeats each until it is acknowledged."""

    def __init__(self, send: Callable[[int], bool]) -> None:
        self.sent = 0
        self._send = send
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._stop.is_set():
            while not self._send(self.sent):
                time.sleep(0.1)
            self.sent += 1
            time.sleep(0.02)


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api()
    yield api
    api.server.shutdown()
    api.server.server_close()


@pytest.fixture
def broker() -> Iterator[KeepingBroker]:
    broker = KeepingBroker()
    broker.start()
    yield broker
    broker.stop()


class Storage:
    """An S3-compatible storage with one bucket."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self._files = fs.S3FileSystem(
            endpoint_override=f"{host}:{port}", scheme="http", access_key=KEY, secret_key=KEY, region="us-east-1",
            allow_bucket_creation=True,
        )  # fmt: skip
        self._files.create_dir("brand")

    def put(self, numbers: range) -> None:
        for number in numbers:
            with self._files.open_output_stream(f"brand/in/{number}.csv") as stream:
                stream.write(sheet(number).encode())

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture
def storage() -> Iterator[Storage]:
    storage = Storage()
    yield storage
    storage.stop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", zone="UTC")
    server.start()
    yield server
    server.stop()


def record(i: int) -> dict[str, object]:
    return {"id": i, "member": f"M{i % 500}", "at": "2026-05-01T10:00:00Z", "paid": 1}


def mapping(kind: str) -> dict[str, object]:
    return {
        "kind": "mapping", "key": kind, "source": kind, "event": f"From {kind}", "zone": "UTC", "time": "at",
        "identifiers": [{"namespace": "member_no", "column": "member"}], "order_id": "id",
        "amount": {"column": "paid", "currency": "CNY"}, "message_id": ["id"],
    }  # fmt: skip


def connector(kind: str, type_: str, **settings: object) -> dict[str, object]:
    return {
        "kind": "connector", "key": kind, "name": kind, "owner": "crm", "type": type_, "mapping": kind,
        "schedule": {"every": "0.2s"}, "retry": {"first": "0.2s", "longest": "1s"}, type_: settings,
    }  # fmt: skip


def documents(tmp_path: Path, api: Api, broker: KeepingBroker, storage: Storage) -> list[dict[str, object]]:
    secret, key = tmp_path / "secret", {"file": str(tmp_path / "key")}
    secret.write_text(SECRET)
    Path(key["file"]).write_text(KEY)
    return [
        *(mapping(kind) for kind in KINDS),
        connector("files", "files", folder=str(tmp_path / "drop"), glob="**/*.csv", stable="0s"),
        connector("s3", "s3", bucket="brand/in", endpoint=storage.url, access_key=key, secret_key=key, glob="*.csv",
                  stable="0s"),
        connector("sql", "sql", url=f"sqlite:///{tmp_path / 'shop.db'}", table="orders", cursor="id", chunk_rows=40),
        connector("rest", "rest", url=api.url, records="orders", id="id", paging={"kind": "page", "size": PAGE}),
        connector("hook", "webhook", vendor="shopify", secret={"file": str(secret)}),
        connector("mqtt", "mqtt", host="127.0.0.1", port=broker.port, topics=["till/+"]),
    ]  # fmt: skip


def sheet(number: int) -> str:
    """A file of the numbered orders that are its own."""
    first = number * FILE_ROWS
    rows = "".join(f"M{i % 500},{i},2026-05-01 10:00:00,1\n" for i in range(first, first + FILE_ROWS))
    return "member,id,at,paid\n" + rows


def drop_files(folder: Path, numbers: range) -> None:
    for number in numbers:
        half = folder / f"{number}.csv.part"
        half.write_text(sheet(number))
        half.rename(folder / f"{number}.csv")


def fill_table(path: Path, first: int, count: int) -> None:
    with sqlite3.connect(path, timeout=30) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, member TEXT, at TEXT, paid TEXT)")
        rows = [(i, f"M{i % 500}", "2026-05-01 10:00:00", "1") for i in range(first, first + count)]
        conn.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)


def hook_sender(server: Server) -> Sender:
    def send(number: int) -> bool:
        body = json.dumps(record(number)).encode()
        digest = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
        headers = {"X-Shopify-Hmac-SHA256": digest, "X-Shopify-Webhook-Id": f"w-{number}"}
        with suppress(httpx.TransportError):
            return httpx.post(f"{server.address}/v1/hooks/hook", content=body, headers=headers, timeout=5).is_success
        return False

    return Sender(send)


def device(broker: KeepingBroker) -> Sender:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="till")
    client.connect("127.0.0.1", broker.port)
    client.loop_start()

    def send(number: int) -> bool:
        client.publish("till/7", json.dumps(record(number)), qos=1).wait_for_publish(20)
        return True

    return Sender(send)


def wait_for(server: Server, done: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        status = server.call("GET", "/v1/connectors")
        assert time.monotonic() < deadline, f"{status}\n{server.log()[-3000:]}"
        time.sleep(0.2)


@pytest.mark.crash
@pytest.mark.timeout(600)
def test_every_source_row_is_there_exactly_once(
    server: Server, api: Api, broker: KeepingBroker, storage: Storage, tmp_path: Path
) -> None:
    dice = random.Random(5)
    folder, table = tmp_path / "drop", tmp_path / "shop.db"
    folder.mkdir()
    fill_table(table, 0, 1)
    plan = server.call("POST", "/v1/definitions/apply", json={"documents": documents(tmp_path, api, broker, storage)})
    assert plan["ok"], plan
    wait_for(server, lambda: bool(server.call("GET", "/v1/connectors/mqtt")["success_at"]))
    hooks, till = hook_sender(server), device(broker)
    share = (SQL_ROWS - 1) // KILLS
    for kill in range(KILLS):
        fresh = range(kill * FILES // KILLS, (kill + 1) * FILES // KILLS)
        drop_files(folder, fresh)
        storage.put(fresh)
        fill_table(table, 1 + kill * share, share)
        time.sleep(dice.uniform(0.2, 1.5))
        server.kill()
        server.start()
    hooks.stop()
    till.stop()
    expected = {
        "From files": FILES * FILE_ROWS, "From s3": FILES * FILE_ROWS, "From sql": 1 + share * KILLS,
        "From rest": PAGES * PAGE, "From hook": hooks.sent, "From mqtt": till.sent,
    }  # fmt: skip

    def settled() -> bool:
        events = server.call("GET", "/v1/totals")["events"]
        return all(events.get(name, 0) >= number for name, number in expected.items())

    wait_for(server, settled)
    wait_for(server, lambda: server.call("GET", "/v1/inbox")["events"] == 0)
    totals = server.call("GET", "/v1/totals")
    assert totals["events"] == expected
    assert totals["revenue_minor"] == {"CNY": 100 * sum(expected.values())}, "every order paid 1.00"
    assert min(hooks.sent, till.sent) > 10
    for status in server.call("GET", "/v1/connectors"):
        counts = status["counts"]
        assert counts["rejected"] == 0, status
        if status["key"] in {"files", "s3", "sql"}:
            assert counts["accepted"] == expected[f"From {status['key']}"], "and the counts agree"
