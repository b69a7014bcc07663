"""Sizes stay small: a breach is split, not exempted."""

import ast
import re
from collections import Counter

from .house import TESTS, Module, hand_written, listing, modules

SOURCE_LINES = 500
TEST_LINES = 800
FUNCTION_LINES = 60
PACKAGE_FILES = 12
PARAMETERS = 6
FACADE_LINES = 30
PATCHES_PER_100_TESTS = 3

_PATCH = re.compile(r"\bmonkeypatch\.|\bpatch(?:\.\w+)?\(|\bMagicMock\b|\bAsyncMock\b|\bmocker\.")


def _lines(module: Module) -> int:
    return len(module.text.splitlines())


def _own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def test_files_are_short() -> None:
    breaches = [f"{m.place}: {_lines(m)} lines" for m in hand_written() if _lines(m) > SOURCE_LINES]
    breaches += [f"{m.place}: {_lines(m)} lines" for m in modules(TESTS) if _lines(m) > TEST_LINES]
    advice = (
        f"At most {SOURCE_LINES} lines a file ({TEST_LINES} for tests); split by meaning into a folder of its name:"
    )
    assert not breaches, listing(breaches, advice)


def test_functions_are_short() -> None:
    breaches = [
        f"{module.at(function)} {function.name}: {_own_lines(function)} lines"
        for module in hand_written()
        for function in module.functions()
        if _own_lines(function) > FUNCTION_LINES
    ]
    assert not breaches, listing(breaches, f"At most {FUNCTION_LINES} lines a function; name a part of it:")


def test_functions_take_few_parameters() -> None:
    breaches = []
    for module in hand_written():
        for function in module.functions():
            given = function.args
            names = [
                a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs) if a.arg not in {"self", "cls"}
            ]
            if len(names) > PARAMETERS:
                breaches.append(f"{module.at(function)} {function.name}: {len(names)} parameters")
    assert not breaches, listing(breaches, f"At most {PARAMETERS} parameters; make those that belong together a value:")


def test_packages_have_few_files() -> None:
    files = Counter(module.path.parent for module in hand_written())
    breaches = [f"{folder}: {count} files" for folder, count in files.items() if count > PACKAGE_FILES]
    assert not breaches, listing(breaches, f"At most {PACKAGE_FILES} files a folder; group them into a folder:")


def test_facades_are_short() -> None:
    breaches = [
        f"{module.place}: {_lines(module)} lines"
        for module in hand_written()
        if module.path.name == "__init__.py" and _lines(module) > FACADE_LINES
    ]
    assert not breaches, listing(breaches, f"At most {FACADE_LINES} lines a facade; offer less, or split the package:")


def test_tests_patch_almost_nothing() -> None:
    own = [module for module in modules(TESTS) if module.path.parent.name != "architecture"]
    patches = [
        f"{module.place}:{number} {line.strip()}"
        for module in own
        for number, line in enumerate(module.text.splitlines(), start=1)
        if _PATCH.search(line)
    ]
    tests = sum(function.name.startswith("test_") for module in own for function in module.functions())
    advice = (
        f"{len(patches)} lines patch something in {tests} tests; fewer than {PATCHES_PER_100_TESTS} in 100 may. "
        "Hand in a clock, a folder or a real server instead:"
    )
    assert len(patches) * 100 < PATCHES_PER_100_TESTS * tests, listing(patches, advice)
