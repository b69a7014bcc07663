"""The user's page on conditions: every example in it is true."""

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from ninefold.base import Error
from ninefold.predicate import describe, json_schema, parse, to_document

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "conditions.md").read_text(encoding="utf-8")
SCHEMA = jsonschema.Draft202012Validator(json_schema())
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_are_conditions(text: str) -> None:
    condition = parse(yaml.safe_load(text))
    document = to_document(condition)
    assert parse(document) == condition
    SCHEMA.validate(document)
    assert describe(condition)
    assert describe(condition, "zh")


def test_the_first_example_reads_as_the_guide_says() -> None:
    condition = parse(yaml.safe_load(EXAMPLES[0]))
    quoted = [
        " ".join(each.replace("\n> ", " ").split())
        for each in re.findall(r"^> (.*?)\n\n", GUIDE, re.MULTILINE | re.DOTALL)
    ]
    assert describe(condition) == quoted[0]
    assert describe(condition, "zh") == quoted[1]


def test_the_error_reads_as_the_guide_says() -> None:
    with pytest.raises(Error) as caught:
        parse({"all": [{"trait": "city", "op": "contians", "value": "x"}]})
    shown = re.sub(r"allowed: (eq, ne, gt), .*? \|", r"allowed: \1, ... |", str(caught.value))
    assert shown in GUIDE


def test_windows_and_operators_are_all_named() -> None:
    schema = str(json_schema())
    for word in re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+)", GUIDE, re.MULTILINE):
        for name in re.findall(r"`([a-z_]+)`", word):
            assert name in schema, name
