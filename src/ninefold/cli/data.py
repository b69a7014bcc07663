"""`import` and `receipts`: files in, and what became of events."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from ninefold.base import invalid

from . import show
from .platform import session

if TYPE_CHECKING:
    from .platform.client import Client


def add(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command("import")(import_file)
    app.command()(receipts)


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV, Excel or Parquet file", exists=True, dir_okay=False)],
    *,
    mapping: Annotated[str, typer.Option(help="mapping document: a file, or the key of an applied one")] = "",
    guess: Annotated[bool, typer.Option("--guess", help="print a mapping guessed from the columns and stop")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what rows become and which fail, keep none")] = False,
    errors: Annotated[Path | None, typer.Option(help="write the rows that failed to this CSV file")] = None,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Import a file: events and traits by a mapping; broken rows are put aside and reported, the rest goes on.

    Interrupted imports go on by themselves; importing the same file again changes nothing.
    """
    with session() as client:
        if guess:
            _print_guess(client.upload("/v1/imports/guess", file))
            return
        if not mapping:
            raise invalid(
                "no_mapping",
                "an import needs a mapping",
                field="mapping",
                hint=f"ninefold import {file} --guess > mapping.yaml, look at it, then --mapping mapping.yaml",
            )
        fields = _mapping_fields(mapping)
        if dry_run:
            report = client.upload("/v1/imports/dry-run", file, **fields)
            show.as_json(report) if json else _print_dry_run(report)
            return
        run = client.upload("/v1/imports", file, **fields)
        run = _follow(client, run, quiet=json)
        if errors is not None and run["rejected"]:
            errors.write_bytes(client.download(f"/v1/imports/{run['id']}/errors"))
    if json:
        show.as_json(run)
    else:
        _print_run(run, errors)
    if run["state"] != "done":
        raise typer.Exit(1)


def receipts(
    source: Annotated[str, typer.Argument(help="key of a source; all of them without one")] = "",
    *,
    message: Annotated[str, typer.Option(help="what became of this message of the source")] = "",
    verdict: Annotated[
        str | None, typer.Option(help="only ok, warning, quarantined, duplicate or suppressed ones")
    ] = None,
    limit: Annotated[int, typer.Option(help="how many", min=1, max=500)] = 20,
    follow: Annotated[bool, typer.Option("--follow", help="go on printing what arrives, until stopped")] = False,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """What became of the events that arrived last, or of one of them."""
    with session() as client:
        if message:
            if not source:
                raise invalid("no_source", "a message is known by its source and its id", field="source")
            found = client.get(f"/v1/receipts/{quote(source, safe='')}/{quote(message, safe='')}")
            show.as_json(found) if json else show.fields(f"Message {message}", found)
            return
        chosen = {"source": source or None, "verdict": verdict, "limit": limit}
        page = client.get("/v1/receipts", **chosen)
        if json:
            show.as_json(page)
            return
        _print_receipts(page["receipts"])
        while follow:
            shown = {_place(one) for one in page["receipts"]}
            time.sleep(1)
            page = client.get("/v1/receipts", **chosen)
            if new := [one for one in page["receipts"] if _place(one) not in shown]:
                _print_receipts(new)


def _place(receipt: dict[str, Any]) -> tuple[object, ...]:
    """What tells one delivery from another."""
    return tuple(receipt[part] for part in ("source", "message_id", "received_at", "quarantine_id"))


def _print_receipts(receipts: list[dict[str, Any]]) -> None:
    show.rows(
        "Receipts",
        ("received", "source", "event", "verdict", "progress", "why", "message"),
        (
            (
                one["received_at"],
                one["source"],
                one["name"] or one["type"],
                one["verdict"],
                one["progress"],
                one["code"] or " ".join(one["warnings"]),
                one["message_id"],
            )
            for one in reversed(receipts)
        ),
    )


def _mapping_fields(mapping: str) -> dict[str, str]:
    path = Path(mapping)
    if path.suffix in {".yaml", ".yml", ".json"} or path.exists():
        import json  # noqa: PLC0415

        from .documents import read_documents  # noqa: PLC0415

        return {"mapping_document": json.dumps(read_documents([path])[0], default=str)}
    return {"mapping": mapping}


def _follow(client: "Client", run: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    with show.progress() as bars:
        bars.disable = bars.disable or quiet
        task = bars.add_task("rows", total=run["rows_total"] or None)
        while True:
            bars.update(task, completed=run["rows_done"], total=run["rows_total"] or None)
            if run["state"] not in {"queued", "running"}:
                break
            time.sleep(0.2)
            run = client.get(f"/v1/imports/{run['id']}")
        if run["state"] == "done":
            _settle(client, bars)
    return run


def _settle(client: "Client", bars: Any) -> None:  # noqa: ANN401 - rich's Progress
    """Wait until what was imported can be queried."""
    waiting = client.get("/v1/inbox")["events"]
    if not waiting:
        return
    task = bars.add_task("resolving", total=waiting)
    while left := client.get("/v1/inbox")["events"]:
        bars.update(task, completed=max(0, waiting - left))
        time.sleep(0.2)
    bars.update(task, completed=waiting)


def _print_guess(found: dict[str, Any]) -> None:
    import yaml  # noqa: PLC0415

    for warning in found["warnings"]:
        show.err.print(f"look at: {warning}", markup=False)
    if found["mapping"] is None:
        raise invalid(
            "no_mapping_found",
            "no column of the file names a person",
            field="file",
            hint="write a mapping by hand; see the import guide",
        )
    text = yaml.safe_dump(found["mapping"], sort_keys=False, allow_unicode=True)
    show.out.print(text, markup=False, end="", soft_wrap=True)


def _print_dry_run(report: dict[str, Any]) -> None:
    names = ("rows_total", "rows_read", "events", "rejected", "skipped", "encoding")
    show.fields(
        "Dry run",
        {name: report[name] for name in names} | {"columns not used": ", ".join(report["unused_columns"]) or "none"},
    )
    show.rows(
        "First events",
        ("event", "time", "identifiers", "traits", "amount"),
        (
            (
                one["name"],
                one["ts"],
                " ".join(f"{name}:{value}" for name, value in one["identifiers"]),
                one["traits"],
                one["revenue"],
            )
            for one in report["sample"]
        ),
    )
    if report["violations"]:
        show.rows(
            "Tracking plan",
            ("event", "fault", "property", "answer", "events"),
            ((one["event"], one["fault"], one["path"], one["reply"], one["events"]) for one in report["violations"]),
        )
    for title, key in (("Rows that fail", "problems"), ("Doubtful identifiers", "doubtful_identifiers")):
        show.rows(
            title,
            ("row", "column", "got", "allowed", "problem"),
            ((one["row"], one["column"], one["got"], one["allowed"], one["message"]) for one in report[key][:20]),
        )


def _print_run(run: dict[str, Any], errors: Path | None) -> None:
    show.fields(
        f"Import {run['id']}",
        {
            "state": run["state"],
            "rows": f"{run['rows_done']:,}",
            "events": f"{run['events']:,}",
            "rejected": f"{run['rejected']:,}",
            "error": run.get("error") or None,
        },
    )
    if run["rejected"]:
        where = f"written to {errors}" if errors else "see them with --errors FILE.csv"
        show.out.print(f"{run['rejected']:,} rows were put aside; {where}.")
