"""Memberships and roles of one person over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.base import Clock, to_ms
from ninefold.governance import Scope
from ninefold.identity import Identity
from ninefold.profiles import Profiles, masking, memberships, numbers, read_reference, relations

router = APIRouter(prefix="/v1", tags=["organisation"])

Reference = Annotated[str, Path(max_length=600, description="a public id, or `namespace:value`")]


class MembershipOut(BaseModel):
    """One membership of a person."""

    id: int
    home: str = Field(description="public id of the account it was made for")
    node: str = Field(examples=["acme.sh"])
    number: str = Field(examples=["M-1001"])
    status: str = Field(examples=["active"])
    tier: str
    owner: str = Field(examples=["guide-7"])
    joined_at: datetime
    changed_at: datetime
    source: str
    conflict: bool = Field(description="another account merged since has one in the same node")


class MembershipIn(BaseModel):
    """A membership to make or to change; empty fields stay as they are."""

    node: str = Field(max_length=63, examples=["acme.sh"])
    number: str = Field("", max_length=200, examples=["M-1001"])
    status: Literal["", "active", "paused", "left"] = ""
    tier: str = Field("", max_length=200, examples=["gold"])
    owner: str = Field("", max_length=200, examples=["guide-7"])


class ChangeOut(BaseModel):
    """A change of a membership by hand."""

    membership: int
    at: datetime
    field: str
    before: str
    after: str
    author: str
    reason: str


class RoleOut(BaseModel):
    """A role of a person, present or former."""

    role: str = Field(examples=["fan"])
    since: datetime
    until: datetime | None
    ends_at: datetime | None = Field(description="when it ends by itself")
    origin: str = Field(examples=["rule"])
    author: str
    evidence: dict[str, Any]


class RoleIn(BaseModel):
    """A role to give by hand."""

    role: str = Field(max_length=63, examples=["expert"])
    reason: str = Field("", max_length=500, examples=["wins the recipe contest every year"])
    ends_at: datetime | None = Field(None, description="when it ends by itself", examples=["2027-01-01T00:00:00Z"])


class RoleChangeOut(BaseModel):
    """What deriving a role did."""

    role: str
    began: int
    ended: int
    people: int


@router.get("/people/{reference}/memberships")
def list_memberships(request: Request, caller: Caller, reference: Reference) -> list[MembershipOut]:
    """A person's memberships in all nodes, with those of accounts merged into the person."""
    desk: memberships.Memberships = request.app.state.memberships
    oneid = oneid_of(request, reference)
    with request.app.state.records.begin() as conn:
        return [membership_out(one, caller.scope) for one in desk.of(conn, oneid)]


@router.post("/people/{reference}/memberships")
def join(request: Request, caller: Caller, reference: Reference, body: MembershipIn) -> list[MembershipOut]:
    """Make a membership, or change its status, tier or owner; gives all memberships of the person."""
    desk: memberships.Memberships = request.app.state.memberships
    clock: Clock = request.app.state.clock
    now = clock.now()
    stated = memberships.Statement(
        oneid=oneid_of(request, reference), at_ms=to_ms(now), source=f"api/{caller.name}", **body.model_dump()
    )
    numbering: numbers.Numbers = request.app.state.member_numbers
    with request.app.state.records.begin() as conn:
        held = desk.join(conn, stated, now=now)
        numbered = numbering.on_joining(conn, body.node)
    if numbered:  # in a transaction of its own: the identity ledger comes before memberships
        with request.app.state.records.begin() as conn:
            people = [Identity.load(conn).person(conn, stated.oneid).oneid]
            numbering.issue(conn, body.node, people=people, now=now, author=caller.name)
            held = desk.of(conn, stated.oneid)
    return [membership_out(one, caller.scope) for one in held]


@router.get("/people/{reference}/memberships/history")
def membership_history(request: Request, reference: Reference) -> list[ChangeOut]:
    """Transfers of a person's memberships, newest first."""
    desk: memberships.Memberships = request.app.state.memberships
    oneid = oneid_of(request, reference)
    with request.app.state.records.begin() as conn:
        return [
            ChangeOut(membership=one.membership, at=one.at, field=one.field, before=one.before, after=one.after,
                      author=one.author, reason=one.reason)
            for one in desk.history(conn, oneid)
        ]  # fmt: skip


@router.get("/people/{reference}/roles")
def roles(request: Request, reference: Reference) -> list[RoleOut]:
    """A person's roles, the present ones first."""
    desk: relations.Relations = request.app.state.relations
    oneid = oneid_of(request, reference)
    with request.app.state.records.begin() as conn:
        return [
            RoleOut(role=one.role, since=one.since, until=one.until, ends_at=one.ends_at, origin=one.origin,
                    author=one.author, evidence=dict(one.evidence))
            for one in desk.roles_of(conn, oneid)
        ]  # fmt: skip


@router.post("/people/{reference}/roles", status_code=204)
def give_role(request: Request, caller: Caller, reference: Reference, body: RoleIn) -> None:
    """Give a person a role by hand."""
    desk: relations.Relations = request.app.state.relations
    clock: Clock = request.app.state.clock
    oneid = oneid_of(request, reference)
    given = relations.Given(author=caller.name, reason=body.reason, ends_at=body.ends_at)
    with request.app.state.records.begin() as conn:
        desk.give(conn, oneid, body.role, given, now=clock.now())


@router.delete("/people/{reference}/roles/{role}", status_code=204)
def take_role(request: Request, reference: Reference, role: str) -> None:
    """End a role that was given by hand."""
    desk: relations.Relations = request.app.state.relations
    clock: Clock = request.app.state.clock
    oneid = oneid_of(request, reference)
    with request.app.state.records.begin() as conn:
        desk.take(conn, oneid, role, now=clock.now())


@router.get("/roles/{role}/people")
def holders(request: Request, role: str) -> list[str]:
    """Public ids of the people who have a role now; the first 1,000."""
    desk: relations.Relations = request.app.state.relations
    clock: Clock = request.app.state.clock
    with request.app.state.records.begin() as conn:
        return list(desk.holders(conn, role, now=clock.now()))


@router.post("/roles/refresh")
def refresh_roles(request: Request) -> list[RoleChangeOut]:
    """Derive all roles that have a condition; a schedule does it every quarter of an hour too."""
    desk: relations.Relations = request.app.state.relations
    clock: Clock = request.app.state.clock
    with request.app.state.records.begin() as conn:
        return [
            RoleChangeOut(role=one.role, began=one.began, ended=one.ended, people=one.people)
            for one in desk.refresh(conn, now=clock.now())
        ]


def oneid_of(request: Request, reference: str) -> int:
    """The number of the person a reference names; raises missing."""
    profiles: Profiles = request.app.state.profiles
    return profiles.oneid(read_reference(reference))


def membership_out(one: memberships.Membership, scope: Scope) -> MembershipOut:
    """A membership as a scope may see it."""
    shown = one.number if "identifiers" in scope.clear else masking.hidden_identifier("card", one.number)
    return MembershipOut(
        id=one.id, home=one.home, node=one.node, number=shown, status=one.status, tier=one.tier, owner=one.owner,
        joined_at=one.joined_at, changed_at=one.changed_at, source=one.source, conflict=one.conflict,
    )  # fmt: skip
