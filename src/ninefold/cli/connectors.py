"""`connector`: where each stands, what it did, and the levers to steer it."""

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import show
from .platform import session

if TYPE_CHECKING:
    from .platform.client import Client

app = typer.Typer(no_args_is_help=True, help="Connectors: rows of other systems, brought in by schedule or sent to us.")

Key = Annotated[str, typer.Argument(help="key of the connector")]
AsJson = Annotated[bool, typer.Option("--json", help="for machines")]


@app.command("list")
def list_connectors(*, json: AsJson = False) -> None:
    """All connectors: state, rows, lag, last error."""
    with session() as client:
        found = client.get("/v1/connectors")
    if json:
        show.as_json(found)
        return
    show.rows(
        "Connectors",
        ("connector", "type", "state", "rows", "rejected", "lag", "next run", "last error"),
        (
            (
                one["key"],
                one["type"],
                one["state"],
                f"{one['counts']['rows']:,}",
                f"{one['counts']['rejected']:,}",
                "" if one["lag_seconds"] is None else f"{one['lag_seconds']:,.0f} s",
                one["next_at"] or "",
                one["last_error"][:80],
            )
            for one in found
        ),
    )


@app.command("show")
def show_connector(key: Key, *, json: AsJson = False) -> None:
    """One connector: where it stands."""
    with session() as client:
        found = client.get(f"/v1/connectors/{key}")
    _print(found, json=json)


@app.command("test")
def try_out(key: Key, *, json: AsJson = False) -> None:
    """Reach the source and show the first mapped rows; nothing is stored."""
    with session() as client:
        found = client.post(f"/v1/connectors/{key}/test")
    if json:
        show.as_json(found)
        return
    show.fields(f"Test of {key}", {"rows fetched": found["rows"], "fields": ", ".join(found["headers"][:60])})
    show.rows(
        "First events",
        ("event", "time", "identifiers", "order", "properties"),
        (
            (
                one.get("name", ""),
                one.get("ts", ""),
                " ".join(f"{name}:{value}" for name, value in one.get("identifiers", [])),
                one.get("order_id", ""),
                one.get("props", one.get("traits", "")),
            )
            for one in found["events"]
        ),
    )
    show.rows(
        "Rows that fail",
        ("row", "column", "got", "allowed", "problem"),
        ((one["row"], one["column"], one["got"], one["allowed"], one["message"]) for one in found["problems"]),
    )


@app.command()
def run(key: Key, *, json: AsJson = False) -> None:
    """Run it now and wait for the end."""
    with session() as client:
        done = _wait(client, key, client.post(f"/v1/connectors/{key}/run"))
    _finish(done, json=json)


@app.command()
def backfill(
    key: Key,
    *,
    start: Annotated[str, typer.Option("--from", help="first value of the cursor, e.g. 2026-01-01")] = "",
    end: Annotated[str, typer.Option("--to", help="the value before which to end")] = "",
    json: AsJson = False,
) -> None:
    """Read a part of the source again, beside its cursor, and wait for the end."""
    with session() as client:
        done = _wait(client, key, client.post(f"/v1/connectors/{key}/backfill", {"from": start, "to": end}))
    _finish(done, json=json)


@app.command()
def pause(key: Key, *, json: AsJson = False) -> None:
    """Let it rest; a run at work stops after the page at hand."""
    with session() as client:
        found = client.post(f"/v1/connectors/{key}/pause")
    _print(found, json=json)


@app.command()
def resume(key: Key, *, json: AsJson = False) -> None:
    """Let it go on from where it stands."""
    with session() as client:
        found = client.post(f"/v1/connectors/{key}/resume")
    _print(found, json=json)


@app.command()
def reset(
    key: Key,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="everything is read again")] = False,
    json: AsJson = False,
) -> None:
    """Forget how far it has come, so that everything is read again; events that are known are recognised."""
    with session() as client:
        found = client.post(f"/v1/connectors/{key}/reset", {"confirm": yes})
    _print(found, json=json)


@app.command()
def runs(key: Key, *, limit: Annotated[int, typer.Option(help="runs to show")] = 20, json: AsJson = False) -> None:
    """What ran and what it did, newest first."""
    with session() as client:
        found = client.get(f"/v1/connectors/{key}/runs", limit=limit)
    if json:
        show.as_json(found)
        return
    show.rows(
        f"Runs of {key}",
        ("run", "trigger", "state", "started", "rows", "accepted", "rejected", "duplicates", "error"),
        (
            (
                one["id"],
                one["trigger"],
                one["state"],
                one["started_at"] or "",
                *(f"{one['counts'][name]:,}" for name in ("rows", "accepted", "rejected", "duplicates")),
                one["error"][:80],
            )
            for one in found
        ),
    )


@app.command()
def files(
    key: Key,
    *,
    state: Annotated[str | None, typer.Option(help="only seen, ready, importing, done, failed or skipped")] = None,
    retry: Annotated[int | None, typer.Option(help="id of a file that was set aside: try it again")] = None,
    skip: Annotated[int | None, typer.Option(help="id of a file that was set aside: skip it for good")] = None,
    json: AsJson = False,
) -> None:
    """Files of a file drop; decide about those that were set aside."""
    with session() as client:
        for file_id, decision in ((retry, "retry"), (skip, "skip")):
            if file_id is not None:
                client.post(f"/v1/connectors/{key}/files/{file_id}/{decision}")
        found = client.get(f"/v1/connectors/{key}/files", state=state)
    if json:
        show.as_json(found)
        return
    show.rows(
        f"Files of {key}",
        ("id", "file", "state", "rows", "rejected", "import", "error"),
        (
            (one["id"], one["path"], one["state"], f"{one['rows']:,}", f"{one['rejected']:,}", one["import_id"] or "",
             one["error"][:80])
            for one in found
        ),
    )  # fmt: skip


def _wait(client: "Client", key: str, run: dict[str, Any]) -> dict[str, Any]:
    while run["state"] in {"queued", "running"}:
        time.sleep(0.2)
        run = client.get(f"/v1/connectors/{key}/runs/{run['id']}")
    return run


def _finish(done: dict[str, Any], *, json: bool) -> None:
    if json:
        show.as_json(done)
    else:
        show.fields(f"Run {done['id']}", {"state": done["state"], **done["counts"], "error": done["error"] or None})
    if done["state"] != "done":
        raise typer.Exit(1)


def _print(found: dict[str, Any], *, json: bool) -> None:
    if json:
        show.as_json(found)
        return
    names = ("type", "mapping", "version", "state", "next_at", "success_at", "failures", "last_error", "cursor")
    shown = {name: found[name] or None for name in names} | found["counts"]
    show.fields(found["key"], shown | {"lag, s": found["lag_seconds"], "files": found["files"] or None})
