"""The documentation is true: links lead somewhere, commands and make targets exist, examples run."""

import doctest
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from .house import ROOT, listing

_PAGES = sorted(path for path in (ROOT, ROOT / "docs", ROOT / "benchmarks", ROOT / "examples") if path.is_dir())
PAGES = sorted(
    {page for folder in _PAGES for page in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))}
)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+\s+(.*?)\s*#*$", re.MULTILINE)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _blocks(page: Path, *languages: str) -> Iterator[tuple[int, str]]:
    """Line number and text of the fenced blocks of some languages."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        if found[1] in languages:
            yield text[: found.start()].count("\n") + 2, found[2]


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    plain = (re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in _HEADING.findall(prose))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    breaches = []
    for found in _LINK.finditer(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        target, _, anchor = (found[1] or found[2]).partition("#")
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        place = (page.parent / target).resolve() if target else page
        if not place.exists():
            breaches.append(f"{_name(page)}: {found[0]} leads nowhere")
        elif anchor and place.suffix == ".md" and anchor.lower() not in _anchors(place):
            breaches.append(f"{_name(page)}: {found[0]}: no such heading")
    assert not breaches, listing(breaches, "Mend these links:")


def _commands(page: Path) -> Iterator[tuple[str, list[str]]]:
    """The commands a page tells its reader to type, with their place."""
    for line, block in _blocks(page, "sh", "bash", "shell", "console"):
        joined = re.sub(r"\\\n\s*", " ", block)
        for command in joined.splitlines():
            typed = command.removeprefix("$ ").strip()
            if typed and not typed.startswith("#"):
                try:
                    words = shlex.split(typed, comments=True)
                except ValueError:
                    continue  # a here-document or a quote over several lines
                yield f"{_name(page)}:{line}", words


def _wrong_command(words: list[str]) -> str:
    """What is wrong with a call of ninefold, or nothing."""
    from ninefold.cli.main import app  # noqa: PLC0415 - other tests of this file need no command line

    command: Any = typer.main.get_command(app)
    path = ["ninefold"]
    rest = iter(words)
    for word in rest:
        if word in {"|", ">", ">>", "&&", ";", "&", "2>&1", "<"}:
            return ""
        commands = getattr(command, "commands", None)
        if commands and not word.startswith("-"):
            if word not in commands:
                return f"{' '.join(path)} has no command {word}"
            command = commands[word]
            path.append(word)
        elif word.startswith("-") and word != "-":
            name = word.partition("=")[0]
            options = [option for option in command.params if name in (*option.opts, *option.secondary_opts)]
            if not options and name not in {"--help", "--install-completion", "--show-completion"}:
                return f"{' '.join(path)} has no option {name}"
            if options and not getattr(options[0], "is_flag", True) and "=" not in word:
                next(rest, None)
    return ""


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_of_the_documentation_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    breaches = []
    for place, words in _commands(page):
        while words and re.match(r"^[A-Z_]+=", words[0]):
            words = words[1:]  # noqa: PLW2901 - variables set for one command
        if not words:
            continue
        program = words[0].rpartition("/")[2]
        if program == "ninefold" and (wrong := _wrong_command(words[1:])):
            breaches.append(f"{place} {wrong}")
        if program == "make":
            breaches += [
                f"{place} make has no target {word}" for word in words[1:]
                if re.fullmatch(r"[a-z]+", word) and word not in targets
            ]  # fmt: skip
    assert not breaches, listing(breaches, "Mend these commands of the documentation:")


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_python_examples_of_the_documentation_run(page: Path) -> None:
    """Blocks with prompts are run and compared; the others must at least be Python."""
    for line, block in _blocks(page, "python", "pycon", "py"):
        if ">>>" not in block:
            compile(block, f"{_name(page)}:{line}", "exec")
            continue
        test = doctest.DocTestParser().get_doctest(block, {}, _name(page), str(page), line)
        said: list[str] = []
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
        assert not said, "".join(said)


def test_the_reference_pages_follow_the_code() -> None:
    check = [sys.executable, str(ROOT / "docs" / "reference" / "generate.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"Run `make docs` and commit the pages.\n{done.stdout}{done.stderr}"
