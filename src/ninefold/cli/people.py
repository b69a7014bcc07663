"""`person` and `explain`: one person, and why they are in a segment."""

from typing import Annotated, Any

import typer

from . import show
from .session import session


def add(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command()(person)
    app.command()(explain)


def person(
    reference: Annotated[str, typer.Argument(help="public id, or namespace:value such as phone:13800138000")],
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
    show.fields(
        f"Person {found['public_id']}",
        {
            "known since": found["created_at"],
            "segments": ", ".join(one["segment"] for one in found["segments"]) or "none",
            "tags": ", ".join(f"{one['tag']}={one['value']}" for one in found["tags"]) or "none",
            "orders": found["counters"].get("orders"),
            "revenue": found["counters"].get("revenue"),
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
        ((one["key"], one["value"], one["source"], one["ts"]) for one in found["traits"]),
    )
    show.rows(
        "Timeline",
        ("time", "event", "source", "order", "amount"),
        (
            (one["ts"], one["name"], one["source"], one["order_id"], one["revenue"])
            for one in found["timeline"]["events"]
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
    _clauses(found["clauses"])


def _clauses(clauses: list[dict[str, Any]]) -> None:
    show.rows(
        "Clauses",
        ("", "clause", "is", "needs"),
        (
            ("yes" if one["holds"] else "no", "  " * one["depth"] + one["text"], one["actual"], one["required"])
            for one in clauses
        ),
    )
