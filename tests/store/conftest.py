"""Stopped data folders, copied by tests that do not care how one is made."""

import subprocess
from pathlib import Path

import pytest

from ninefold.store import EmbeddedPostgres


@pytest.fixture(scope="package")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a stopped server."""
    folder = tmp_path_factory.mktemp("template") / "records"
    EmbeddedPostgres(folder).stop()
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """A copy of it, ``records`` in the test's own folder."""
    subprocess.run(["cp", "-a", template, tmp_path / "records"], check=True)
    return tmp_path / "records"
