"""Imports go down the page of the architecture, through facades."""

import ast
import contextlib
import io
import tomllib

from importlinter.cli import lint_imports

from .house import ROOT, SRC, Module, hand_written, listing


def test_the_order_of_the_house() -> None:
    """Imports inside functions and those for type checkers count as well: both are dependencies."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert "exclude_type_checking_imports" not in config
    assert not any(key.startswith("ignore") for contract in config["contracts"] for key in contract), "no exceptions"
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        failed = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert not failed, (
        "An import goes up or sideways (docs/architecture.md has the order). Move what is shared down, or hand it in "
        f"as an argument from app.\n{said.getvalue()}"
    )


def _breach(module: Module, node: ast.AST) -> str:
    """What is wrong with an import, or nothing."""
    match node:
        case ast.Import(names=names):
            for alias in names:
                if alias.name.startswith("ninefold.") and alias.name.split(".")[1] != module.package:
                    return f"import {alias.name}: write from ninefold.<package> import <name>"
        case ast.ImportFrom(module=str(name), level=0, names=names) if name.split(".")[0] == "ninefold":
            parts = name.split(".")[1:]
            if parts and parts[0] == module.package:
                own = SRC.joinpath(*parts)
                modules = all((own / alias.name).is_dir() or (own / f"{alias.name}.py").exists() for alias in names)
                return "" if len(parts) > 1 or modules else f"from {name}: a package does not import its own facade"
            if len(parts) > 1:
                return f"from {name}: write from ninefold.{parts[0]}, its facade"
        case ast.ImportFrom(level=level) if level >= len(module.parts) and module.package:
            return "a relative import that leaves its package: write from ninefold.<package>"
        case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]):
            if name.startswith("ninefold"):
                return f"import_module({name!r}) hides an import from the order: write it as an import"
        case _:
            pass
    return ""


def test_other_packages_are_imported_through_their_facade() -> None:
    breaches = [
        f"{module.at(node)} {breach}"
        for module in hand_written()
        for node in ast.walk(module.tree)
        if (breach := _breach(module, node))
    ]
    assert not breaches, listing(breaches, "Name what you need in the facade (__init__.py) of its package:")


def test_a_facade_only_names_what_the_package_offers() -> None:
    breaches = []
    for module in hand_written():
        if module.path.name != "__init__.py" or len(module.parts) != 2 or module.package == "cli":
            continue  # cli is imported by nobody; its entry point puts off what is slow to load
        for node in module.tree.body:
            match node:
                case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                    continue
                case ast.Assign(value=ast.Name() | ast.Attribute() | ast.List()):  # __all__, or another name
                    continue
                case _:
                    breaches.append(f"{module.at(node)} {ast.unparse(node).splitlines()[0]}")
    assert not breaches, listing(breaches, "A facade holds imports and __all__ alone; move code into a module:")
