"""Every dependency stands in docs/dependencies.md with its reason, and the package uses no other."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .house import ROOT, hand_written, listing

_ROW = re.compile(r"^\|\s*`([\w.-]+)(?:\[[\w,-]+\])?`\s*\|\s*(.+?)\s*\|\s*(.+?)\s*\|$", re.MULTILINE)

_LIBRARIES = re.compile(r"^\| (`.+?) \|", re.MULTILINE)
_LISTS = (ROOT / "docs" / "dependencies.md").read_text().split("## The console")
"""The Python packages, and what the console is built with."""


def _project() -> dict[str, list[str]]:
    """Requirements by group."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = config["project"]
    return {
        "dependencies": project["dependencies"],
        **project.get("optional-dependencies", {}),
        **config.get("dependency-groups", {}),
    }


def _names(*groups: str) -> set[str]:
    """Canonical names of what groups ask for; of all groups when none is named."""
    project = _project()
    return {str(canonicalize_name(Requirement(line).name)) for group in groups or project for line in project[group]}


def test_every_dependency_is_listed_with_its_reason_and_licence() -> None:
    rows = _ROW.findall(_LISTS[0])
    listed = {str(canonicalize_name(name)) for name, _, _ in rows}
    missing = sorted(_names() - listed)
    gone = sorted(listed - _names())
    assert not missing, listing(missing, "Say in docs/dependencies.md why we need these, and their licence:")
    assert not gone, listing(gone, "docs/dependencies.md lists what pyproject.toml no longer asks for:")
    assert len(rows) == len(listed), "a dependency is listed twice"


def test_what_the_console_is_made_of_is_listed_too() -> None:
    package = json.loads((ROOT / "web" / "package.json").read_text())
    asked = {
        "@types/*" if name.startswith("@types/") else name
        for group in ("dependencies", "devDependencies")
        for name in package[group]
    }
    listed = {name for row in _LIBRARIES.findall(_LISTS[1]) for name in re.findall(r"`([^`]+)`", row)}
    assert not asked - listed, listing(sorted(asked - listed), "Say in docs/dependencies.md why the console needs:")
    assert not listed - asked, listing(sorted(listed - asked), "web/package.json no longer asks for:")


def test_the_package_imports_only_what_it_asks_for() -> None:
    """A dependency of a dependency may go away with its next release."""
    asked = _names(
        "dependencies", *tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    )
    providers = packages_distributions()
    breaches = []
    for module in hand_written():
        for node in ast.walk(module.tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names = [node.module]
            for name in names:
                top = name.split(".")[0]
                if top == "ninefold" or top in sys.stdlib_module_names:
                    continue
                if not {canonicalize_name(found) for found in providers.get(top, [])} & asked:
                    breaches.append(f"{module.at(node)} {top}")
    assert not breaches, listing(breaches, "Ask for these in pyproject.toml, or do without them:")


def test_a_start_does_not_load_what_only_extras_bring() -> None:
    """pandas alone costs half a second; pyarrow loads it with the first array that is made at import time."""
    heavy = ("pandas", "splink", "duckdb", "altair", "opentelemetry.sdk")
    script = f"import sys, ninefold.app; print(*(name for name in {heavy!r} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert not found.stdout.split(), "import these where they are used, or make the array in a function"
