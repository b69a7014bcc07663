"""Every way in gives every event a verdict that is readable by its message id: all wires, files, every connector, the
open API.

Each way is told the same story under a source of its own: an event that is well, one that the tracking plan warns of,
one that names nobody, one of somebody who asked not to be processed, and the first one again.
"""

import base64
import csv
import hashlib
import hmac
import json
import sqlite3
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
import pytest
from paho.mqtt import publish
from psycopg import sql
from tests.governance.conftest import Api
from tests.support.broker import Broker

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock
from ninefold.store import EmbeddedPostgres

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
AT = "2026-06-01T07:00:00Z"
AT_MS = 1_780_297_200_000
SECRET = "receipts-of-every-way"

PLAN = {"kind": "tracking-plan", "key": "default", "unplanned_event": "allow"}
PLANNED = {"kind": "event", "key": "seen", "event": "Seen", "schema": {}}
NAMES = {"kind": "mapping", "channel": "pos", "zone": "UTC", "event": {"column": "event"}, "time": "at",
         "identifiers": [{"namespace": "user_id", "column": "who"}], "message_id": ["no"]}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One event: its number, its name, whom it is about."""

    no: str
    event: str
    who: str


WELL, WARNED = Said("1", "Seen", "ann"), Said("2", "Odd", "ann")
NOBODY, GONE = Said("3", "Seen", ""), Said("4", "Seen", "gone")
STORY = (WELL, WARNED, NOBODY, GONE)
ALL = {"ok": 1, "warning": 1, "quarantined": 1, "suppressed": 1, "duplicate": 1}
READ_AGAIN = {**ALL, "duplicate": 0}
"""What a connector reads again it knows, and does not deliver a second time."""


@dataclass(frozen=True, slots=True)
class World:
    """A platform, a folder for files, a broker, and an address that lists rows."""

    api: Api
    folder: Path
    broker: Broker
    address: str
    listed: list[dict[str, str]]

    def key(self, source: str) -> str:
        return self.api.ninefold.keys.ensure_write_key(source, channel="web")

    def write(self, method: str, path: str, **arguments: Any) -> None:
        answer = self.api.call(method, path, **arguments)
        assert answer.status_code == 200, answer.text

    def connect(self, source: str, kind: str, **document: Any) -> None:
        """Save a mapping and a connector of the same name."""
        whole = {"kind": "connector", "key": source, "name": source, "owner": "crm", "type": kind, "mapping": source,
                 "schedule": "by_hand", **document}  # fmt: skip
        documents = [{**NAMES, "key": source, "source": source}, whole]
        answer = self.api.ok("POST", "/v1/definitions/apply", json={"documents": documents})
        assert answer["ok"], answer


@contextmanager
def listing(rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """An address that answers with the rows as they are then."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(rows).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/seen"
        server.shutdown()


@pytest.fixture(scope="module")
def world(
    postgres: EmbeddedPostgres, template_database: str, events_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres.url, autocommit=True) as conn:
        conn.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template_database))
        )
    folder = tmp_path_factory.mktemp("ways")
    settings = Settings(
        data_dir=folder, records_url=postgres.ensure_database(name), zone="UTC",
        events_url=f"chdb://{events_folder}?database={name}",
    )  # fmt: skip
    broker = Broker()
    broker.start()
    rows: list[dict[str, str]] = []
    with pytest.MonkeyPatch.context() as patch, listing(rows) as address:
        patch.setenv("WAYS_SECRET", SECRET)
        with Ninefold.open(settings, clock=FixedClock(NOW)) as ninefold:
            ninefold.collector.start()
            ninefold.connectors.hooks.start()
            api = Api(ninefold)
            assert api.ok("POST", "/v1/definitions/apply", json={"documents": [PLAN, PLANNED]})["ok"]
            api.collect({"type": "track", "event": "Seen", "userId": "gone", "messageId": "before"})
            body = {"kind": "suppress", "person": "user_id:gone", "reason": "asked"}
            assert api.ok("POST", "/v1/privacy/requests", json=body)["state"] == "done"
            yield World(api, folder, broker, address, rows)
            ninefold.collector.stop()
    broker.stop()
    with psycopg.connect(postgres.url, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _only(**values: object) -> dict[str, object]:
    """Without what is not said."""
    return {name: value for name, value in values.items() if value}


def _segment(said: Said) -> dict[str, object]:
    return _only(type="track", event=said.event, userId=said.who, messageId=said.no, timestamp=AT)


def _sensors(said: Said) -> dict[str, object]:
    return {"type": "track", "event": said.event, "distinct_id": said.who, "time": AT_MS, "_track_id": int(said.no),
            "properties": {"$is_login_id": True}}  # fmt: skip


def _posthog(said: Said) -> dict[str, object]:
    return {"event": said.event, "distinct_id": said.who, "uuid": said.no, "timestamp": AT, "properties": {}}


def _snowplow(said: Said) -> dict[str, str]:
    found = _only(e="se", se_ca="c", se_ac=said.event, uid=said.who, eid=said.no, dtm=str(AT_MS))
    return {name: str(value) for name, value in found.items()}


def _cloud(said: Said) -> dict[str, object]:
    return {"specversion": "1.0", "source": "/x", "type": said.event, "id": said.no, "time": AT,
            **_only(subject=said.who)}  # fmt: skip


def _rest(said: Said) -> dict[str, object]:
    return {"event": said.event, "message_id": said.no, "time": AT, "identifiers": _only(user_id=said.who)}


def _pixel(said: Said) -> dict[str, object]:
    return {"event": said.event, "message_id": said.no, "time": AT, **_only(user_id=said.who)}


Ask = tuple[str, str, dict[str, Any]]
"""Method, path, and what else the call needs."""


def _b64(value: object) -> str:
    return quote(base64.b64encode(json.dumps(value).encode()).decode())


HTTP: dict[str, Callable[[str, Said], Ask]] = {
    "segment batch": lambda key, one: ("POST", "/v1/batch", {"json": {"writeKey": key, "batch": [_segment(one)]}}),
    "segment track": lambda key, one: ("POST", "/v1/track", {"json": {**_segment(one), "writeKey": key}}),
    "segment beacon": lambda key, one: (
        "POST", f"/beacon/v1/batch?writeKey={key}", {"content": json.dumps({"batch": [_segment(one)]})}),
    "segment pixel": lambda key, one: (
        "GET", f"/pixel/v1/track?{urlencode({'writeKey': key, **_segment(one)})}", {}),
    "sensors": lambda key, one: ("POST", f"/sa?token={key}", {"content": f"data_list={_b64([_sensors(one)])}"}),
    "sensors image": lambda key, one: ("GET", f"/sa.gif?token={key}&data={_b64(_sensors(one))}", {}),
    "posthog batch": lambda key, one: ("POST", "/batch/", {"json": {"api_key": key, "batch": [_posthog(one)]}}),
    "posthog capture": lambda key, one: ("POST", "/i/v0/e/", {"json": {**_posthog(one), "api_key": key}}),
    "posthog v1": lambda key, one: (
        "POST", "/i/v1/analytics/events", {"json": {"batch": [_posthog(one)]}, "token": key}),
    "snowplow": lambda key, one: (
        "POST", "/com.snowplowanalytics.snowplow/tp2", {"json": {"data": [_snowplow(one)]},
                                                       "headers": {"x-write-key": key}}),
    "snowplow image": lambda key, one: ("GET", f"/w/{key}/i?{urlencode(_snowplow(one))}", {}),
    "cloudevents": lambda key, one: (
        "POST", "/v1/cloudevents", {"json": _cloud(one), "token": key}),
    "cloudevents batch": lambda key, one: ("POST", "/v1/cloudevents", {"json": [_cloud(one)], "token": key}),
    "cloudevents binary": lambda key, one: (
        "POST", "/v1/cloudevents", {"headers": {f"ce-{k}": str(v) for k, v in _cloud(one).items()}, "token": key}),
    "rest": lambda key, one: ("POST", "/v1/events", {"json": _rest(one), "token": key}),
    "rest beacon": lambda key, one: ("POST", f"/v1/beacon?writeKey={key}", {"content": json.dumps(_rest(one))}),
    "rest pixel": lambda key, one: ("GET", f"/p.gif?{urlencode({'writeKey': key, **_pixel(one)})}", {}),
}  # fmt: skip


def _rows(told: Sequence[Said]) -> list[dict[str, str]]:
    return [{"no": one.no, "event": one.event, "who": one.who, "at": AT} for one in told]


def _sheet(path: Path, told: Sequence[Said]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ("no", "event", "who", "at"))
        table.writeheader()
        table.writerows(_rows(told))


def by_file(world: World, source: str, told: Sequence[Said]) -> None:
    """Sends a file for an import."""
    world.api.ok("POST", "/v1/definitions/apply", json={"documents": [{**NAMES, "key": source, "source": source}]})
    path = world.folder / "sent.csv"
    _sheet(path, told)
    imports = world.api.ninefold.imports
    assert imports.run(imports.start(path, source).id).state == "done"


def by_dropped_file(world: World, source: str, told: Sequence[Said]) -> None:
    """Drops a file into a folder that is watched."""
    folder = world.folder / "drop"
    folder.mkdir(exist_ok=True)
    _sheet(folder / f"{len(list(folder.iterdir()))}.csv", told)
    world.connect(source, "files", files={"folder": str(folder), "glob": "*.csv", "stable": "0s"})
    for _ in range(2):
        world.api.ninefold.connectors.run(source)


def by_database(world: World, source: str, told: Sequence[Said]) -> None:
    """Writes rows into a table that is read."""
    path = world.folder / "shop.db"
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS seen (row INTEGER PRIMARY KEY, no, event, who, at)")
        conn.executemany("INSERT INTO seen (no, event, who, at) VALUES (:no, :event, :who, :at)", _rows(told))
    conn.close()
    world.connect(source, "sql", sql={"url": f"sqlite:///{path}", "table": "seen", "cursor": "row"})
    world.api.ninefold.connectors.run(source)


def by_rest_source(world: World, source: str, told: Sequence[Said]) -> None:
    """Lists rows at an address that is asked."""
    world.listed[:] = _rows(told)
    world.connect(source, "rest", rest={"url": world.address})
    world.api.ninefold.connectors.run(source)


def by_webhook(world: World, source: str, told: Sequence[Said]) -> None:
    """Posts signed rows."""
    hook = {"vendor": "hmac", "secret": {"env": "WAYS_SECRET"}, "header": "X-Signature"}
    world.connect(source, "webhook", webhook=hook)
    for row in _rows(told):
        body = json.dumps(row).encode()
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        world.write("POST", f"/v1/hooks/{source}", content=body, headers={"X-Signature": digest})


def by_device(world: World, source: str, told: Sequence[Said]) -> None:
    """Publishes measurements."""
    connectors, port = world.api.ninefold.connectors, world.broker.port
    world.connect(source, "mqtt", mqtt={"host": "127.0.0.1", "port": port, "topics": ["seen"]})
    before = connectors.get(source).counts.rows
    connectors.step()
    _wait(lambda: connectors.get(source).success_at is not None)
    publish.multiple([{"topic": "seen", "payload": json.dumps(row), "qos": 1} for row in _rows(told)], port=port)
    _wait(lambda: connectors.get(source).counts.rows >= before + len(told))


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


OTHERS: dict[str, tuple[Callable[[World, str, Sequence[Said]], None], dict[str, int]]] = {
    "import": (by_file, ALL),
    "dropped_file": (by_dropped_file, ALL),
    "database": (by_database, READ_AGAIN),
    "rest_source": (by_rest_source, READ_AGAIN),
    "webhook": (by_webhook, ALL),
    "device": (by_device, READ_AGAIN),
}


@pytest.mark.parametrize("way", HTTP)
def test_a_wire(world: World, way: str) -> None:
    key = world.key(way)
    names = {}
    for one in (*STORY, WELL):
        method, path, more = HTTP[way](key, one)
        headers = more.pop("headers", {}) | {"x-ninefold-receipts": "1"}
        answer = world.api.call(method, path, headers=headers, **more)
        assert answer.status_code == 200, answer.text
        [receipt] = answer.json()["receipts"]
        assert (receipt["verdict"] == "quarantined") == (one is NOBODY), "told at once"
        names[one.no] = receipt["messageId"]
    verdicts_agree(world, way, ALL, suppressed=names[GONE.no])


@pytest.mark.parametrize("way", OTHERS)
def test_another_way_in(world: World, way: str) -> None:
    bring, expected = OTHERS[way]
    bring(world, way, STORY)
    world.api.ninefold.pipeline.drain()
    bring(world, way, [WELL])
    verdicts_agree(world, way, expected, suppressed=f"{way}:{GONE.no}")


def test_the_open_api_answers_each_item_and_keeps_a_receipt_of_what_it_took(world: World) -> None:
    scope = {"verbs": ["read", "write"], "sees": "all"}
    key = world.api.ok("POST", "/v1/keys", json={"kind": "token", "name": "crm", "scope": scope})["secret"]
    people = [{"identifiers": {name: who}} for name, who in (("user_id", "ann"), ("email", "-"), ("user_id", "gone"))]
    answer = world.api.ok("POST", "/v1/customers", token=str(key), json={"customers": people})
    verdicts = answer["verdicts"]
    assert [one["status"] for one in verdicts] == ["accepted", "rejected", "suppressed"]
    world.api.ninefold.pipeline.drain()
    source = "partner:-:crm"
    [receipt] = world.api.ok("GET", "/v1/receipts", params={"source": source})["receipts"]
    assert (receipt["message_id"], receipt["verdict"]) == (verdicts[0]["receipt"], "ok")
    assert (
        world.api.ok("GET", f"/v1/receipts/{quote(source)}/{quote(verdicts[0]['receipt'], safe='')}")["progress"]
        == "queryable"
    )


def test_what_is_said_of_a_thing_has_a_receipt_too(world: World) -> None:
    item = {"type": "item_set", "item_type": "sku", "item_id": "A1", "time": AT_MS, "properties": {"colour": "red"}}
    path = f"/sa?token={world.key('things')}&data={_b64(item)}"
    [receipt] = world.api.call("GET", path, headers={"x-ninefold-receipts": "1"}).json()["receipts"]
    alone = world.api.ok("GET", f"/v1/receipts/things/{quote(receipt['messageId'], safe='')}")
    assert (alone["verdict"], alone["type"], alone["name"]) == ("ok", "item", "sku")


def test_an_event_that_was_refused_and_then_sent_rightly_is_well(world: World) -> None:
    key = world.key("twice")
    for one in (Said("1", "Seen", ""), WELL, Said("1", "Seen", "")):
        method, path, more = HTTP["segment track"](key, one)
        world.write(method, path, **more)
        world.api.ninefold.pipeline.drain()
    alone = world.api.ok("GET", "/v1/receipts/twice/1")
    assert (alone["verdict"], alone["progress"], alone["quarantine_id"]) == ("ok", "queryable", 0)


def verdicts_agree(world: World, source: str, expected: Mapping[str, int], *, suppressed: str) -> None:
    """The stream holds each event with its verdict, and each can be asked for by its message id.

    The stream does not name what was suppressed: nothing of it is kept. Whoever knows the id may ask for it.
    """
    world.api.ninefold.pipeline.drain()
    told = world.api.ok("GET", "/v1/receipts", params={"source": source, "limit": 100})["receipts"]
    assert dict(Counter(one["verdict"] for one in told)) == {name: n for name, n in expected.items() if n}, told
    for one in told:
        assert (one["message_id"] == "") == (one["verdict"] == "suppressed")
        message = quote(one["message_id"] or suppressed, safe="")
        alone = world.api.ok("GET", f"/v1/receipts/{quote(source)}/{message}")
        if one["verdict"] == "duplicate":
            assert (alone["verdict"], alone["repeats"]) == ("ok", 1)
        else:
            assert alone["verdict"] == one["verdict"]
        assert one["verdict"] != "quarantined" or (alone["code"], alone["quarantine_id"] > 0) == ("no_identifier", True)
