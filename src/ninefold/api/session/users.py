"""Users over HTTP: whom an admin lets in."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from ninefold.api.governance import note
from ninefold.governance import Scope, users

from .shapes import InvitedOut, RoleOut, UserChange, UserIn, UserOut, invited_out, user_out

router = APIRouter(prefix="/v1/users", tags=["users"])
roles = APIRouter(prefix="/v1/user-roles", tags=["users"])

Login = Annotated[str, Path(max_length=254, description="of the user")]


@roles.get("")
def list_roles() -> list[RoleOut]:
    """The roles, and what each brings."""
    return [
        RoleOut(role=role, verbs=list(Scope(verbs=right.verbs).may), clear=sorted(right.clear), about=right.about)
        for role, right in users.ROLES.items()
    ]


@router.get("")
def list_users(request: Request) -> list[UserOut]:
    """All users, by login."""
    with request.app.state.records.begin() as conn:
        return [user_out(one) for one in _users(request).listed(conn)]


@router.post("", status_code=201)
def add_user(request: Request, body: UserIn) -> InvitedOut:
    """Let somebody in. Without a password the answer has a link, shown only here, with which they choose one."""
    new = users.NewUser(
        login=body.login, name=body.name, roles=tuple(body.roles), node=body.node, password=body.password
    )
    with request.app.state.records.begin() as conn:
        if body.node:
            request.app.state.org.get(conn, body.node)
        person, invitation = _users(request).add(conn, new)
    note(request, target=person.login, roles=list(person.roles), node=person.node, invited=invitation is not None)
    return invited_out(person, invitation)


@router.get("/{login}")
def get_user(request: Request, login: Login) -> UserOut:
    """A user."""
    with request.app.state.records.begin() as conn:
        return user_out(_users(request).get(conn, login))


@router.patch("/{login}")
def change_user(request: Request, login: Login, body: UserChange) -> UserOut:
    """Change name, roles or node; what is left out stays. Open sessions follow within seconds."""
    change = users.Change(name=body.name, roles=tuple(body.roles) if body.roles is not None else None, node=body.node)
    with request.app.state.records.begin() as conn:
        if body.node:
            request.app.state.org.get(conn, body.node)
        before, after = _users(request).change(conn, login, change)
    note(request, target=after.login, roles_before=list(before.roles), roles=list(after.roles),
         node_before=before.node, node=after.node)  # fmt: skip
    return user_out(after)


@router.post("/{login}/disable")
def disable_user(request: Request, login: Login) -> UserOut:
    """Let somebody in no more; their sessions end at once."""
    with request.app.state.records.begin() as conn:
        person = _users(request).disable(conn, login)
    note(request, target=person.login)
    return user_out(person)


@router.post("/{login}/enable")
def enable_user(request: Request, login: Login) -> UserOut:
    """Let somebody in again who was disabled, or locked after too many wrong passwords."""
    with request.app.state.records.begin() as conn:
        person = _users(request).enable(conn, login)
    note(request, target=person.login)
    return user_out(person)


@router.post("/{login}/reset")
def reset_user(
    request: Request,
    login: Login,
    *,
    factor: Annotated[bool, Query(description="end their codes as well")] = False,
) -> InvitedOut:
    """End somebody's password and sessions; the answer has a link, shown only here, with which they choose anew."""
    with request.app.state.records.begin() as conn:
        person, invitation = _users(request).reset(conn, login, factor=factor)
    note(request, target=person.login, factor=factor)
    return invited_out(person, invitation)


def _users(request: Request) -> users.Users:
    found: users.Users = request.app.state.door.users
    return found
