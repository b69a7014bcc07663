"""`privacy`, `retention`: requests of people, and how long what is kept."""

from pathlib import Path
from typing import Annotated

import typer

from ninefold.cli import show
from ninefold.cli.platform import session

privacy = typer.Typer(no_args_is_help=True, help="Privacy requests: access, suppress, resume, erase.")


@privacy.command()
def request(
    kind: Annotated[str, typer.Argument(help="access, suppress, resume or erase")],
    person: Annotated[str, typer.Argument(help="public id, or namespace:value")],
    *,
    reason: Annotated[str, typer.Option(help="why; kept with the request")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="do not ask before erasing")] = False,
) -> None:
    """Take a request about a person; a running server carries it out."""
    if kind == "erase" and not yes:
        typer.confirm(f"Erase everything about {person}? This cannot be undone.", abort=True, err=True)
    with session() as client:
        made = client.post("/v1/privacy/requests", {"kind": kind, "person": person, "reason": reason})
    show.fields(f"Request {made['id']}", {"person": made["person"], "kind": made["kind"], "state": made["state"]})


@privacy.command()
def bulk(
    kind: Annotated[str, typer.Argument(help="access, suppress, resume or erase")],
    file: Annotated[Path, typer.Argument(help="references in the first column, one person a line")],
    *,
    reason: Annotated[str, typer.Option(help="why; kept with the requests")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="do not ask before erasing")] = False,
) -> None:
    """Take a request about each of many people, 10,000 at a time."""
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    people = [one for line in lines if (one := line.partition(",")[0].strip())]
    if kind == "erase" and not yes:
        typer.confirm(f"Erase everything about {len(people)} people? This cannot be undone.", abort=True, err=True)
    taken, unknown = 0, []
    with session() as client:
        for start in range(0, len(people), 10_000):
            body = {"kind": kind, "people": people[start : start + 10_000], "reason": reason}
            done = client.post("/v1/privacy/requests/bulk", body)
            taken += len(done["requests"])
            unknown += done["unknown"]
    show.fields("Requests", {"taken": taken, "of nobody known": len(unknown)})
    for one in unknown[:20]:
        show.out.print(one, markup=False)


@privacy.command("show")
def show_request(number: Annotated[int, typer.Argument(help="of the request")]) -> None:
    """A request and its receipt, as JSON."""
    with session() as client:
        show.as_json(client.get(f"/v1/privacy/requests/{number}"))


@privacy.command("verify")
def verify_receipt(file: Annotated[Path, typer.Argument(help="the receipt, or the request, as JSON")]) -> None:
    """Whether a receipt is ours and unchanged; exit code 4 when it is not."""
    import json as plain  # noqa: PLC0415

    document = plain.loads(file.read_text(encoding="utf-8"))
    with session() as client:
        done = client.post("/v1/privacy/receipts/verify", {"receipt": document.get("receipt", document)})
    show.out.print("valid" if done["valid"] else "NOT valid")
    if not done["valid"]:
        raise typer.Exit(4)


@privacy.command()
def notices(
    *,
    state: Annotated[str, typer.Option(help="pending, accepted, confirmed or failed")] = "",
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Who was told whom to forget, and what came of it; newest first."""
    with session() as client:
        found = client.get("/v1/privacy/notices", **({"state": state} if state else {}))
    if json:
        show.as_json(found)
        return
    columns = ("id", "request", "person", "destination", "state", "tries", "due_at", "detail")
    show.rows("Deletion notices", columns, ([one[name] for name in columns] for one in found))


@privacy.command()
def tell() -> None:
    """Tell all destinations now what waits, also what would be tried later."""
    with session() as client:
        show.out.print(f"{client.post('/v1/privacy/notices/send', {})['sent']} notices sent")


@privacy.command()
def confirm(
    notice: Annotated[int, typer.Argument(help="number of the notice")],
    *,
    failed: Annotated[bool, typer.Option("--failed", help="it was not carried out")] = False,
    detail: Annotated[str, typer.Option(help="what the destination said; stands in the receipt")] = "",
) -> None:
    """Write down that a destination forgot the person, or will not."""
    body = {"state": "failed" if failed else "confirmed", "detail": detail}
    with session() as client:
        done = client.post(f"/v1/privacy/notices/{notice}/settle", body)
    show.out.print(f"notice {done['id']} to {done['destination']}: {done['state']}")


retention = typer.Typer(no_args_is_help=True, help="Retention: what is due, carry out, receipts, legal holds.")
_Json = Annotated[bool, typer.Option("--json", help="for machines")]


@retention.command()
def due(*, json: _Json = False) -> None:
    """What would go now, rule by rule; nothing is touched."""
    with session() as client:
        found = client.get("/v1/retention/due")
    if json:
        show.as_json(found)
        return
    lines = [
        (one["rule"]["key"], one["rule"]["then"], f"{one['rule']['keep_days']} days", one["rows"], one["held_people"])
        for one in found
    ]
    show.rows("Due", ("rule", "then", "keeps", "rows", "held people"), lines)


@retention.command()
def run(*, json: _Json = False) -> None:
    """Carry the rules out now."""
    with session() as client:
        _runs(client.post("/v1/retention/run"), json=json)


@retention.command()
def runs(*, limit: Annotated[int, typer.Option(help="how many")] = 50, json: _Json = False) -> None:
    """What was carried out, newest first."""
    with session() as client:
        _runs(client.get("/v1/retention/runs", limit=limit), json=json)


@retention.command()
def hold(
    person: Annotated[str, typer.Argument(help="public id, or namespace:value")],
    *,
    reason: Annotated[str, typer.Option(help="why")],
    until: Annotated[str, typer.Option(help="when it ends by itself, e.g. 2027-01-01T00:00:00Z")] = "",
) -> None:
    """Keep a person's data, whatever rules and requests for erasure say."""
    with session() as client:
        made = client.post("/v1/retention/holds", {"person": person, "reason": reason, "until": until or None})
    show.fields(f"Hold {made['id']}", {"person": made["person"], "until": made["until"] or "it is ended"})


@retention.command()
def holds(*, json: _Json = False) -> None:
    """Legal holds in force."""
    with session() as client:
        found = client.get("/v1/retention/holds")
    if json:
        show.as_json(found)
        return
    columns = ("id", "person", "reason", "until", "author", "since")
    show.rows("Legal holds", columns, ([one[name] for name in columns] for one in found))


@retention.command()
def release(number: Annotated[int, typer.Argument(help="of the hold")]) -> None:
    """End a legal hold."""
    with session() as client:
        ended = client.delete(f"/v1/retention/holds/{number}")
    show.out.print(f"hold {ended['id']} ended")


def _runs(found: list[dict[str, object]], *, json: bool) -> None:
    if json:
        show.as_json(found)
        return
    columns = ("id", "rule", "then", "before", "rows", "held_people", "state")
    show.rows("Retention", columns, ([one[name] for name in columns] for one in found))
