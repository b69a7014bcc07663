"""`quarantine …`: events that could not be kept - look, try a mending, replay."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from ninefold.base import invalid

from . import show
from .platform import session

app = typer.Typer(no_args_is_help=True, help="Events that could not be kept: list, try a mending, replay.")

_Json = Annotated[bool, typer.Option("--json", help="for machines")]
_Source = Annotated[str | None, typer.Option(help="only of this source")]
_Code = Annotated[str | None, typer.Option(help="only this reason; ends with * for all that begin so")]
_Text = Annotated[str | None, typer.Option(help="only with this text in the event or the reason")]
_Mend = Annotated[Path | None, typer.Option(help="YAML or JSON list of steps: rename, set, default, drop, cast, map")]


@app.command("list")
def list_entries(
    *, source: _Source = None, code: _Code = None, text: _Text = None, limit: int = 20, json: _Json = False
) -> None:
    """Open entries by reason, and the newest of them."""
    with session() as client:
        summary = client.get("/v1/quarantine/summary")
        page = client.get("/v1/quarantine", source=source, code=code, text=text, limit=limit)
    if json:
        show.as_json({"summary": summary, **page})
        return
    show.rows(
        "Quarantine by reason",
        ("source", "reason", "entries", "latest"),
        ((one["source"], one["code"], one["entries"], one["latest"]) for one in summary),
    )
    show.rows(
        "Newest entries",
        ("id", "source", "reason", "field", "what", "event"),
        (
            (one["id"], one["source"], one["code"], one["field"], one["reason"], one["raw"][:200])
            for one in page["entries"]
        ),
    )


@app.command("try")
def try_mending(
    *, source: _Source = None, code: _Code = None, text: _Text = None, mend: _Mend = None, json: _Json = False
) -> None:
    """What a replay would make of the oldest hundred entries, mended; nothing is changed."""
    with session() as client:
        found = client.post("/v1/quarantine/try", _body(source, code, text, mend))
    if json:
        show.as_json(found)
        return
    show.rows(
        "Read again",
        ("id", "becomes", "still wrong", "event after mending"),
        ((one["id"], one["event"], f"{one['code']} {one['reason']}".strip(), one["raw"][:200]) for one in found),
    )


@app.command()
def replay(
    *, source: _Source = None, code: _Code = None, text: _Text = None, mend: _Mend = None, json: _Json = False
) -> None:
    """Read all such entries again, mended, under the present plan and limits; good ones become events, once."""
    body = _body(source, code, text, mend)
    done: Counter[str] = Counter()
    refusals: list[dict[str, Any]] = []
    with session() as client, show.progress() as bar:
        task = bar.add_task("replay", total=None)
        after: int | None = 0
        while after is not None:
            part = client.post("/v1/quarantine/replay", {**body, "after_id": after})
            done.update({name: part[name] for name in ("accepted", "refused", "skipped")})
            refusals += part["refusals"]
            bar.update(task, advance=sum(part[name] for name in ("accepted", "refused", "skipped")))
            after = part["next_after_id"]
    if json:
        show.as_json({**done, "refusals": refusals[:100]})
        return
    show.fields(
        "Replayed",
        {"events now": done["accepted"], "still wrong": done["refused"], "not readable again": done["skipped"]},
    )
    if refusals:
        lines = ((one["id"], one["code"], one["reason"]) for one in refusals[:20])
        show.rows("Still wrong", ("id", "reason", "what"), lines)


def _body(source: str | None, code: str | None, text: str | None, mend: Path | None) -> dict[str, Any]:
    sought = {name: value for name, value in (("source", source), ("code", code), ("text", text)) if value is not None}
    return {"sought": sought, "mend": _steps(mend) if mend else []}


def _steps(file: Path) -> list[Any]:
    import yaml  # noqa: PLC0415 - only needed with a file

    try:
        steps = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise invalid("unreadable_file", f"{file} cannot be read: {exc}", field="mend") from exc
    if not isinstance(steps, list):
        raise invalid("bad_mend", "a mending is a list of steps", field="mend", got=type(steps).__name__,
                      allowed="- {op: rename, path: properties.prce, to: properties.price}")  # fmt: skip
    return steps
