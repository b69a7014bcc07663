"""REST sources against a real server on loopback that pages, shifts, fails, cuts connections and asks to wait."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.collecting import stored

from ninefold.base import Error, FixedClock
from ninefold.collect.connectors import Connectors
from ninefold.store import Records

from .conftest import SECRETS, Save

Reply = tuple[int, dict[str, str], object]


class Api:
    """An API whose behaviour a test gives; it keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.reply: Callable[[str, dict[str, str]], Reply | None] = lambda _path, _query: (200, {}, [])
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.answer("")

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def answer(self, form: str) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query or form).items()}
                api.asked.append(query)
                api.headers.append({name.lower(): value for name, value in self.headers.items()})
                reply = api.reply(parts.path, query)
                if reply is None:  # cut in the middle of the answer
                    self.send_response(200)
                    self.send_header("Content-Length", "1000")
                    self.end_headers()
                    self.wfile.write(b'[{"id": 1,')
                    self.close_connection = True
                    return
                status, headers, body = reply
                raw = json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(raw)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api()
    yield api
    api.server.shutdown()
    api.server.server_close()


def order(i: int, changed: str = "2026-05-02T00:00:00Z") -> dict[str, object]:
    return {"id": i, "member": f"M{i}", "at": "2026-05-01T10:00:00Z", "paid": i + 0.5, "changed": changed}


ORDERS = [order(i) for i in range(1, 24)]


def source(api: Api, **rest: object) -> dict[str, object]:
    return {"key": "mall", "type": "rest", "mapping": "sql_orders", "rest": {"url": f"{api.url}/orders", **rest}}


def kept(records: Records) -> list[int]:
    return sorted(int(event.order_id) for event in stored(records))


def by_number(query: dict[str, str], size: int = 10) -> list[dict[str, object]]:
    start = (int(query.get("page", 1)) - 1) * size if "page" in query else int(query.get("offset", 0))
    return ORDERS[start : start + size]


PAGINGS: dict[str, tuple[dict[str, object], str, Callable[[str, dict[str, str]], Reply]]] = {
    "page": ({"kind": "page", "size": 10, "size_param": "limit"}, "data.rows",
             lambda _, query: (200, {}, {"data": {"rows": by_number(query)}})),
    "offset": ({"kind": "offset", "size": 10}, "", lambda _, query: (200, {}, by_number(query))),
    "cursor": ({"kind": "cursor", "param": "after", "path": "next"}, "rows",
               lambda _, query: (200, {}, {"rows": ORDERS[int(query.get("after", 0)) :][:9],
                                           "next": str(int(query.get("after", 0)) + 9)
                                           if int(query.get("after", 0)) + 9 < 23 else None})),
    "next_url": ({"kind": "next_url", "path": "links.next"}, "rows",
                 lambda _, query: (200, {}, {"rows": ORDERS[int(query.get("at", 0)) :][:8], "links": {
                     "next": f"/orders?at={int(query.get('at', 0)) + 8}"
                     if int(query.get("at", 0)) + 8 < 23 else ""}})),
    "link": ({"kind": "link"}, "",
             lambda _, query: (200, {"Link": f'</orders?at={int(query.get("at", 0)) + 8}>; rel="next"'}
                               if int(query.get("at", 0)) + 8 < 23 else {}, ORDERS[int(query.get("at", 0)) :][:8])),
}  # fmt: skip


@pytest.mark.parametrize("kind", PAGINGS)
def test_every_way_of_paging_brings_every_record_once(
    kind: str, api: Api, connectors: Connectors, save: Save, sql_orders: None, records: Records
) -> None:
    paging, path, api.reply = PAGINGS[kind]
    save(source(api, paging=paging, records=path, id="id", params={"shop": "7"}))
    run = connectors.run("mall")
    assert (run.counts.accepted, run.state) == (23, "done")
    assert api.asked[0]["shop"] == "7"
    assert kept(records) == list(range(1, 24))
    run = connectors.run("mall")
    assert run.counts.accepted == 0, "read again, and recognised"


def test_faults_in_the_middle_cost_nothing(
    api: Api, connectors: Connectors, save: Save, sql_orders: None, records: Records, clock: FixedClock
) -> None:
    faults: list[Reply | None] = [(500, {}, {}), None, (429, {"Retry-After": "7"}, {"slow": "down"}), (502, {}, {})]

    def reply(_: str, query: dict[str, str]) -> Reply | None:
        if int(query.get("offset", 0)) >= 10 and faults:
            return faults.pop()
        return 200, {}, by_number(query)

    api.reply = reply
    save({**source(api, paging={"kind": "offset", "size": 10}, id="id"), "retry": {"first": "5s"}})
    for expected in ("502", "wait", "does not answer", "500"):
        with pytest.raises(Error, match=expected):
            connectors.run("mall")
        status = connectors.get("mall")
        assert status.next_at is not None
        if expected == "wait":
            assert status.next_at - clock.now() == timedelta(seconds=7), "as the API asked"
        clock.set(status.next_at)
    assert connectors.run("mall").state == "done"
    assert kept(records) == list(range(1, 24))
    assert [query.get("offset", "0") for query in api.asked].count("0") == 1, "it went on at the same page"
    assert connectors.get("mall").failures == 0


def test_repeated_and_shifting_pages_end_and_double_nothing(
    api: Api, connectors: Connectors, save: Save, sql_orders: None, records: Records
) -> None:
    shifted: list[dict[str, object]] = list(reversed(ORDERS))

    def shifting(_: str, query: dict[str, str]) -> Reply:
        page = int(query.get("page", 1))
        if page == 2 and shifted[0]["id"] == 23:
            shifted[:0] = [order(24), order(25)]  # two orders are made while it reads
        return 200, {}, shifted[(page - 1) * 10 : page * 10]

    api.reply = shifting
    save(source(api, paging={"kind": "page", "size": 10}, id="id"))
    run = connectors.run("mall")
    assert run.counts.rows == 25
    connectors.run("mall")
    assert kept(records) == list(range(1, 26))

    api.reply = lambda _, query: (200, {}, ORDERS[:10])  # its last page for ever
    run = connectors.run("mall")
    assert (run.state, run.counts.rows, run.counts.accepted) == ("done", 10, 0)
    api.reply = lambda _, query: (200, {}, {"rows": ORDERS[:3], "next": "same"})
    save(source(api, paging={"kind": "cursor", "path": "next"}, records="rows", id="id"))
    connectors.reset("mall", confirmed=True)
    with pytest.raises(Error, match="same next page"):
        connectors.run("mall")


def test_only_newer_records_are_asked_for(
    api: Api, connectors: Connectors, save: Save, sql_orders: None, records: Records
) -> None:
    held = [order(1, "2026-05-02T00:00:00Z"), order(2, "2026-05-02T00:10:00+00:00")]

    def reply(_: str, query: dict[str, str]) -> Reply:
        return 200, {}, [one for one in held if str(one["changed"])[:19] >= query.get("since", "")[:19]]

    api.reply = reply
    since = {"param": "since", "path": "changed", "start": "2026-01-01T00:00:00Z", "until": "until", "overlap": "5m"}
    save(source(api, since=since, id="id"))
    connectors.run("mall")
    held.append(order(3, "2026-05-02T00:06:00Z"))  # late, within the overlap
    connectors.run("mall")
    assert [query["since"] for query in api.asked] == ["2026-01-01T00:00:00Z", "2026-05-02T00:05:00+00:00"]
    assert kept(records) == [1, 2, 3]
    connectors.backfill("mall", "2026-05-01", "2026-05-03")
    connectors.run("mall")
    assert api.asked[-1] == {"since": "2026-05-01", "until": "2026-05-03"}


def test_every_login_and_a_token_that_ends(api: Api, connectors: Connectors, save: Save, sql_orders: None) -> None:
    secret, value = {"env": "SECRET_ONE"}, SECRETS["SECRET_ONE"]
    basic = "Basic " + base64.b64encode(f"me:{value}".encode()).decode()
    for auth, header, expected in (
        ({"kind": "bearer"}, "authorization", f"Bearer {value}"),
        ({"kind": "basic", "user": "me"}, "authorization", basic),
        ({"kind": "header", "header": "X-Api-Key"}, "x-api-key", value),
    ):
        save(source(api, auth={**auth, "secret": secret}))
        connectors.run("mall")
        assert api.headers[-1][header] == expected

    tokens = iter(("first", "second"))

    def reply(path: str, query: dict[str, str]) -> Reply:
        if path == "/token":
            assert query == {"grant_type": "client_credentials", "scope": "orders"}
            return 200, {}, {"access_token": next(tokens), "expires_in": 3600}
        good = api.headers[-1]["authorization"] == "Bearer second"
        return (200, {}, []) if good else (401, {}, {"error": "token ended"})

    api.reply = reply
    save(source(api, auth={"kind": "oauth2", "user": "me", "secret": secret, "scope": "orders",
                           "token_url": f"{api.url}/token"}))  # fmt: skip
    assert connectors.run("mall").state == "done"
    api.reply = lambda _path, _query: (403, {}, {"sorry": value})
    with pytest.raises(Error):
        connectors.run("mall")
    assert value not in connectors.get("mall").last_error


def test_logins_are_sent_to_no_other_host_and_secrets_must_be_there(
    api: Api, connectors: Connectors, save: Save, sql_orders: None
) -> None:
    api.reply = lambda _path, _query: (200, {}, {"rows": ORDERS[:1], "next": "http://127.0.0.2:9/evil"})
    save(source(api, paging={"kind": "next_url", "path": "next"}, records="rows"))
    with pytest.raises(Error, match="another host"):
        connectors.run("mall")
    save(source(api, auth={"kind": "bearer", "secret": {"env": "NOT_THERE"}}))
    with pytest.raises(Error, match="NOT_THERE"):
        connectors.run("mall")
    for rest in ({"headers": {"Authorization": "Bearer x"}}, {"auth": {"kind": "bearer", "secret": "x"}}):
        with pytest.raises(Error, match="never written"):
            save(source(api, **rest))


def test_lines_of_an_order_become_rows(
    api: Api, connectors: Connectors, save: Save, sql_orders: None, records: Records
) -> None:
    lines = [{"sku": "A", "pieces": 2}, {"sku": "B", "pieces": 1}]
    api.reply = lambda _path, _query: (200, {}, [{**order(1), "items": lines, "buyer": {"city": "上海"}}])
    save({**source(api, each="items", id="id"), "mapping": "lines"})
    connectors.run("mall")
    events = stored(records)
    assert [(event.product_id, event.quantity, event.props["city"]) for event in events] == [
        ("A", 2.0, "上海"),
        ("B", 1.0, "上海"),
    ]
    assert len({event.message_id for event in events}) == 2
