"""The examples of the OpenAPI description are there, fit their schemas, and work: they are played as one story."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ninefold.api.description import Call, story
from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock
from ninefold.predicate import parse

from .house import Api

DURABLE = {"/v1/imports", "/v1/matching/{key}/runs", "/v1/privacy/requests"}
RULE_CHANGES = "/v1/identity/rules/changes"
"""Where durable work is asked for, whose end the story waits for."""
SETTLED = {"done", "ready", "applied", "discarded"}


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC")
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.start()
        yield Api(ninefold)


def operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in description["paths"].items():
        for method, operation in item.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                yield f"{method.upper()} {path}", operation


def named(schema: dict[str, Any], description: dict[str, Any]) -> dict[str, Any]:
    """A schema, or the one it refers to, alone or as a list's items."""
    reference = schema.get("$ref") or schema.get("items", {}).get("$ref", "")
    found: dict[str, Any] = description["components"]["schemas"].get(reference.rpartition("/")[2], schema)
    return found


def examples(content: dict[str, Any], description: dict[str, Any]) -> list[Any]:
    """The whole examples of a body, wherever OpenAPI lets them stand; of a list, those of its items as lists of one."""
    schema = content.get("schema", {})
    modelled = named(schema, description).get("examples", ())
    found = [content["example"]] if "example" in content else []
    found += [one["value"] for one in content.get("examples", {}).values()]
    return [*found, *([[one] for one in modelled] if "items" in schema else modelled)]


def bodies(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is sent, and what the main answer is: a name and the content."""
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"body {media}", content
    status = min((one for one in operation["responses"] if one.startswith("2")), default="")
    for media, content in operation["responses"].get(status, {}).get("content", {}).items():
        if media.startswith(("application/json", "text/")):
            yield f"answer {status} {media}", content


def test_every_body_and_every_main_answer_has_an_example_that_fits_its_schema(api: Api) -> None:
    description = api.application.openapi()
    wrong = []
    for name, operation in operations(description):
        for part, content in bodies(operation):
            found = examples(content, description)
            fields = named(content.get("schema", {}), description).get("properties", {}).values()
            if not found and not any("examples" in field for field in fields):
                wrong.append(f"{name}: no example of its {part}")
            schema = {**content.get("schema", {}), "components": description["components"]}
            for example in found:
                fault = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(example))
                if fault is not None:
                    wrong.append(f"{name}: {part}: {fault.json_path}: {fault.message[:200]}")
    assert not wrong, "give these an example in src/ninefold/api/description/story:\n" + "\n".join(wrong)


def test_the_story_has_no_call_that_is_not_described(api: Api) -> None:
    known = {name for name, _ in operations(api.application.openapi())}
    assert {call["call"] for call in story()} <= known


def test_every_example_of_a_condition_can_be_read(api: Api) -> None:
    schemas = api.application.openapi()["components"]["schemas"]
    conditions = [
        example
        for schema in schemas.values()
        for example in schema.get("properties", {}).get("condition", {}).get("examples", ())
    ]
    assert len(conditions) >= 2
    for condition in conditions:
        parse(condition)


def test_the_examples_work_when_they_are_played_in_order(api: Api) -> None:
    write_key = api.ok("POST", "/v1/keys", json={"kind": "write", "name": "shop", "channel": "web"})["secret"]
    api.ok("POST", "/v1/track", auth=(write_key, ""), json={"messageId": "m-1", "event": "Order Completed"})
    for call in story():
        play(api, call)
        api.ninefold.drain()


def play(api: Api, call: Call) -> Any:
    method, _, path = call["call"].partition(" ")
    arguments: dict[str, Any] = {"params": call.get("query", {})}
    if "form" in call:
        form = dict(call["form"])
        arguments |= {"files": {"file": ("orders.csv", form.pop("file"))}, "data": form}
    elif "body" in call:
        arguments["json"] = call["body"]
    answer = api.call(method, path.format(**call.get("path", {})), **arguments)
    assert answer.status_code < 300, f"{call['call']}: {answer.status_code} {answer.text}"
    if method == "POST" and (path in DURABLE or path.startswith(RULE_CHANGES)):
        base = RULE_CHANGES if path.startswith(RULE_CHANGES) else path
        started = base.format(**call.get("path", {})) + f"/{answer.json()['id']}"
        for _ in range(600):
            if api.ok("GET", started)["state"] in SETTLED:
                break
            api.ninefold.drain()
            time.sleep(0.05)
    if not answer.content or not answer.headers["content-type"].startswith("application/json"):
        return answer.text
    found = answer.json()
    if "answer" in call:
        assert _shape(found) <= _shape(call["answer"]) or not found, call["call"]
    return found


def _shape(value: Any) -> set[str]:
    """The names of the members of an object, or of the first of a list."""
    first = value[0] if isinstance(value, list) and value else value
    return set(first) if isinstance(first, dict) else set()
