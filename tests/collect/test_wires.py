"""What holds for all wires: paths are served and documented, a dry run keeps nothing, kinds are dispatched."""

from collections.abc import Iterator

import httpx
import pytest
from tests.support.collecting import application, quarantined, serving, stored

from ninefold.collect import Collector, openapi_paths
from ninefold.collect.wires import BY_KIND, WIRES
from ninefold.store import Records

TRACK = {"event": "Seen", "userId": "u1", "messageId": "m1"}


@pytest.fixture
def client(collector: Collector, write_key: str) -> Iterator[httpx.Client]:
    with serving(application(collector)) as url, httpx.Client(base_url=url, auth=(write_key, "")) as client:
        yield client


def test_kinds_and_paths_are_told_apart() -> None:
    paths = [path.path for wire in WIRES for path in wire.paths]
    assert len(set(paths)) == len(paths)
    assert list(BY_KIND) == [wire.kind for wire in WIRES]


def test_every_path_is_documented_with_its_methods_and_examples() -> None:
    documented = openapi_paths()
    for wire in WIRES:
        for path in wire.paths:
            item = documented.get(path.path, documented.get(path.path + "/", documented.get(path.path.rstrip("/"))))
            assert isinstance(item, dict), path.path
            for method in path.methods:
                operation = item[method.lower()]
                assert operation["summary"]
                assert operation["responses"]["200"]
                content = operation.get("requestBody", {}).get("content", {})
                assert all(media.get("example") is not None for media in content.values()), path.path
    operations = [operation["operationId"] for item in documented.values() for operation in item.values()]  # type: ignore[attr-defined]
    assert len(set(operations)) == len(operations)


@pytest.mark.parametrize("header", [{"x-ninefold-dry-run": "1"}, {"dry-run": "true"}])
def test_a_dry_run_says_all_and_keeps_nothing(client: httpx.Client, records: Records, header: dict[str, str]) -> None:
    body = {"batch": [TRACK | {"type": "track"}, {"type": "track"}]}
    answer = client.post("/v1/batch?receipts=1", json=body, headers=header)
    verdicts = [receipt["verdict"] for receipt in answer.json()["receipts"]]
    assert (answer.status_code, verdicts) == (200, ["ok", "quarantined"])
    assert stored(records) == []
    assert quarantined(records) == []


def test_every_path_answers_a_preflight(client: httpx.Client) -> None:
    for wire in WIRES:
        for path in wire.paths:
            answer = client.options(path.path.replace("{", "").replace("}", ""), headers={"origin": "https://a.cn"})
            assert answer.status_code == 200, path.path
            assert answer.headers["access-control-allow-origin"] == "https://a.cn"
