"""`person` and `explain`: one person, and why they are in a segment."""

from typing import Annotated

import typer

from ninefold.base import format_money
from ninefold.cli import show
from ninefold.cli.platform import session


def add(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command()(person)
    app.command()(explain)


def person(
    reference: Annotated[str, typer.Argument(help="public id, or namespace:value such as phone:13912340001")],
    *,
    timeline: Annotated[int, typer.Option(help="events to show")] = 20,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Everything known about one person."""
    with session() as client:
        found = client.get(f"/v1/people/{reference}", timeline=timeline)
    if json:
        show.as_json(found)
        return
    money = (
        f"{format_money(one['total_minor'], one['currency'])} in {one['orders']} orders"
        for one in found["counters"]["revenue"]
    )
    show.fields(
        f"Person {found['public_id']}",
        {
            "known since": found["created_at"],
            "merged from": ", ".join(found["merged_from"]) or "nobody",
            "segments": ", ".join(one["segment"] for one in found["segments"]) or "none",
            "tags": ", ".join(f"{one['tag']}={one['value']}" for one in found["tags"]) or "none",
            "revenue": "; ".join(money) or "none",
        },
    )
    show.rows(
        "Identities",
        ("namespace", "value", "first seen", "last seen", "state"),
        (
            (one["namespace"], one["value"], one["first_seen"], one["last_seen"], one["state"])
            for one in found["identities"]
        ),
    )
    show.rows(
        "Traits",
        ("trait", "value", "source", "since"),
        ((one["key"], one["chosen"]["value"], one["chosen"]["source"], one["chosen"]["at"]) for one in found["traits"]),
    )
    show.rows(
        "Timeline",
        ("time", "event", "source", "order", "amount"),
        (
            (
                one["at"],
                one["name"],
                one["source"],
                one["order_id"],
                format_money(one["revenue_minor"], one["currency"]) if one["currency"] else "",
            )
            for one in found["timeline"]["entries"]
        ),
    )


def explain(
    segment: Annotated[str, typer.Argument(help="key of a segment")],
    reference: Annotated[str, typer.Argument(help="public id, or namespace:value")],
    *,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Why a person is in a segment, or not: clause by clause, with the person's values."""
    with session() as client:
        found = client.get(f"/v1/segments/{segment}/why/{reference}")
    if json:
        show.as_json(found)
        return
    show.out.print(f"[bold]{'in' if found['member'] else 'not in'}[/] {segment}")
    for line in found["lines"]:
        show.out.print(line, markup=False)
