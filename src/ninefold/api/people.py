"""People: the 360 view, search, lists, and why identifiers were joined."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field, TypeAdapter

from ninefold.base import Clock
from ninefold.governance import Scope
from ninefold.identity import Identity, IdentityCounts
from ninefold.predicate import parse
from ninefold.profiles import (
    Cursor,
    Order,
    PeoplePage,
    PersonSummary,
    Profile,
    Profiles,
    Timeline,
    masking,
    read_reference,
)
from ninefold.store import Records

from .auth import Caller
from .governance import note
from .scope import narrowed, scope_of, shown_as

router = APIRouter(prefix="/v1", tags=["people"])

_PROFILE = TypeAdapter(Profile)

Reference = Annotated[
    str, Path(max_length=600, description="a public id, or `namespace:value` such as `phone:13912345678`")
]


class PeopleQuery(BaseModel):
    """Whom to list, and how."""

    condition: dict[str, Any] = Field({"everyone": True}, examples=[{"trait": "city", "op": "eq", "value": "上海"}])
    traits: list[str] = Field([], max_length=50)
    order_by: Literal["arrival", "last_seen", "trait"] = "arrival"
    order_trait: str = ""
    descending: bool = False
    limit: int = Field(50, ge=1, le=1_000)
    offset: int = Field(0, ge=0, le=1_000_000)


class LinkOut(BaseModel):
    """Two identifiers that were seen together, what was decided, and the evidence."""

    a: tuple[str, str]
    b: tuple[str, str]
    action: str
    reason: str
    source: str
    seen_ms: int
    evidence: str


class ReviewOut(BaseModel):
    """An identity question for an operator."""

    id: int
    kind: str
    namespace: str
    value: str
    people: list[str] = Field(description="public ids")
    detail: dict[str, Any]
    opened_at: datetime


@router.get("/people/{reference}", response_model=Profile)
def read(
    request: Request,
    reference: Reference,
    timeline: Annotated[int, Query(ge=0, le=1_000)] = 50,
    before: Annotated[str | None, Query(description="`at_ms.message_id` of a page's `next`")] = None,
    names: Annotated[list[str] | None, Query(description="only events of these names")] = None,
    mask: Annotated[bool, Query(description="hide the middle of identifiers")] = False,  # noqa: FBT002 - a query switch
) -> Response:
    """Everything known about one person, by public id or by any identifier."""
    profiles: Profiles = request.app.state.profiles
    clock: Clock = request.app.state.clock
    found = profiles.read(
        read_reference(reference),
        now=clock.now(),
        timeline_limit=timeline,
        before=Cursor.read(before) if before else None,
        names=names or (),
        mask=mask or "identifiers" not in scope_of(request).clear,
    )
    scope = Scope(clear=frozenset()) if mask else scope_of(request)
    found = masking.mask_profile(found, scope.clear)
    note(request, target=found.public_id, shown=shown_as(scope))
    return Response(_PROFILE.dump_json(found), media_type="application/json")  # written here, it need not be checked


@router.get("/people/{reference}/timeline")
def timeline(
    request: Request,
    caller: Caller,
    reference: Reference,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 50,
    before: str | None = None,
    names: Annotated[list[str] | None, Query()] = None,
) -> Timeline:
    """A page of a person's events, newest first."""
    profiles: Profiles = request.app.state.profiles
    place = Cursor.read(before) if before else None
    found = profiles.timeline(read_reference(reference), limit=limit, before=place, names=names or ())
    note(request, shown=shown_as(caller.scope))
    return masking.mask_timeline(found, caller.scope.clear)


@router.get("/people/{reference}/links")
def links(
    request: Request, caller: Caller, reference: Reference, limit: Annotated[int, Query(ge=1, le=5_000)] = 500
) -> list[LinkOut]:
    """Why a person's identifiers are one person: the ledger, oldest first, with what was kept apart."""
    profiles: Profiles = request.app.state.profiles
    oneid = profiles.oneid(read_reference(reference))
    with request.app.state.records.begin() as conn:
        found = Identity.load(conn).how_linked(conn, oneid, limit=limit)
    return [
        LinkOut(
            a=_end(link.a, caller.scope),
            b=_end(link.b, caller.scope),
            action=link.action.name.lower(),
            reason=link.reason.name.lower(),
            source=link.source,
            seen_ms=link.seen_ms,
            evidence=link.evidence,
        )
        for link in found
    ]


@router.get("/people")
def search(
    request: Request,
    caller: Caller,
    q: Annotated[str, Query(min_length=1, max_length=300)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[PersonSummary]:
    """Find people by any identifier, public id, or the beginning of a name."""
    profiles: Profiles = narrowed(request, caller.scope)
    found = profiles.search(q, now=request.app.state.clock.now(), limit=limit)
    note(request, target=" ".join(one.public_id for one in found), shown=shown_as(caller.scope))
    return [masking.mask_summary(one, caller.scope.clear) for one in found]


@router.post("/people/query")
def query(request: Request, caller: Caller, body: PeopleQuery) -> PeoplePage:
    """A page of the people a condition is true for."""
    profiles: Profiles = narrowed(request, caller.scope)
    clock: Clock = request.app.state.clock
    order = Order(by=body.order_by, trait=body.order_trait, descending=body.descending)
    page = profiles.people(
        parse(body.condition), now=clock.now(), traits=body.traits, order=order, limit=body.limit, offset=body.offset
    )
    note(request, verb="list people", people=len(page.people), traits=list(body.traits), shown=shown_as(caller.scope))
    return replace(page, people=tuple(masking.mask_summary(one, caller.scope.clear) for one in page.people))


@router.get("/identity")
def identity_counts(request: Request) -> IdentityCounts:
    """Sizes of the identity graph."""
    with request.app.state.records.begin() as conn:
        return Identity.load(conn).counts(conn)


@router.get("/identity/reviews")
def reviews(request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[ReviewOut]:
    """Open identity questions: caps reached, vetoes, merge storms."""
    records: Records = request.app.state.records
    with records.begin() as conn:
        identity = Identity.load(conn)
        found = identity.reviews(conn, limit=limit)
        names = identity.public_ids(conn, sorted({oneid for review in found for oneid in review.people}))
    return [
        ReviewOut(
            id=one.id,
            kind=one.kind.value,
            namespace=one.namespace,
            value=one.value,
            people=[names[oneid] for oneid in one.people if oneid in names],
            detail=dict(one.detail),
            opened_at=one.opened_at,
        )
        for one in found
    ]


def _end(identifier: tuple[str, str], scope: Scope) -> tuple[str, str]:
    namespace, value = identifier
    return identifier if "identifiers" in scope.clear else (namespace, masking.hidden_identifier(namespace, value))
