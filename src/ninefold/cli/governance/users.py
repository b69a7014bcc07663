"""`users`: who may sign in to the console."""

from typing import TYPE_CHECKING, Annotated

import typer

from ninefold.cli import show
from ninefold.cli.platform import session

if TYPE_CHECKING:
    from collections.abc import Mapping

users = typer.Typer(no_args_is_help=True, help="Who may sign in to the console, and with which roles.")

Login = Annotated[str, typer.Argument(help="e-mail address or short name")]


@users.command()
def add(
    login: Login,
    *,
    name: Annotated[str, typer.Option(help="as colleagues call them")] = "",
    role: Annotated[list[str], typer.Option(help="may be given several times; see `ninefold users roles`")],
    node: Annotated[str, typer.Option(help="of the org tree; all of it by default")] = "",
    password: Annotated[bool, typer.Option("--password", help="ask for a first password instead of a link")] = False,
) -> None:
    """Let somebody in: prints a link with which they choose a password."""
    chosen = typer.prompt("First password", hide_input=True, confirmation_prompt=True) if password else ""
    body: dict[str, object] = {"login": login, "name": name, "roles": role, "node": node, "password": chosen}
    with session() as client:
        _invited(client.post("/v1/users", body), client.address)


@users.command("list")
def list_users(*, json: Annotated[bool, typer.Option("--json", help="for machines")] = False) -> None:
    """All users."""
    with session() as client:
        found = client.get("/v1/users")
    if json:
        show.as_json(found)
        return
    columns = ("login", "name", "roles", "node", "state", "totp", "last_sign_in_at")
    show.rows("Users", columns, ([_cell(one[column]) for column in columns] for one in found))


@users.command()
def disable(login: Login) -> None:
    """Let somebody in no more; their sessions end at once."""
    with session() as client:
        client.post(f"/v1/users/{login}/disable")
    show.out.print(f"{login} is disabled")


@users.command()
def enable(login: Login) -> None:
    """Let somebody in again who was disabled or locked."""
    with session() as client:
        client.post(f"/v1/users/{login}/enable")
    show.out.print(f"{login} is enabled")


@users.command()
def reset(
    login: Login, *, factor: Annotated[bool, typer.Option("--factor", help="their device is lost as well")] = False
) -> None:
    """End somebody's password and sessions; prints a link with which they choose a new one."""
    with session() as client:
        _invited(client.post(f"/v1/users/{login}/reset", factor=factor), client.address)


@users.command()
def roles(
    login: Annotated[str, typer.Argument(help="whose roles to set; none shows what roles there are")] = "",
    role: Annotated[list[str] | None, typer.Argument(help="their roles from now on")] = None,
) -> None:
    """What each role may; or the roles of somebody from now on."""
    with session() as client:
        if login and role:
            client.patch(f"/v1/users/{login}", {"roles": role})
            show.out.print(f"{login}: {', '.join(role)}")
            return
        if login:
            show.out.print(f"{login}: {', '.join(client.get(f'/v1/users/{login}')['roles'])}")
            return
        found = client.get("/v1/user-roles")
    columns = ("role", "verbs", "clear", "about")
    show.rows("Roles", columns, ([_cell(one[column]) for column in columns] for one in found))


def _invited(done: "Mapping[str, dict[str, object]]", address: str) -> None:
    user, invitation = done["user"], done["invitation"]
    facts: dict[str, object] = {name: _cell(user[name]) for name in ("login", "name", "roles", "node", "state")}
    show.fields("User", facts)
    if invitation:
        show.out.print(f"\nThis link works once, until {invitation['expires_at']}:")
        show.out.print(f"{address}/#link={invitation['token']}", soft_wrap=True)


def _cell(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
