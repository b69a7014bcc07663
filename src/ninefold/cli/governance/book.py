"""`audit`, `org`: the book about who did what to whom, and the org tree."""

from pathlib import Path
from typing import Annotated

import typer

from ninefold.cli import show
from ninefold.cli.platform import session

audit = typer.Typer(no_args_is_help=True, help="The audit log: list, export, verify.")


@audit.command("list")
def list_entries(
    *,
    target: Annotated[str, typer.Option(help="beginning of the target, e.g. a person's public id")] = "",
    actor: Annotated[str, typer.Option(help="who acted")] = "",
    verb: Annotated[str, typer.Option(help="beginning of the verb")] = "",
    limit: Annotated[int, typer.Option(help="entries to show")] = 50,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Who did what to whom, when, from where; newest first."""
    with session() as client:
        found = client.get("/v1/audit", target=target, actor=actor, verb=verb, limit=limit)
    if json:
        show.as_json(found)
        return
    columns = ("seq", "at", "actor", "verb", "target", "origin")
    show.rows("Audit log", columns, ([one[name] for name in columns] for one in found["entries"]))


@audit.command()
def export(file: Annotated[Path, typer.Argument(help="file to write, JSON lines")]) -> None:
    """Write the whole log to a file."""
    with session() as client:
        file.write_bytes(client.download("/v1/audit/export"))
    show.out.print(f"written to {file}")


@audit.command()
def verify(
    *,
    anchor: Annotated[list[str] | None, typer.Option(help="SEQ:HASH as kept elsewhere; may be repeated")] = None,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Read the whole chain and say where it was touched; exit code 4 when it was."""
    anchors = [{"seq": int(one.partition(":")[0]), "hash": one.partition(":")[2]} for one in anchor or ()]
    with session() as client:
        done = client.post("/v1/audit/verify", {"anchors": anchors})
    if json:
        show.as_json(done)
    else:
        head = done["head"]
        show.fields(
            "Audit log",
            {
                "state": "whole" if done["whole"] else "TOUCHED",
                "entries": done["entries"],
                "anchors compared": done["anchors"],
                "keep elsewhere as an anchor": f"{head['seq']}:{head['hash']}" if head else "nothing yet",
            },
        )
        for fault in done["faults"]:
            show.out.print(f"entry {fault['seq']}: {fault['kind']}: {fault['detail']}", markup=False)
    if not done["whole"]:
        raise typer.Exit(4)


@audit.command("anchor")
def cast_anchor() -> None:
    """Write the head of the log to the file of anchors now; a running server does it every hour."""
    with session() as client:
        made = client.post("/v1/audit/anchors", {})
    show.out.print(f"{made['seq']}:{made['hash']}" if made else "nothing came since the last anchor")


org = typer.Typer(no_args_is_help=True, help="The org tree: show it, move nodes, hand memberships over.")


@org.command()
def tree(
    under: Annotated[str, typer.Argument(help="code of a node; empty shows all")] = "",
    *,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """The nodes, each below its parent."""
    with session() as client:
        found = client.get("/v1/org", under=under)
    if json:
        show.as_json(found)
        return
    for one in found:
        depth = one["path"].count("/") - 2
        closed = " (closed)" if one["closed"] else ""
        show.out.print(f"{'  ' * depth}{one['code']}  {one['level']}  {one['name']}{closed}", markup=False)


@org.command()
def move(
    code: Annotated[str, typer.Argument(help="the node")],
    parent: Annotated[str, typer.Argument(help="its new parent")],
    *,
    reason: Annotated[str, typer.Option(help="why; kept in the history")] = "",
) -> None:
    """Give a node another parent; everything below moves with it."""
    with session() as client:
        done = client.post(f"/v1/org/{code}/move", {"parent": parent, "reason": reason})
    show.out.print(f"{done['nodes']} nodes now under {done['to_path']}" if done else "it stands there already")


@org.command()
def transfer(
    *,
    to_owner: Annotated[str, typer.Option(help="who gets the memberships")],
    node: Annotated[str, typer.Option(help="only of this node and below")] = "",
    owner: Annotated[str, typer.Option(help="only of this owner")] = "",
    segment: Annotated[str, typer.Option(help="only of people in this segment")] = "",
    csv: Annotated[Path | None, typer.Option(help="only of the people in the first column of this file")] = None,
    reason: Annotated[str, typer.Option(help="why; kept in the history")],
) -> None:
    """Hand memberships over to another owner, with history."""
    body: dict[str, object] = {"node": node, "segment": segment, "reason": reason}
    body |= {"owner": owner or None, "to_owner": to_owner}
    if csv is not None:
        lines = csv.read_text(encoding="utf-8-sig").splitlines()
        body["people"] = [one for line in lines if (one := line.partition(",")[0].strip())]
    with session() as client:
        show.out.print(f"{client.post('/v1/org/transfer', body)['changed']} memberships changed")


@org.command()
def leave(
    name: Annotated[str, typer.Argument(help="who leaves: owner of memberships, name of tokens")],
    *,
    to: Annotated[list[str] | None, typer.Option(help="who takes over; may be repeated, they share in turn")] = None,
    node: Annotated[str, typer.Option(help="or: the staff of this node and below shares")] = "",
    person: Annotated[str, typer.Option(help="their own reference, whose roles given by hand end")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="only say what would be done")] = False,
    reason: Annotated[str, typer.Option(help="why; kept in the history")],
) -> None:
    """A member of staff leaves: end tokens and roles, and hand all customers over."""
    body = {"name": name, "to": to or [], "node": node, "person": person, "preview": preview, "reason": reason}
    with session() as client:
        done = client.post("/v1/staff/leave", body)
    for one in done["shares"]:
        show.out.print(f"{one['name']}: {one['memberships']} memberships", markup=False)
    show.out.print(f"tokens ended: {len(done['keys'])}; roles ended: {', '.join(done['roles']) or 'none'}")
    if not preview:
        show.out.print(f"taken back by: ninefold org unleave {done['departure']}")


@org.command()
def unleave(departure: Annotated[int, typer.Argument(help="number of the departure")]) -> None:
    """Take a departure back."""
    with session() as client:
        done = client.post(f"/v1/staff/departures/{departure}/undo", {})
    show.out.print(
        f"{done['memberships']} memberships went back, {done['kept']} stay; {done['keys']} tokens live again"
    )
