"""The guide's examples run, and its table is the default rules."""

import re
from pathlib import Path

import pytest
import yaml

from ninefold.identity import DEFAULT_RULES, parse_rules
from ninefold.identity.rules.document.fields import NAMESPACE
from ninefold.store import Records

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "oneid.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return str(found)


def test_the_python_example_runs(records: Records, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block("python"), "oneid.md", "exec"), {"records": records})
    said = capsys.readouterr().out
    assert "('email', 'ana@example.org')" in said
    assert "ASSERT shop m1" in said


def test_the_document_example_is_valid() -> None:
    rules = parse_rules(yaml.safe_load(block("yaml")))
    assert (rules.of("phone").cap, rules.of("loyalty_card").strong) == (2, True)


def test_the_table_states_the_default_rules() -> None:
    stated = {}
    for names, *numbers in re.findall(r"^\| (.+?) \| (\d+) \| (\d+) \| (strong|weak) \| (\d+) \|", GUIDE, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", names) or ["custom"]:
            stated[name] = tuple(numbers)
    rules = [*DEFAULT_RULES.namespaces.values(), DEFAULT_RULES.custom]
    assert stated == {
        rule.name: (str(rule.priority), str(rule.cap), "strong" if rule.strong else "weak", str(rule.storm_limit))
        for rule in rules
    }


def test_the_guide_to_the_rules_states_a_valid_document() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide" / "oneid-rules.md").read_text(encoding="utf-8")
    (document,) = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    rules = parse_rules(yaml.safe_load(document))
    assert (rules.of("openid").parent, rules.of("openid:wx12ab").parent) == ("unionid", "unionid")
    assert (rules.of("user_id").most, rules.of("email").period) == (1, "year")
    assert rules.of("phone").hashing.accept[-1] == "crm2026"
    assert rules.breaker == DEFAULT_RULES.breaker
    described = " ".join(name for name, _ in NAMESPACE.fields)
    assert all(f"{name}" in guide for name in described.split())
