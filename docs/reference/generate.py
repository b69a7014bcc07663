"""Writes the reference pages that follow from the code: settings, commands, error codes.

python docs/reference/generate.py           # rewrite the pages
python docs/reference/generate.py --check   # say whether they are up to date
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import typer.main
from pydantic_core import PydanticUndefined

import ninefold
from ninefold.app import Settings
from ninefold.cli.main import app

_HERE = Path(__file__).parent
_SOURCE = Path(ninefold.__file__).parent
_KINDS = ("invalid", "missing", "conflict", "refused", "unavailable")


def settings_page() -> str:
    """All settings with their default and meaning."""
    lines = [
        "# Settings",
        "",
        "Read from the environment (`NINEFOLD_` and the name in capitals), then from `ninefold.toml` in the working",
        "directory (the name as it stands), then the default. A wrong value is refused at start, naming the setting.",
        "",
        "| setting | environment | default | meaning |",
        "|---|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is PydanticUndefined else f"`{field.default}`" if str(field.default) else "empty"
        lines.append(f"| `{name}` | `NINEFOLD_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """All commands with their options."""
    root = typer.main.get_command(app)
    lines = [
        "# Commands",
        "",
        "`ninefold --help` shows the same. Commands speak to a running server of the data folder, or",
        "open the stores themselves when none runs.",
        "",
    ]
    for path, command in _commands(root, ("ninefold",)):
        lines += [
            f"## `{' '.join(path)}`",
            "",
            (command.help or "").strip().replace("[bold]", "").replace("[/]", ""),
            "",
        ]
        rows = []
        for parameter in command.params:
            if parameter.name == "help":
                continue
            shown = (
                ", ".join(f"`{option}`" for option in parameter.opts)
                if parameter.param_type_name == "option"
                else f"`{(parameter.name or '').upper()}`"
            )
            rows.append(f"| {shown} | {getattr(parameter, 'help', None) or ''} |")
        if rows:
            lines += ["| argument | meaning |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def errors_page() -> str:
    """All error codes with their kind and where they come from."""
    found: dict[str, tuple[str, str, str]] = {}
    for file in sorted(_SOURCE.rglob("*.py")):
        package = file.relative_to(_SOURCE).parts[0].removesuffix(".py")
        for kind, code, message in _errors(ast.parse(file.read_text(encoding="utf-8"))):
            found.setdefault(code, (kind, message, package))
    lines = [
        "# Error codes",
        "",
        "Every error has a stable `code`, a `kind` and a `message`; where it helps also `field`, `got`, `allowed`",
        "and a `hint`. The kind decides what you see outside:",
        "",
        "| kind | HTTP | exit code | what to do |",
        "|---|---|---|---|",
        "| invalid | 400 | 2 | mend the input |",
        "| missing | 404 | 3 | look at the name |",
        "| conflict | 409 | 4 | somebody else holds or has it |",
        "| refused | 403 | 5 | understood, but not allowed |",
        "| unavailable | 503 | 6 | try again later |",
        "| defect | 500 | 70 | our fault; it is in the log |",
        "",
        "| code | kind | from | meaning |",
        "|---|---|---|---|",
    ]
    for code in sorted(found):
        kind, message, package = found[code]
        lines.append(f"| `{code}` | {kind} | {package} | {message} |")
    return "\n".join(lines) + "\n"


PAGES = {"settings.md": settings_page, "commands.md": commands_page, "errors.md": errors_page}


def _commands(command: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], "typer.core.TyperCommand"]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command  # type: ignore[misc]
        return
    for name, child in children.items():
        yield from _commands(child, (*path, name))


def _errors(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        arguments = node.args
        kind = name
        if name == "Error" and arguments and isinstance(arguments[0], ast.Attribute):
            kind, arguments = arguments[0].attr.lower(), arguments[1:]
        elif name not in _KINDS:
            continue
        if len(arguments) >= 2 and isinstance(arguments[0], ast.Constant) and isinstance(arguments[0].value, str):
            yield kind, arguments[0].value, _text(arguments[1]).replace("|", "\\|").replace("\n", " ")


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""


def main() -> None:
    """Rewrite the pages, or check them."""
    stale = []
    for name, page in PAGES.items():
        text = page()
        if (_HERE / name).exists() and (_HERE / name).read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            (_HERE / name).write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"not up to date: {', '.join(stale)}; run python docs/reference/generate.py")


if __name__ == "__main__":
    main()
