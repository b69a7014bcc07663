"""`analysis …`: ask an analysis, list the people behind a number, keep them as a segment."""

import json as codec
from pathlib import Path
from typing import Annotated, Any

import typer

from ninefold.base import invalid
from ninefold.cli import show
from ninefold.cli.documents import read_documents
from ninefold.cli.platform import session

app = typer.Typer(no_args_is_help=True, help="Behaviour analysis: list, run, people, segment.")

_Json = Annotated[bool, typer.Option("--json", help="for machines")]
_Which = Annotated[str, typer.Argument(help="key of a saved analysis, or a YAML or JSON file")]
_Crowd = Annotated[str, typer.Option(help='which number, as it stands in the answer: {"step": 2, "reached": false}')]


@app.command("list")
def list_analyses(*, json: _Json = False) -> None:
    """The saved analyses."""
    with session() as client:
        found = client.get("/v1/definitions/analysis")
    if json:
        show.as_json(found)
        return
    lines = ((one["key"], one["document"]["method"], one["version"], one["document"]["owner"]) for one in found)
    show.rows("Analyses", ("key", "method", "version", "owner"), lines)


@app.command()
def run(which: _Which, *, json: _Json = False) -> None:
    """Ask an analysis now."""
    with session() as client:
        found = client.post("/v1/analysis/run", _asked(which))
    if json:
        show.as_json(found)
        return
    stamp = found["stamp"]
    for name, value in found["result"].items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            _table(name, value)
    show.fields(
        "",
        {
            "window": f"{stamp['start']} to {stamp['end']}, days of {stamp['zone']}",
            "as of": stamp["pin"]["as_of"],
            "crowd": "everyone" if stamp["asked"] is None else f"{stamp['asked']:,} people",
            "complete": "yes" if stamp["complete"] else f"on {stamp['complete_at']}",
            "waiting": f"{stamp['waiting']:,} events" if stamp["waiting"] else "nothing",
            "notes": "\n".join(stamp["notes"]),
        },
    )


@app.command()
def people(
    which: _Which,
    crowd: _Crowd,
    *,
    limit: Annotated[int, typer.Option(help="how many")] = 50,
    json: _Json = False,
) -> None:
    """Public ids of the people behind a number."""
    with session() as client:
        asked = _asked(which)
        answer = client.post("/v1/analysis/run", asked)
        found = client.post("/v1/analysis/people", {**_number(asked, answer, crowd), "limit": limit})
    if json:
        show.as_json(found)
        return
    for public_id in found["people"]:
        show.out.print(public_id)
    show.err.print(f"{len(found['people']):,} of {found['size']:,}", style="dim")


@app.command()
def segment(
    which: _Which,
    crowd: _Crowd,
    key: Annotated[str, typer.Option(help="key of the segment")],
    owner: Annotated[str, typer.Option(help="who answers for it")],
    *,
    name: Annotated[str, typer.Option(help="its name; the key if absent")] = "",
    json: _Json = False,
) -> None:
    """Keep the people behind a number as a segment: a list that stays as it is."""
    header = {"key": key, "name": name or key, "owner": owner}
    with session() as client:
        asked = _asked(which)
        answer = client.post("/v1/analysis/run", asked)
        found = client.post("/v1/analysis/segment", {**_number(asked, answer, crowd), "segment": header})
    if json:
        show.as_json(found)
        return
    show.out.print(f"{key}: version {found['snapshot']['version']}, {found['snapshot']['size']:,} people")


def _number(asked: dict[str, Any], answer: dict[str, Any], crowd: str) -> dict[str, Any]:
    try:
        wanted = codec.loads(crowd)
    except ValueError as exc:
        raise invalid("bad_crowd", "not JSON", field="crowd", got=crowd, allowed='{"step": 2}') from exc
    return {**asked, "pin": answer["stamp"]["pin"], "crowd": wanted}


def _asked(which: str) -> dict[str, Any]:
    path = Path(which)
    if path.suffix in {".yaml", ".yml", ".json"}:
        return {"analysis": read_documents([path])[0]}
    return {"key": which}


def _table(name: str, lines: list[dict[str, Any]]) -> None:
    columns = [column for column in lines[0] if "crowd" not in column and not isinstance(lines[0][column], list | dict)]
    inner = next((column for column in lines[0] if isinstance(lines[0][column], list) and lines[0][column]), "")
    if inner:
        for line in lines:
            _table(f"{name}: {', '.join(str(line[column]) for column in columns)}", line[inner])
        return
    show.rows(name, columns, ([_shown(line[column]) for column in columns] for line in lines))


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else value
