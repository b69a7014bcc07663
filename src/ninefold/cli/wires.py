"""`wires …`: two sources side by side, while a site moves from one vendor's SDK to another."""

from typing import Annotated

import typer

from . import show
from .platform import session

app = typer.Typer(no_args_is_help=True, help="What SDKs send: compare two of them.")


@app.callback()
def _wires() -> None:
    """Keeps `compare` a command of its own."""


@app.command("compare")
def compare(
    *,
    left: Annotated[str, typer.Option(help="source that is trusted so far, such as the old SDK's")],
    right: Annotated[str, typer.Option(help="source that is judged by it")],
    days: Annotated[int, typer.Option(min=1, max=90, help="business days back, today's among them")] = 7,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """What one source tells and the other does not: events by name and day, people, properties."""
    with session() as client:
        found = client.get("/v1/wires/compare", left=left, right=right, days=days)
    if json:
        show.as_json(found)
        return
    people = found["people"]
    show.fields(
        f"{left} and {right}, {found['first']} to {found['last']}",
        {"agree": "yes" if found["agrees"] else "no", "people in both": people["in_both"],
         f"people only in {left}": people["left_only"], f"people only in {right}": people["right_only"]},
    )  # fmt: skip
    show.rows(
        "Events by name",
        ("name", left, right, f"people {left}", f"people {right}", "people in both"),
        ((one["name"], one["left_events"], one["right_events"], one["left_people"], one["right_people"],
          one["both_people"]) for one in found["names"]),
    )  # fmt: skip
    show.rows(
        "Days that differ",
        ("day", "name", left, right, "missing", "extra"),
        ((one["day"], one["name"], one["left_events"], one["right_events"], one["missing"], one["extra"])
         for one in found["days"]),
    )  # fmt: skip
    show.rows(
        "Properties that differ",
        ("event", "property", left, right, f"type {left}", f"type {right}"),
        ((one["event"], one["path"], f"{one['left_share']:.1%}", f"{one['right_share']:.1%}", one["left_type"],
          one["right_type"]) for one in found["properties"]),
    )  # fmt: skip
