"""`ninefold customers`: what the open API does, from the command line, with the operator's own right."""

from pathlib import Path
from typing import Annotated

import typer

from ninefold.cli import show
from ninefold.cli.platform import session

app = typer.Typer(no_args_is_help=True, help="Customers as the open API knows them: read, list, upsert.")


@app.command()
def get(reference: Annotated[str, typer.Argument(help="public id, or namespace:value")]) -> None:
    """One customer as JSON."""
    with session() as client:
        show.as_json(client.get(f"/v1/customers/{reference}"))


@app.command("list")
def list_(
    *,
    node: Annotated[str, typer.Option(help="members of this node and below")] = "",
    segment: Annotated[str, typer.Option(help="people in this segment")] = "",
    after: Annotated[str, typer.Option(help="what `next` said")] = "",
    limit: Annotated[int, typer.Option(help="1 to 1,000")] = 100,
) -> None:
    """A page of customers as JSON; `next` in it leads on."""
    with session() as client:
        body = {"node": node, "segment": segment, "after": after, "limit": limit}
        show.as_json(client.post("/v1/customers/query", body))


@app.command()
def upsert(file: Annotated[Path, typer.Argument(help="JSON lines, one customer each, as PUT /v1/customers")]) -> None:
    """Make or change customers from a file, a thousand at a time; rejected lines are listed."""
    import json  # noqa: PLC0415

    accepted, rejected = 0, []
    with file.open(encoding="utf-8") as stream, session() as client:
        lines = [json.loads(line) for line in stream if line.strip()]
        for start in range(0, len(lines), 1_000):
            found = client.post("/v1/customers", {"customers": lines[start : start + 1_000]})
            accepted += found["accepted"]
            verdicts = enumerate(found["verdicts"], start + 1)
            rejected += [(line, one["status"], one["code"], one["field"], one["got"]) for line, one in verdicts
                         if one["status"] != "accepted"]  # fmt: skip
    show.fields("Customers", {"accepted": accepted, "not accepted": len(rejected)})
    if rejected:
        show.rows("Not accepted", ("line", "status", "code", "field", "got"), rejected)
