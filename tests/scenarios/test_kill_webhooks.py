"""kill -9 while changes are posted: nothing is lost, repeats come under their old names, and the order stays."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.receivers import Receiver, receiver
from tests.support.server import Server

KILLS = 3
CUSTOMERS = 120
DOCUMENTS = [
    {"kind": "org", "key": "o", "nodes": [{"code": "east", "level": "dealer"}]},
]  # fmt: skip


def _told(hook: Receiver) -> list[Any]:
    """Every change once, in the order in which it came first; a repeated message must tell the same."""
    seen: dict[str, Any] = {}
    by_name: dict[str, list[str]] = {}
    for name, body in zip(hook.messages(), hook.bodies(), strict=True):
        own = [one["id"] for one in body["changes"]]
        assert by_name.setdefault(name, own) == own, "the same name, the same changes"
        for one in body["changes"]:
            seen.setdefault(one["id"], one)
    return list(seen.values())


@pytest.mark.crash
@pytest.mark.timeout(600)
def test_nothing_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", zone="UTC", webhooks_to_private="true")
    server.start()
    with receiver() as hook:
        webhook = {"kind": "webhook", "key": "crm", "name": "CRM", "owner": "crm", "url": hook.url, "node": "east",
                   "batch": 7}  # fmt: skip
        assert server.call("POST", "/v1/definitions/apply", json={"documents": [*DOCUMENTS, webhook]})["ok"]
        body = {"kind": "token", "name": "crm", "scope": {"node": "east", "verbs": ["read", "write"]}}
        headers = {"Authorization": "Bearer " + server.call("POST", "/v1/keys", json=body)["secret"]}
        for start in range(0, CUSTOMERS, 10):
            items = [{"identifiers": {"dealer_no": f"D-{start + k}"}} for k in range(10)]
            url = f"{server.address}/v1/customers"
            httpx.post(url, json={"customers": items}, headers=headers, timeout=60).raise_for_status()
            if start in {20, 50, 80}:
                time.sleep(0.3)
                server.kill()
                server.start()
        read: list[Any] = []
        cursor = ""
        while True:
            asked = {"after": cursor, "limit": "1000"}
            page = httpx.get(f"{server.address}/v1/changes", params=asked, headers=headers, timeout=60).json()
            read += page["changes"]
            cursor = page["next"]
            if not page["more"] and len([one for one in read if one["kind"] == "customer.created"]) == CUSTOMERS:
                break
        deadline = time.monotonic() + 120
        while len(_told(hook)) < len(read) and time.monotonic() < deadline:
            time.sleep(0.2)
        server.stop()
        told = _told(hook)
    assert [one["id"] for one in told] == [one["id"] for one in read][: len(told)]
    assert len(told) >= 3 * CUSTOMERS
