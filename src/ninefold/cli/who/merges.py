"""`merges`: what a merge would change, merges that wait, cancelling one."""

from typing import Annotated

import typer

from ninefold.cli import show
from ninefold.cli.platform import session

app = typer.Typer(no_args_is_help=True, help="Merges: what one would change, those that wait, cancelling.")

Person = Annotated[str, typer.Argument(help="public id, or namespace:value such as phone:13912340001")]


@app.command()
def preview(one: Person, other: Person) -> None:
    """All that making two people one would change, and what speaks against it; nothing is written."""
    _preview("/v1/identity/merge/preview", {"one": one, "other": other})


@app.command()
def preview_back(
    person: Person, identifiers: Annotated[list[str], typer.Argument(help="namespace:value of each that would leave")]
) -> None:
    """All that taking identifiers out of a person would change; nothing is written."""
    leaving = [dict(zip(("namespace", "value"), one.split(":", 1), strict=True)) for one in identifiers]
    _preview("/v1/identity/unmerge/preview", {"person": person, "identifiers": leaving})


@app.command("list")
def waiting(state: Annotated[str, typer.Option(help="waiting, done, cancelled or refused; all without")] = "") -> None:
    """Merges that wait for their cool-off to end, or waited."""
    with session() as client:
        found = client.get("/v1/identity/merges" + (f"?state={state}" if state else ""))
    show.rows(
        "Merges",
        ("no.", "people", "by", "reason", "due", "state", "note"),
        (
            (m["id"], " + ".join(m["people"]), m["author"], m["reason"], m["due_at"], m["state"], m["note"])
            for m in found
        ),
    )


@app.command()
def cancel(merge: int, *, reason: Annotated[str, typer.Option(help="kept with the merge")] = "") -> None:
    """Take back a merge that waits."""
    with session() as client:
        show.as_json(client.post(f"/v1/identity/merges/{merge}/cancel", {"reason": reason}))


def _preview(path: str, body: dict[str, object]) -> None:
    with session() as client:
        found = client.post(path, body)
    show.rows(
        "Differences",
        ("what", "key", "before", "after", "why"),
        ((d["what"], d["key"], _side(d["before"]), _side(d["after"]), d["rule"]) for d in found["differences"]),
    )
    show.rows(
        "What they own",
        ("asset", "subject", "before", "after", "why", "conflict"),
        (
            (a["asset"], a["subject"], _side(a["before"]), _side(a["after"]), a["rule"], "!" if a["conflict"] else "")
            for a in found["assets"]
        ),
    )
    show.rows("Blockers", ("asset", "why"), ((b["asset"], b["reason"]) for b in found["blockers"]))
    if found["waits_until"]:
        typer.echo(f"it would wait until {found['waits_until']}")


def _side(values: list[str | None]) -> str:
    return " | ".join("-" if value is None else value for value in values)
