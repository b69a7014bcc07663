"""The guide's document is a mapping, its table names every field, and its program runs."""

import re
from pathlib import Path

import pytest
import yaml

from ninefold.collect.imports import mapping_document, parse_mapping
from ninefold.collect.imports.document import _TOP

GUIDE = (Path(__file__).parents[3] / "docs" / "guide" / "import.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_the_document_is_a_mapping() -> None:
    (text,) = blocks("yaml")
    document = yaml.safe_load(text)
    mapping = parse_mapping(document)
    assert mapping_document(mapping) == {name: value for name, value in document.items() if name != "owner"}


def test_the_table_names_every_field() -> None:
    named = set(
        re.findall(r"`(\w+)`", "\n".join(line.split("|")[1] for line in GUIDE.splitlines() if line.startswith("|")))
    )
    assert set(_TOP) - {"kind", "key", "name", "owner", "purpose", "description"} <= named


def test_the_program_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "orders.csv").write_text("手机号,订单号,下单时间,实付金额\n13912345678,A1,2026-05-01 10:00:00,12.50\n")
    monkeypatch.chdir(tmp_path)
    (program,) = blocks("python")
    exec(compile(program, "guide", "exec"), {})
    assert "1 events, 0 rejected: ()" in capsys.readouterr().out
