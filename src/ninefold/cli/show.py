"""How commands print: tables, progress, errors - or JSON for machines."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from ninefold.base import Error

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def as_json(value: object) -> None:
    """Print a value for machines."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def as_line(value: object) -> None:
    """Print a value for machines on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def rows(title: str, columns: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    """Print a table; an empty one says so."""
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    count = 0
    for line in lines:
        table.add_row(*("" if cell is None else str(cell) for cell in line))
        count += 1
    out.print(table if count else f"{title}: none")


def fields(title: str, values: Mapping[str, object]) -> None:
    """Print names and values."""
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in values.items():
        table.add_row(name, "" if value is None else str(value))
    out.print(table)


@contextmanager
def progress() -> Iterator[Progress]:
    """Progress bars on standard error; silent where that is no terminal."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=False,
        disable=not err.is_terminal,
    ) as bars:
        yield bars


def failure(error: Error) -> int:
    """Say what went wrong and what to do; returns the exit code."""
    err.print(f"[bold red]{error.kind.value}[/] [bold]{error.code}[/]: ", end="")
    err.print(error.message, markup=False)
    for name in ("field", "got", "allowed", "hint"):
        if value := getattr(error, name):
            err.print(f"  {name}: ", style="dim", end="")
            err.print(value, markup=False)
    return error.outside.exit_code
