"""Every operation that changes something writes an audit entry, without personal values: each route is walked."""

import json
from typing import Any

import pytest

from ninefold.api.description import story

from .conftest import Api

ONLY_ASK = {
    # a POST, for it has a body, that changes nothing
    "POST /v1/definitions/plan", "POST /v1/audit/verify", "POST /v1/analysis/run", "POST /v1/reviews/counts",
    "POST /v1/reviews/bulk/preview", "POST /v1/conditions/inspect",
}  # fmt: skip


def _operations(api: Api) -> list[str]:
    return [
        f"{method.upper()} {path}"
        for path, item in api.application.openapi()["paths"].items()
        for method, operation in item.items()
        if method in {"post", "put", "patch", "delete"} and path.startswith("/v1/") and "security" in operation
    ]


def test_every_changing_operation_is_in_the_book(api: Api) -> None:
    examples: dict[str, dict[str, Any]] = {}
    for one in story():
        examples.setdefault(one["call"], {**one})
    missing = []
    operations = [one for one in _operations(api) if one not in ONLY_ASK]
    assert len(operations) > 40
    for name in operations:
        method, _, path = name.partition(" ")
        call = examples.get(name, {})
        names = dict.fromkeys(_names(path), "1") | {key: str(value) for key, value in call.get("path", {}).items()}
        before = _head(api)
        arguments: dict[str, Any] = {"json": call.get("body", {})}
        if "form" in call:
            form = dict(call["form"])
            arguments = {"files": {"file": ("o.csv", form.pop("file"))}, "data": form}
        answer = api.call(method, path.format(**names), params=call.get("query", {}), **arguments)
        if _head(api) == before:
            missing.append(f"{name}: {answer.status_code}")
    assert not missing, "\n".join(missing)
    book = json.dumps(api.ok("GET", "/v1/audit", params={"limit": 1000}), ensure_ascii=False)
    planted = ("13912340001", "13912345678", "example.com", "Li Lei")
    assert not [one for one in planted if one in book]


def _names(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]


def _head(api: Api) -> int:
    head = api.ninefold.audit.head()
    return head.seq if head else 0


@pytest.mark.parametrize("path", ["/v1/people/phone:13912340001", "/v1/quarantine", "/v1/privacy/requests"])
def test_reading_people_is_in_the_book_too(api: Api, path: str) -> None:
    api.collect({"type": "identify", "userId": "u1", "messageId": "i1", "traits": {"phone": "13912340001"}})
    before = _head(api)
    api.ok("GET", path)
    assert _head(api) == before + 1
