"""The write routes over real HTTP: paths, browsers, big and endless bodies, closing connections."""

import base64
import gzip
import http.client
import json
import socket
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import httpx
import pytest
from tests.support.collecting import application, quarantined, serving, stored

from ninefold.collect import Collector
from ninefold.store import Records

TRACK = {"type": "track", "event": "Seen", "userId": "u1", "messageId": "m1"}


@pytest.fixture
def url(collector: Collector) -> Iterator[str]:
    with serving(application(collector)) as address:
        yield address


@pytest.fixture
def client(url: str, write_key: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, auth=(write_key, "")) as client:
        yield client


def ids(records: Records) -> list[str]:
    return sorted(event.message_id for event in stored(records))


def test_every_path_of_the_sdks_takes_its_call(client: httpx.Client, records: Records) -> None:
    calls = {
        "identify": "i", "track": "t", "page": "p", "screen": "s", "group": "g", "alias": "a", "batch": "b",
    }  # fmt: skip
    for call, letter in calls.items():
        for path in (call, letter):
            one = {"userId": "u1", "event": "Seen", "messageId": f"{path}/"}
            body = {"batch": [one | {"type": "track"}]} if call == "batch" else one
            response = client.post(f"/v1/{path}", json=body)
            assert (response.status_code, response.text) == (200, '{"success":true}')
            assert response.headers["content-type"] == "application/json"
    events = {event.message_id: event.type for event in stored(records)}
    expected = {f"{path}/": call for call, letter in calls.items() for path in (call, letter)}
    assert events == expected | {"batch/": "track", "b/": "track"}


def test_labels_do_not_matter(client: httpx.Client, records: Records) -> None:
    body = json.dumps({"batch": [TRACK]}).encode()
    for headers, content in (
        ({"content-type": "text/plain"}, body),
        ({"content-type": "application/x-www-form-urlencoded", "content-encoding": "gzip"}, gzip.compress(body)),
        ({"content-type": "text/plain"}, gzip.compress(body)),
        ({"content-encoding": "gzip"}, body),
        ({}, body),
    ):
        assert client.post("/v1/batch", content=content, headers=headers).status_code == 200
    assert ids(records) == ["m1"]


def test_a_beacon_has_its_key_in_the_query(url: str, records: Records, write_key: str) -> None:
    body = json.dumps({"batch": [TRACK]})
    headers = {"content-type": "text/plain"}
    answer = httpx.post(f"{url}/beacon/v1/batch?writeKey={write_key}", content=body, headers=headers)
    assert answer.status_code == 200
    assert ids(records) == ["m1"]


def test_a_pixel_answers_a_gif_whatever_happens(url: str, records: Records, write_key: str) -> None:
    query = f"userId=u1&event=Opened&messageId=m1&mail=42&properties={quote(json.dumps({'n': 1}))}&context=[]"
    for key, status in ((write_key, 200), ("wrong", 401)):
        answer = httpx.get(f"{url}/pixel/v1/track?writeKey={key}&{query}")
        assert answer.status_code == status
        assert answer.headers["content-type"] == "image/gif"
        assert answer.content.startswith(b"GIF89a")
    assert httpx.get(f"{url}/pixel/v1/page?writeKey={write_key}&anonymousId=a1&name=Home").status_code == 200
    opened, page = stored(records)
    assert (opened.name, opened.props, opened.nums) == ("Opened", {"mail": "42"}, {"n": 1.0})
    assert (page.name, page.props["name"]) == ("$page", "Home")


def test_browsers_of_any_site_may_write(client: httpx.Client) -> None:
    preflight = client.options(
        "/v1/t",
        headers={
            "origin": "https://shop.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,x-retry-count,rsa-retry-attempt",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "https://shop.example"
    assert preflight.headers["access-control-allow-credentials"] == "true"
    assert preflight.headers["access-control-allow-headers"] == "authorization,x-retry-count,rsa-retry-attempt"
    for body in (json.dumps(TRACK), "broken"):
        answer = client.post("/v1/t", content=body, headers={"origin": "https://shop.example"})
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in client.post("/v1/t", json=TRACK).headers


def test_browsers_learn_where_to_send(client: httpx.Client, url: str, write_key: str) -> None:
    settings = client.get(f"/v1/projects/{write_key}/settings").json()
    target = settings["integrations"]["Segment.io"]
    assert (target["apiHost"], target["protocol"]) == (f"{urlsplit(url).netloc}/v1", "http")
    assert client.get("/v1/projects/wrong/settings").status_code == 404
    config = client.get(f"/sourceConfig/?p=npm&writeKey={write_key}").json()
    assert config["source"]["enabled"] is True
    assert config["source"]["writeKey"] == write_key
    assert httpx.get(f"{url}/sourceConfig/").status_code == 401
    assert client.post("/v1/m", json={"series": []}).status_code == 200


def test_other_methods_are_named(client: httpx.Client) -> None:
    answer = client.get("/v1/batch")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")
    assert answer.json()["code"] == "wrong_method"


def test_receipts_on_demand(client: httpx.Client) -> None:
    for answer in (
        client.post("/v1/track?receipts=1", json=TRACK),
        client.post("/v1/track", json=TRACK, headers={"x-ninefold-receipts": "1"}),
    ):
        assert answer.json() == {"success": True, "receipts": [{"messageId": "m1", "verdict": "ok"}]}


@pytest.mark.parametrize("chunked", [False, True])
def test_forty_megabytes_are_refused_without_being_kept(client: httpx.Client, records: Records, chunked: bool) -> None:
    part = b" " * 1_000_000
    content = (part for _ in range(40)) if chunked else part * 40
    answer = client.post("/v1/batch", content=content)
    assert answer.status_code == 413
    assert answer.json()["code"] == "request_too_large"
    assert answer.headers["connection"] == "close"
    assert client.post("/v1/track", json=TRACK).status_code == 200
    assert ids(records) == ["m1"]


def test_a_declared_length_is_refused_before_the_body_is_sent(url: str, write_key: str) -> None:
    address = urlsplit(url)
    assert address.hostname is not None
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=5)
    connection.putrequest("POST", "/v1/batch")
    connection.putheader("Authorization", "Basic " + base64.b64encode(f"{write_key}:".encode()).decode())
    connection.putheader("Content-Length", "40000000")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["code"] == "request_too_large"
    connection.close()


def test_a_chunked_body_without_a_length_is_read(client: httpx.Client, records: Records) -> None:
    body = json.dumps({"batch": [TRACK]}).encode()
    assert client.post("/v1/batch", content=(bytes([byte]) for byte in body)).status_code == 200
    assert ids(records) == ["m1"]


def test_a_closing_client_is_answered_in_kind(client: httpx.Client) -> None:
    assert client.post("/v1/track", json=TRACK, headers={"connection": "close"}).headers["connection"] == "close"
    assert "connection" not in client.post("/v1/track", json=TRACK).headers


def test_a_client_that_goes_away_leaves_nothing(client: httpx.Client, url: str, records: Records) -> None:
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port or 0)) as line:
        line.sendall(b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
    assert client.post("/v1/track", json=TRACK).status_code == 200
    assert ids(records) == ["m1"]
    assert quarantined(records) == []
