"""Staff who leave, over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.base import Clock
from ninefold.profiles import departures

from .belonging import oneid_of
from .trail import note

router = APIRouter(prefix="/v1/staff", tags=["organisation"])

Name = Annotated[str, Field(min_length=1, max_length=200)]


class LeaveIn(BaseModel):
    """Who leaves, and who gets their customers."""

    name: Name = Field(description="as owner of memberships and as name of tokens", examples=["guide-7"])
    person: str = Field("", max_length=600, description="their own reference: roles given by hand end", examples=[""])
    to: list[Name] = Field([], max_length=1_000, description="who takes over, in turn", examples=[["guide-9"]])
    node: str = Field(
        "", max_length=63, description="without `to`: the staff of this node and below shares", examples=[""]
    )
    reason: str = Field(min_length=1, max_length=500, examples=["guide-7 left the company"])
    preview: bool = Field(default=False, description="only say what would be done")


class ShareOut(BaseModel):
    """What one gets."""

    name: str
    memberships: int


class LeaveOut(BaseModel):
    """What a departure does, or would do."""

    departure: int = Field(description="its number, for taking it back; 0 of a preview")
    shares: list[ShareOut]
    keys: list[int] = Field(description="tokens that end")
    roles: list[str] = Field(description="roles that end")


class DepartureOut(BaseModel):
    """A departure as history keeps it."""

    id: int
    name: str
    at: datetime
    author: str
    reason: str
    memberships: int
    keys: list[int]
    undone_at: datetime | None


class UndoneOut(BaseModel):
    """What taking a departure back did."""

    memberships: int = Field(description="that went back")
    kept: int = Field(description="that stay, since somebody gave them on meanwhile")
    keys: int
    roles: int


@router.post("/leave")
def leave(request: Request, caller: Caller, body: LeaveIn) -> LeaveOut:
    """End somebody's tokens and roles, and hand all their customers over: all of it or nothing."""
    desk: departures.Departures = request.app.state.departures
    clock: Clock = request.app.state.clock
    order = departures.Order(
        name=body.name, person=oneid_of(request, body.person) if body.person else 0, heirs=tuple(body.to),
        node=body.node, reason=body.reason,
    )  # fmt: skip
    number = 0
    with request.app.state.records.begin() as conn:
        if body.preview:
            plan = desk.plan(conn, order)
        else:
            done, plan = desk.leave(conn, order, now=clock.now(), author=caller.name)
            number = done.id
    note(request, target=body.name, departure=number, keys=len(plan.keys), roles=list(plan.roles), preview=body.preview)
    shares = [ShareOut(name=heir, memberships=rows) for heir, rows in plan.memberships]
    return LeaveOut(departure=number, shares=shares, keys=list(plan.keys), roles=list(plan.roles))


@router.get("/departures")
def list_departures(request: Request, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> list[DepartureOut]:
    """Departures, newest first."""
    desk: departures.Departures = request.app.state.departures
    with request.app.state.records.begin() as conn:
        return [DepartureOut.model_validate(one, from_attributes=True) for one in desk.listed(conn, limit=limit)]


@router.post("/departures/{departure}/undo")
def undo(request: Request, caller: Caller, departure: Annotated[int, Path(ge=1, le=2**63 - 1)]) -> UndoneOut:
    """Take a departure back: what is still where it was put goes back, tokens and roles go on."""
    desk: departures.Departures = request.app.state.departures
    clock: Clock = request.app.state.clock
    with request.app.state.records.begin() as conn:
        done = desk.undo(conn, departure, now=clock.now(), author=caller.name)
    note(request, target=f"departure/{departure}", memberships=done.memberships, kept=done.kept, keys=done.keys)
    return UndoneOut.model_validate(done, from_attributes=True)
