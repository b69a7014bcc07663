"""The sources of the house as the structure tests see them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "ninefold"
TESTS = ROOT / "tests"
GENERATED = SRC / "store" / "records" / "versions"  # written by Alembic


@dataclass(frozen=True)
class Module:
    """One source file."""

    path: Path

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return str(self.path.relative_to(ROOT))

    @property
    def parts(self) -> tuple[str, ...]:
        """Folders and name below ``src/ninefold``, without the suffix."""
        return self.path.relative_to(SRC).with_suffix("").parts

    @property
    def package(self) -> str:
        """The package of the house it belongs to; empty for the files of the root."""
        return self.parts[0] if len(self.parts) > 1 else ""

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def at(self, node: ast.AST) -> str:
        """The place of a node, for messages."""
        return f"{self.place}:{getattr(node, 'lineno', 1)}"

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def docstrings(self) -> set[int]:
        """Identities of the constants that are docstrings or other bare strings."""
        return {
            id(node.value) for node in ast.walk(self.tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }  # fmt: skip


@lru_cache
def modules(folder: Path = SRC) -> tuple[Module, ...]:
    """All Python files of a folder."""
    return tuple(Module(path) for path in sorted(folder.rglob("*.py")))


def hand_written() -> tuple[Module, ...]:
    """All files of the package but generated ones."""
    return tuple(module for module in modules() if GENERATED not in module.path.parents)


def listing(breaches: list[str], advice: str) -> str:
    """The message of a failed structure test: what to do, and where."""
    return f"{advice}\n  " + "\n  ".join(breaches)
