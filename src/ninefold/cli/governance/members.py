"""`org` about members: numbers, members found by them, conflicts, files of memberships."""

from pathlib import Path
from typing import Annotated

import typer

from ninefold.cli import show
from ninefold.cli.platform import session

from .book import org

__all__ = ["org"]


@org.command()
def number(
    node: Annotated[str, typer.Argument(help="code of the node")],
    *,
    csv: Annotated[Path | None, typer.Option(help="only the people in the first column of this file")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="only say who waits and which numbers come next")] = False,
) -> None:
    """Give active members of a node that have no number one, by the node's pattern."""
    path = f"/v1/org/{node}/numbers"
    with session() as client:
        if preview:
            done = client.get(path)
            show.out.print(f"{done['waiting']} wait; next: {', '.join(done['sample']) or 'drawn when issued'}")
            return
        people = None
        if csv is not None:
            lines = csv.read_text(encoding="utf-8-sig").splitlines()
            people = [one for line in lines if (one := line.partition(",")[0].strip())]
        issued = unlinked = 0
        while True:
            done = client.post(path, {"people": people})
            issued, unlinked = issued + done["issued"], unlinked + done["unlinked"]
            if not done["issued"] or not done["waiting"]:
                break
    show.out.print(f"{issued} members got a number" + (f"; {unlinked} are no identifier" if unlinked else ""))


@org.command()
def member(
    node: Annotated[str, typer.Argument(help="code of a node; those below it count too")],
    number: Annotated[str, typer.Argument(help="member number, as it stands on the card")],
) -> None:
    """Whose a member number is."""
    with session() as client:
        found = client.get(f"/v1/org/{node}/numbers/{number}")
    columns = ("person", "node", "number", "status", "tier", "owner", "conflict")
    rows = ([one["person"], *(one["membership"][name] for name in columns[1:])] for one in found)
    show.rows("Members", columns, rows)


@org.command()
def conflicts(under: Annotated[str, typer.Argument(help="code of a node; empty for all")] = "") -> None:
    """Two memberships of one person in a node, and numbers that several people have."""
    with session() as client:
        found = client.get("/v1/org/conflicts", under=under)
    columns = ("person", "node", "kind", "number", "memberships")
    show.rows("Conflicts", columns, ([one[name] for name in columns] for one in found))


@org.command()
def settle(
    keep: Annotated[int, typer.Argument(help="number of the membership that stays")],
    *,
    reason: Annotated[str, typer.Option(help="why; kept in the history")],
) -> None:
    """Decide a conflict: one membership stays, the others in it are left."""
    with session() as client:
        done = client.post("/v1/org/conflicts/settle", {"keep": keep, "reason": reason})
    show.out.print(f"{done['changed']} memberships were left")


@org.command()
def bring(
    file: Annotated[Path, typer.Argument(help="CSV, Excel, Parquet or JSON Lines with a column person")],
    *,
    namespace: Annotated[str, typer.Option(help="kind of identifier of references that name none, e.g. phone")] = "",
    node: Annotated[str, typer.Option(help="node of rows that name none")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what it would come to")] = False,
) -> None:
    """Take memberships and member numbers from a file; rows that are wrong are listed, the others are taken."""
    with session() as client:
        said = {"namespace": namespace, "node": node, "dry_run": str(dry_run).lower()}
        done = client.upload("/v1/memberships/imports", file, **said)
    counts = ("rows", "made", "changed", "same", "rejected")
    show.fields("Memberships", {name: done[name] for name in counts})
    columns = ("row", "column", "code", "got", "allowed")
    if done["wrong"]:
        show.rows("Rows that were not taken", columns, ([one[name] for name in columns] for one in done["wrong"]))
    if done["id"]:
        show.out.print(f"taken back by: ninefold org unbring {done['id']}")


@org.command()
def unbring(number: Annotated[int, typer.Argument(help="number of the import")]) -> None:
    """Take an import of memberships back."""
    with session() as client:
        done = client.post(f"/v1/memberships/imports/{number}/undo", {})
    show.out.print(f"{done['gone']} gone, {done['restored']} as before, {done['kept']} changed since stay")
