"""A group with two dealers, and keys of partners."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock
from tests.governance.conftest import Api

ORG = {"kind": "org", "key": "o", "nodes": [
    {"code": "acme", "level": "group"},
    {"code": "east", "level": "dealer", "parent": "acme", "sources": ["east-pos"]},
    {"code": "east.1", "level": "store", "parent": "east"},
    {"code": "west", "level": "dealer", "parent": "acme", "sources": ["west-pos"]},
]}  # fmt: skip
PURPOSES = {"kind": "consent-purposes", "key": "default", "purposes": {
    "service": {"name": "Service", "unknown": "deny"}, "marketing": {"name": "Marketing", "unknown": "deny"},
}}  # fmt: skip


class Partner:
    """A caller of the open API with a key of its own."""

    def __init__(self, api: Api, name: str, **scope: Any) -> None:
        self.api = api
        body = {"kind": "token", "name": name, "scope": {"verbs": ["read", "write"], **scope}}
        self.token = str(api.ok("POST", "/v1/keys", json=body)["secret"])

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        return self.api.call(method, path, token=self.token, **arguments)

    def ok(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self.call(method, path, **arguments)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def upsert(self, **body: Any) -> Any:
        return self.ok("PUT", "/v1/customers", json=body)


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC")
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.collector.start()
        api = Api(ninefold)
        assert api.ok("POST", "/v1/definitions/apply", json={"documents": [ORG, PURPOSES]})["ok"]
        yield api
        ninefold.collector.stop()


@pytest.fixture
def east(api: Api) -> Partner:
    return Partner(api, "east crm", node="east")


@pytest.fixture
def west(api: Api) -> Partner:
    return Partner(api, "west crm", node="west")
