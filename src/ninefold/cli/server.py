"""`init`, `serve`, `status`, `keys`, `demo`: setting up, running, looking after."""

from pathlib import Path
from typing import Annotated

import typer

from ninefold.base import cycle_search_paused

from . import show
from .platform import session


def add(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command()(init)
    app.command()(serve)
    app.command()(status)
    app.command()(keys)
    app.command()(openapi)
    app.command()(demo)


def init(
    folder: Annotated[Path, typer.Argument(help="project folder")] = Path(),
    *,
    zone: Annotated[str, typer.Option(help="business time zone")] = "Asia/Shanghai",
    region: Annotated[str, typer.Option(help="default phone region")] = "CN",
    currency: Annotated[str, typer.Option(help="default currency")] = "CNY",
) -> None:
    """Make a project: settings file, data folder, first keys, ready-made definitions."""
    from .platform.project import make_project  # noqa: PLC0415

    made = make_project(folder, zone=zone, region=region, currency=currency)
    show.fields("Project ready", made)
    steps = ("serve    # prints a link to sign in with", "import orders.csv --guess", "apply definitions")
    show.out.print("\nNext:", *(f"  ninefold {step}" for step in steps), sep="\n")


def serve(
    *,
    host: Annotated[str, typer.Option(help="address to listen on")] = "",
    port: Annotated[int, typer.Option(help="port; 0 picks a free one")] = -1,
    role: Annotated[str, typer.Option(help="all, api or worker")] = "",
) -> None:
    """Run the server: collection, API, console and workers."""
    with cycle_search_paused():  # imports make half a million objects that stay
        from .platform.serving import serve_forever  # noqa: PLC0415

    given = {"host": host or None, "port": port if port >= 0 else None, "role": role or None}
    serve_forever({name: value for name, value in given.items() if value is not None})


def status(*, json: Annotated[bool, typer.Option("--json", help="for machines")] = False) -> None:
    """The nine steps in numbers."""
    with session() as client:
        found = client.get("/v1/status")
    if json:
        show.as_json(found)
        return
    show.rows(
        f"Ninefold {found['version']} as of {found['as_of']}",
        ("step", "state", "figures"),
        (
            (
                f"{step['number']} {step['key']}",
                step["state"],
                ", ".join(f"{figure['label']['en']} {_figure(figure)}" for figure in step["figures"]),
            )
            for step in found["steps"]
        ),
    )


def _figure(figure: dict[str, object]) -> str:
    value = figure["value"]
    if figure["kind"] == "money" and isinstance(value, int):
        from ninefold.base import format_money  # noqa: PLC0415

        return format_money(value, str(figure.get("currency", "CNY")))
    if figure["kind"] == "share" and isinstance(value, int | float):
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def keys(
    *,
    write: Annotated[str, typer.Option(help="make a write key for a source of this name")] = "",
    channel: Annotated[str, typer.Option(help="its channel, e.g. web")] = "",
    token: Annotated[str, typer.Option(help="make an API token for a caller of this name")] = "",
    scope: Annotated[str, typer.Option(help="what the token may do, JSON; everything by default")] = "",
    revoke: Annotated[int, typer.Option(help="end the key with this id")] = 0,
) -> None:
    """Keys: list them, make one, end one."""
    with session() as client:
        if write or token:
            body: dict[str, object] = {"kind": "write" if write else "token", "name": write or token}
            body |= {"channel": channel, "scope": _json(scope) if scope else None}
            show.fields("New key (a token is shown only now)", client.post("/v1/keys", body))
            return
        if revoke:
            client.post(f"/v1/keys/{revoke}/revoke")
        found = client.get("/v1/keys")
    show.rows(
        "Keys",
        ("id", "kind", "name", "channel", "key", "made", "ended"),
        (
            (key["id"], key["kind"], key["name"], key["channel"], key["shown"], key["created_at"], key["revoked_at"])
            for key in found
        ),
    )


def openapi() -> None:
    """Print the OpenAPI description of the HTTP API, for generating clients; needs no running server."""
    from ninefold.app import api_description  # noqa: PLC0415

    show.as_json(api_description())


def _json(text: str) -> object:
    import json  # noqa: PLC0415

    try:
        return json.loads(text)
    except ValueError as exc:
        from ninefold.base import invalid  # noqa: PLC0415

        example = '{"node": "s1", "verbs": ["read"], "clear": ["name"]}'
        raise invalid("bad_scope", "the scope is no JSON", field="scope", got=text, allowed=example) from exc


def demo(
    *,
    data: Annotated[str, typer.Option(help="brand (generated, planted truth) or complete-journey (real)")] = "brand",
    scale: Annotated[float, typer.Option(help="times 20,000 people of the generated brand; 50 is a million")] = 1.0,
    seed: Annotated[int, typer.Option(help="seed of the generated brand")] = 9,
    headless: Annotated[bool, typer.Option("--headless", help="print the results and exit")] = False,
    json: Annotated[bool, typer.Option("--json", help="print the summary for machines")] = False,
    folder: Annotated[str, typer.Option(help="data folder; by default one in the working directory")] = "",
) -> None:
    """Run the whole loop on a demonstration brand and compare what was found with what is true."""
    from .demo import run_demo  # noqa: PLC0415

    people = round(20_000 * scale)
    raise typer.Exit(run_demo(data=data, people=people, seed=seed, headless=headless, json=json, folder=folder))
