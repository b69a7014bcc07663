"""Relations over HTTP: of one person, over several steps, and told by events."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.base import Clock
from ninefold.collect import erasing
from ninefold.profiles import relations

from .belonging import Reference, oneid_of
from .trail import note

router = APIRouter(prefix="/v1", tags=["organisation"])


class RelationOut(BaseModel):
    """What a person is to somebody or something."""

    id: int
    kind: str = Field(examples=["invited"])
    side: Literal["from", "to", "product"]
    other: str
    since: datetime
    source: str
    evidence: str


class RelationIn(BaseModel):
    """A relation of the person in the path to another person or to a product."""

    kind: str = Field(pattern="^[a-z][a-z0-9_]{0,62}$", examples=["gave"])
    person: str = Field("", max_length=600, description="reference of the other person", examples=["user_id:u2"])
    product: str = Field("", max_length=200, examples=[""])
    since: datetime | None = None
    evidence: str = Field("", max_length=200, examples=["order o17"])


class ReachedOut(BaseModel):
    """Somebody who was reached over relations."""

    person: str
    depth: int = Field(description="steps from the person asked about, the fewest there are", examples=[2])
    by: str = Field(description="public id of the one before")
    since: datetime


class ReachOut(BaseModel):
    """Whom a person reaches, the nearest first."""

    people: list[ReachedOut]
    cut: bool = Field(description="there are more than were asked for")


class DerivedOut(BaseModel):
    """What deriving relations from history came to."""

    events: int = Field(description="that name somebody or something")
    relations: int = Field(description="that hold now")
    dropped: int = Field(description="that rules of before told and those of now do not")


@router.get("/people/{reference}/relations")
def list_relations(request: Request, reference: Reference) -> list[RelationOut]:
    """What a person is to others and to products, and others to the person."""
    desk: relations.Relations = request.app.state.relations
    oneid = oneid_of(request, reference)
    with request.app.state.records.begin() as conn:
        return [
            RelationOut(id=one.id, kind=one.kind, side=one.side, other=one.other, since=one.since, source=one.source,
                        evidence=one.evidence)
            for one in desk.relations_of(conn, oneid)
        ]  # fmt: skip


@router.post("/people/{reference}/relations", status_code=204)
def relate(request: Request, caller: Caller, reference: Reference, body: RelationIn) -> None:
    """Write down that this person is something to another person or to a product; once."""
    desk: relations.Relations = request.app.state.relations
    clock: Clock = request.app.state.clock
    oneid = oneid_of(request, reference)
    to: int | str = oneid_of(request, body.person) if body.person else body.product
    since = body.since or clock.now()
    with request.app.state.records.begin() as conn:
        desk.relate(conn, body.kind, oneid, to, since=since, evidence=(f"api/{caller.name}", body.evidence))


@router.get("/people/{reference}/reach")
def reach(
    request: Request,
    reference: Reference,
    kind: Annotated[str, Query(max_length=63, description="of relation, followed from whom it goes to whom")],
    depth: Annotated[int, Query(ge=1, le=20)] = 1,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> ReachOut:
    """Whom the person brought, and whom those brought, so many steps on: everybody once, the nearest first."""
    desk: relations.Relations = request.app.state.relations
    oneid = oneid_of(request, reference)
    with request.app.state.records.begin() as conn:
        found = desk.reach(conn, kind, oneid, depth=depth, limit=limit)
    return ReachOut.model_validate(found, from_attributes=True)


@router.post("/relations/derive")
def derive(request: Request) -> DerivedOut:
    """Read the whole history by the relation rules in force; calling it again changes nothing."""
    desk: relations.ToldRelations = request.app.state.told_relations
    erasing.settle(request.app.state.records)
    done = desk.derive()
    note(request, relations=done.relations, dropped=done.dropped)
    return DerivedOut(events=done.events, relations=done.relations, dropped=done.dropped)
