"""Generated client code: it type-checks, it runs, and what it sends fits the plan."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from ninefold.collect.plans import Plan, parse_event, parse_plan, python_module, typescript_module
from ninefold.collect.plans.rules import with_events

DOCUMENTS: tuple[dict[str, Any], ...] = (
    {
        "key": "order_completed",
        "event": "Order Completed",
        "description": 'Paid. """ ends nothing, */ neither.\nSecond line',
        "schema": {
            "$defs": {"city": {"enum": ["上海", "北京"]}},
            "properties": {
                "order id": {"type": "string", "description": "as on the receipt"},
                "price": {"type": ["number", "null"]},
                "lines": {"type": "array", "items": {"properties": {"sku": {"type": "string"}}, "required": ["sku"]}},
                "city": {"$ref": "#/$defs/city"},
                "ship": {"type": "object", "properties": {"to": {"type": "string"}}},
            },
            "required": ["order id"],
        },
    },
    {"key": "added", "event": "加购", "schema": {}},
    {"key": "delete_it", "event": "delete", "schema": {"properties": {"n": {"type": "integer"}}}},
    {"key": "traits", "event": "$identify", "schema": {"properties": {"vip": {"type": "boolean"}}}},
)
USE = """
from {module} import Client, added, delete, identify, order_completed

class Printing:
    def track(self, *, user_id, anonymous_id, event, properties): print(user_id, event, properties)
    def identify(self, *, user_id, anonymous_id, traits): print(user_id, traits)

client = Printing()
order_completed(client, {{"order id": "o1", "lines": [{{"sku": "a"}}], "city": "上海"}}, user_id="u1")
identify(client, {{"vip": True}}, user_id="u1")
added(client, {{"anything": 1}}, user_id="u1")
delete(client, {{"n": 1}}, user_id="u1")
"""
WRONG = """
from {module} import Client, order_completed

def use(client: Client) -> None:
    order_completed(client, {{"order id": "o1", "city": "広島"}}, user_id="u1")
    order_completed(client, {{"price": 1}}, user_id="u1")
"""


def plan() -> Plan:
    return with_events(parse_plan({"key": "default"}), map(parse_event, DOCUMENTS))


def test_generated_python_runs_and_its_types_are_checked(tmp_path: Path) -> None:
    (tmp_path / "typed_events.py").write_text(python_module(plan()), encoding="utf-8")
    (tmp_path / "use.py").write_text(USE.format(module="typed_events"), encoding="utf-8")
    (tmp_path / "wrong.py").write_text(WRONG.format(module="typed_events"), encoding="utf-8")
    ran = subprocess.run([sys.executable, "use.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (
        ran.stdout.splitlines()[0] == "u1 Order Completed {'order id': 'o1', 'lines': [{'sku': 'a'}], 'city': '上海'}"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "typed_events.py", "wrong.py"]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    problems = [line for line in checked.stdout.splitlines() if ": error:" in line]
    assert all(line.startswith("wrong.py") for line in problems), checked.stdout
    assert len(problems) == 2, checked.stdout


def test_generated_typescript_says_the_same() -> None:
    text = typescript_module(plan())
    assert (
        "export interface OrderCompleted {\n"
        "  /** as on the receipt */\n"
        '  "order id": string;\n'
        '  "price"?: number | null;\n'
        '  "lines"?: Array<{\n    "sku": string;\n  }>;\n'
        '  "city"?: "\\u4e0a\\u6d77" | "\\u5317\\u4eac";\n'
    ) in text
    assert "export function deleteEvent(client: Client, who: Who, properties: Delete): void {" in text
    assert 'client.track({ ...who, event: "\\u52a0\\u8d2d", properties: { ...properties } });' in text
    assert "client.identify({ ...who, traits: { ...traits } });" in text
    assert text.count("*/") == text.count("/**"), "a description ends its comment"
    assert text == typescript_module(plan())
