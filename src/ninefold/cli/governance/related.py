"""`relations`: what people are to each other, over one step or several, and what events tell of it."""

from typing import Annotated

import typer

from ninefold.cli import show
from ninefold.cli.platform import session

relations = typer.Typer(no_args_is_help=True, help="Relations between people: show, follow, derive from events.")


@relations.command("show")
def show_relations(
    person: Annotated[str, typer.Argument(help="public id, or namespace:value")],
    *,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """What a person is to others and to products, and others to the person."""
    with session() as client:
        found = client.get(f"/v1/people/{person}/relations")
    if json:
        show.as_json(found)
        return
    columns = ("kind", "side", "other", "since", "source", "evidence")
    show.rows("Relations", columns, ([one[name] for name in columns] for one in found))


@relations.command()
def reach(
    person: Annotated[str, typer.Argument(help="public id, or namespace:value")],
    *,
    kind: Annotated[str, typer.Option(help="of relation, followed from whom it goes to whom")] = "invited",
    depth: Annotated[int, typer.Option(min=1, max=20, help="steps at most")] = 1,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="people at most")] = 1_000,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Whom a person brought, and whom those brought: everybody once, the nearest first."""
    with session() as client:
        found = client.get(f"/v1/people/{person}/reach", kind=kind, depth=depth, limit=limit)
    if json:
        show.as_json(found)
        return
    columns = ("depth", "person", "by", "since")
    show.rows("Reached", columns, ([one[name] for name in columns] for one in found["people"]))
    if found["cut"]:
        show.out.print("there are more: ask with a greater --limit")


@relations.command()
def derive() -> None:
    """Read the whole history by the relation rules in force."""
    with session() as client:
        done = client.post("/v1/relations/derive", {})
    show.out.print(f"{done['events']} events told, {done['relations']} relations hold, {done['dropped']} were dropped")
