"""`identity`: merge and unmerge people, say who is one and who is not, rebuild, change rules."""

from typing import Annotated

import typer

from ninefold.cli import show
from ninefold.cli.platform import session

from . import ruling

app = typer.Typer(no_args_is_help=True, help="Who is who: merge, unmerge, decide, rebuild, change rules.")
app.add_typer(ruling.app, name="rules")

Person = Annotated[str, typer.Argument(help="public id, or namespace:value such as phone:13912340001")]
Pair = Annotated[str, typer.Argument(help="namespace:value")]
Why = Annotated[str, typer.Option(help="kept in the ledger")]
Preview = Annotated[bool, typer.Option("--preview", help="only say what would change")]


@app.command()
def merge(
    one: Person,
    other: Person,
    *,
    reason: Why = "",
    override: Annotated[bool, typer.Option("--override", help="although an operator keeps them apart")] = False,
    preview: Preview = False,
) -> None:
    """Make two people one; `unmerge` takes it back without loss."""
    body = {"one": one, "other": other, "reason": reason, "override": override, "preview": preview}
    _change("/v1/identity/merge", body)


@app.command()
def unmerge(
    person: Person,
    identifiers: Annotated[list[str], typer.Argument(help="namespace:value of each identifier to take out")],
    *,
    reason: Why = "",
    preview: Preview = False,
) -> None:
    """Take identifiers out of a person, with everything that came by them."""
    leaving = [_identifier(one) for one in identifiers]
    body = {"person": person, "identifiers": leaving, "reason": reason, "preview": preview}
    _change("/v1/identity/unmerge", body)


@app.command()
def say(
    word: Annotated[str, typer.Argument(help="must, cannot, free or retract")], a: Pair, b: Pair, *, reason: Why = ""
) -> None:
    """Say that two identifiers are one person's, are not, or take back what was said or seen."""
    _change(f"/v1/identity/links/{word}", {"a": _identifier(a), "b": _identifier(b), "reason": reason})


@app.command()
def decisions() -> None:
    """What operators said, still in force."""
    with session() as client:
        found = client.get("/v1/identity/decisions")
    show.rows(
        "Decisions",
        ("one", "other", "they are", "by", "reason", "at"),
        (
            (
                ":".join(d["a"]),
                ":".join(d["b"]),
                "one" if d["one"] else "not one",
                d["author"],
                d["reason"],
                d["said_at"],
            )
            for d in found
        ),
    )


@app.command()
def spans(identifier: Pair) -> None:
    """When an identifier was whose: an unbind or a long silence begins a new time."""
    with session() as client:
        found = client.get("/v1/identity/spans", **_identifier(identifier))
    columns = ("since", "until", "first_seen", "last_seen", "person", "began")
    show.rows(identifier, columns, ([one[name] or "" for name in columns] for one in found))


@app.command()
def rebuild() -> None:
    """Derive everybody anew from the ledger; says what had drifted (normally nothing)."""
    with session() as client:
        show.as_json(client.post("/v1/identity/rebuild", {}))


def _identifier(text: str) -> dict[str, str]:
    namespace, colon, value = text.partition(":")
    if not colon:
        raise typer.BadParameter(f"{text!r} is not of the form namespace:value")
    return {"namespace": namespace, "value": value}


def _change(path: str, body: dict[str, object]) -> None:
    with session() as client:
        show.as_json(client.post(path, body))
