"""The structure tests find what they are there to find."""

import ast
from pathlib import Path

import pytest

from .house import SRC, Module
from .test_ceilings import _PATCH
from .test_imports import _breach
from .test_purity import _CLOCK_IN_SQL, _SQL, _impurity, is_pure


@pytest.mark.parametrize(
    "text",
    [
        "SELECT oneid FROM events",
        "SELECT\n  count()\nFROM events",
        "select a from b",
        "INSERT INTO people VALUES (1)",
        "UPDATE people SET x = 1",
        "DELETE FROM people WHERE 1",
        "CREATE TABLE t (a Int8)",
        "WITH recent AS (",
        "GROUP BY oneid",
    ],
)
def test_sql_is_seen(text: str) -> None:
    assert _SQL.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "Select the people you want",
        "delete from the list?",
        "Update available",
        "created from a table",
        "order by phone",
    ],
)
def test_words_are_not_taken_for_sql(text: str) -> None:
    assert not _SQL.search(text)


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "import os",
        "from time import time",
        "from uuid import uuid4",
        "from ninefold.store import Records",
        "from sqlalchemy.engine import Connection",
        "datetime.now(UTC)",
        "date.today()",
        "clock.now()",
        "sa.func.now()",
        "np.random.default_rng()",
        "np.random.normal()",
        "open('x')",
        "path.read_text()",
        "conn.execute(1)",
        "async def f(): pass",
    ],
)
def test_impurity_is_seen(source: str) -> None:
    assert any(_impurity(node) for node in ast.walk(ast.parse(source)))


@pytest.mark.parametrize("source", ["from datetime import datetime", "import numpy as np", "rows.sum()", "known(x)"])
def test_what_is_pure_passes(source: str) -> None:
    assert not any(_impurity(node) for node in ast.walk(ast.parse(source)))


@pytest.mark.parametrize(
    "text", ["SELECT now()", "today() - 7", "rand() % 2", "generateUUIDv4()", "DEFAULT CURRENT_TIMESTAMP"]
)
def test_clocks_in_sql_are_seen(text: str) -> None:
    assert _CLOCK_IN_SQL.search(text)


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("from ninefold.store import Events", False),
        ("from ninefold.segments.model import Segment", False),
        ("from .model import Segment", False),
        ("from . import model", False),
        ("from ninefold.store.events import Events", True),
        ("from ninefold.segments import Segment", True),
        ("import ninefold.store", True),
        ("from ..store import Events", True),
        ("importlib.import_module('ninefold.store')", True),
    ],
)
def test_imports_past_the_facade_are_seen(source: str, wrong: bool) -> None:
    module = Module(SRC / "segments" / "service.py")
    assert any(_breach(module, node) for node in ast.walk(ast.parse(source))) == wrong


def test_pure_files_are_known_by_their_place() -> None:
    assert is_pure(Module(SRC / "segments" / "rules.py"))
    assert is_pure(Module(SRC / "segments" / "queries" / "tags.py"))
    assert not is_pure(Module(SRC / "segments" / "service.py"))
    assert not is_pure(Module(SRC / "store" / "events" / "schema.py"))


@pytest.mark.parametrize(
    "line", ["monkeypatch.setenv('A', 'b')", "with patch('x'):", "mock.patch.object(a, 'b')", "MagicMock()"]
)
def test_patches_are_seen(line: str) -> None:
    assert _PATCH.search(line)


def test_the_house_is_where_the_tests_look(tmp_path: Path) -> None:
    assert (SRC / "py.typed").exists()
