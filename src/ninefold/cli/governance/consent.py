"""`consent`: what people agreed to."""

import csv
from pathlib import Path
from typing import Annotated, Any

import typer

from ninefold.base import invalid
from ninefold.cli import show
from ninefold.cli.platform import session

consent = typer.Typer(no_args_is_help=True, help="Consent: show, grant, deny, history, import.")

_COLUMNS = ("person", "purpose", "said", "at", "node", "expires_at", "text_version", "channel", "evidence")
_Person = Annotated[str, typer.Argument(help="public id, or namespace:value")]
_Purpose = Annotated[str, typer.Argument(help="key of the purpose, e.g. marketing")]
_Node = Annotated[str, typer.Option(help="node of the org tree; empty is everywhere")]
_Text = Annotated[str, typer.Option(help="version of the text that was read")]
_Channel = Annotated[str, typer.Option(help="where it was said")]
_Evidence = Annotated[str, typer.Option(help="form, recording, message id")]
_Json = Annotated[bool, typer.Option("--json", help="for machines")]
_AT_ONCE = 5_000


@consent.command("show")
def show_standings(person: _Person, *, node: _Node = "", json: _Json = False) -> None:
    """How a person stands on each purpose, and whether merged accounts disagree."""
    with session() as client:
        found = client.get(f"/v1/people/{person}/consents", node=node)
    if json:
        show.as_json(found)
        return
    lines = [
        (one["purpose"], one["standing"], "yes" if one["allowed"] else "no",
         "ASK THE PERSON" if one["conflict"] else "", "yes" if one["pending"] else "", one["until"] or "")
        for one in found["standings"]
    ]  # fmt: skip
    show.rows("Consent", ("purpose", "standing", "allowed", "conflict", "to confirm", "until"), lines)


@consent.command()
def history(person: _Person, *, json: _Json = False) -> None:
    """Everything a person said, newest first, with the proof."""
    with session() as client:
        found = client.get(f"/v1/people/{person}/consents")["records"]
    if json:
        show.as_json(found)
        return
    columns = ("at", "purpose", "said", "node", "expires_at", "text_version", "channel", "evidence", "source")
    show.rows("Consent records", columns, ([one[name] for name in columns] for one in found))


@consent.command()
def grant(
    person: _Person, purpose: _Purpose, *, node: _Node = "", text_version: _Text = "", channel: _Channel = "",
    evidence: _Evidence = "",
) -> None:  # fmt: skip
    """Write down a yes, for all accounts of the person."""
    proof = {"text_version": text_version, "channel": channel, "evidence": evidence}
    _say(person, {"purpose": purpose, "said": "granted", "node": node, **proof})


@consent.command()
def deny(
    person: _Person, purpose: _Purpose, *, node: _Node = "", channel: _Channel = "", evidence: _Evidence = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="a yes is taken back")] = False,
) -> None:  # fmt: skip
    """Write down a no, for all accounts of the person."""
    said = "withdrawn" if withdraw else "denied"
    _say(person, {"purpose": purpose, "said": said, "node": node, "channel": channel, "evidence": evidence})


@consent.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help=f"CSV with the columns {', '.join(_COLUMNS[:4])}, and more if wanted")],
    *,
    json: _Json = False,
) -> None:
    """Bring in what people said elsewhere, with proof; rows that are known already are not written twice."""
    total: dict[str, Any] = {"rows": 0, "written": 0, "known": 0, "unknown": 0}
    unknown: list[str] = []
    with file.open(encoding="utf-8-sig", newline="") as lines, session() as client:
        table = csv.DictReader(lines)
        missing = [name for name in _COLUMNS[:4] if name not in (table.fieldnames or ())]
        if missing:
            raise invalid("bad_consent_file", "the file lacks columns", field="columns", got=", ".join(missing),
                          allowed=", ".join(_COLUMNS))  # fmt: skip
        rows: list[dict[str, object]] = []
        for number, row in enumerate(table, start=2):
            said = {name: row[name].strip() for name in _COLUMNS if (row.get(name) or "").strip()}
            rows.append({"evidence": f"{file.name} row {number}"} | said)
            if len(rows) == _AT_ONCE:
                unknown += _send(client, file.name, rows, total)
                rows = []
        if rows:
            unknown += _send(client, file.name, rows, total)
    if json:
        show.as_json({**total, "unknown_people": unknown})
        return
    show.fields("Consent import", total)
    for one in unknown[:20]:
        show.out.print(f"nobody is known by {one}", markup=False)


def _send(client: Any, name: str, rows: list[dict[str, object]], total: dict[str, Any]) -> list[str]:  # noqa: ANN401
    done = client.post("/v1/consents/import", {"name": name, "rows": rows})
    total["rows"] += len(rows)
    total["written"] += done["written"]
    total["known"] += done["known"]
    total["unknown"] += len(done["unknown"])
    found: list[str] = done["unknown"]
    return found


def _say(person: str, body: dict[str, object]) -> None:
    with session() as client:
        found = client.post(f"/v1/people/{person}/consents", body)
    for one in found["standings"]:
        if one["purpose"] == body["purpose"]:
            show.fields("Consent", {"purpose": one["purpose"], "standing": one["standing"], "allowed": one["allowed"]})
