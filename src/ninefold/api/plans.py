"""Tracking plans: what is planned, what it would have done, drafts from traffic, violations, client code."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from ninefold.collect import plans as tracking

router = APIRouter(prefix="/v1/plans", tags=["tracking plans"])

_EVENT: dict[str, Any] = {
    "kind": "event",
    "key": "order_completed",
    "name": {"en": "Order completed", "zh": "完成订单"},
    "owner": "data team",
    "event": "Order Completed",
    "plans": ["default"],
    "schema": {
        "properties": {"order_id": {"type": "string"}, "price": {"type": "number", "minimum": 0}},
        "required": ["order_id", "price"],
    },
    "invalid": "block",
}
_PLAN = {
    "kind": "tracking-plan",
    "key": "default",
    "name": "Shop",
    "owner": "data team",
    "sources": ["web"],
    "unplanned_event": "allow",
    "unplanned_property": "omit",
}
_Days = Annotated[int, Query(ge=1, le=366)]


class PlannedEventOut(BaseModel):
    """One planned event."""

    key: str
    event: str = Field(examples=["Order Completed"])
    name: dict[str, str]
    owner: str
    description: str
    version: int
    replies: dict[str, str] = Field(description="answers that differ from those of the plan")
    properties: dict[str, Any] = Field(description="JSON Schema of its properties")


class PlanOut(BaseModel):
    """A plan with its events."""

    key: str = Field(examples=["default"])
    version: int
    sources: list[str] = Field(description="sources it covers; empty: all that no other plan names")
    replies: dict[str, str] = Field(examples=[{"unplanned_event": "allow", "unplanned_property": "omit"}])
    events: list[PlannedEventOut]


class TallyOut(BaseModel):
    """How often one fault happened."""

    event: str = Field(examples=["Order Completed"])
    fault: str = Field(description="unplanned_event, unplanned_property, invalid, missing", examples=["invalid"])
    path: str = Field(examples=["price"])
    events: int
    sources: list[str]
    sample: str = Field(description="message id of one of them; its receipt tells more")
    message: str
    latest: datetime


class SimulateIn(BaseModel):
    """A plan to try on the past."""

    plan: str | dict[str, Any] = Field("default", description="key of a plan, or its document", examples=[_PLAN])
    events: list[dict[str, Any]] = Field([], max_length=2_000, examples=[[_EVENT]])
    days: int = Field(7, ge=1, le=366)
    most: int = Field(200_000, ge=1, le=5_000_000, description="events to judge; of more, an even sample")


class SimulationOut(BaseModel):
    """What the plan would have done."""

    days: int
    events: int = Field(description="events judged; fewer than total means an even sample")
    total: int
    passed: int
    allowed: int = Field(description="kept with a fault")
    reduced: int = Field(description="kept without a property")
    blocked: int = Field(description="put into quarantine")
    tallies: list[TallyOut]


class DraftIn(BaseModel):
    """What to draft from."""

    plan: str = Field("default", pattern="^[a-z][a-z0-9_]{0,62}$")
    sources: list[str] = Field([], max_length=200)
    days: int = Field(7, ge=1, le=366)


class DraftOut(BaseModel):
    """Documents for ``POST /v1/definitions/apply``, once read and corrected."""

    documents: list[dict[str, Any]] = Field(examples=[[_EVENT]])


@router.get("")
def list_plans(request: Request) -> list[PlanOut]:
    """All tracking plans with their events."""
    return [_plan(one) for one in _plans(request).list()]


@router.get("/violations")
def violations(request: Request, days: _Days = 7, limit: Annotated[int, Query(ge=1, le=5_000)] = 500) -> list[TallyOut]:
    """Faults of events that were kept, the most frequent first; blocked ones are in quarantine under ``plan_...``."""
    return [_tally(one) for one in _plans(request).violations(days=days, limit=limit)]


@router.post("/simulate")
def simulate(request: Request, body: SimulateIn) -> SimulationOut:
    """What a plan would have done to the track events of the last days; nothing is changed."""
    found = _plans(request).simulate(body.plan, body.events, days=body.days, most=body.most)
    return SimulationOut(
        days=found.days,
        events=found.events,
        total=found.total,
        passed=found.passed,
        allowed=found.allowed,
        reduced=found.reduced,
        blocked=found.blocked,
        tallies=[_tally(one) for one in found.tallies],
    )


@router.post("/draft")
def draft(request: Request, body: DraftIn) -> DraftOut:
    """Planned events as the traffic of the last days suggests them, the most frequent first."""
    documents = _plans(request).draft(plan=body.plan, sources=body.sources, days=body.days)
    return DraftOut(documents=list(documents))


@router.get("/{key}")
def get_plan(request: Request, key: str) -> PlanOut:
    """One tracking plan with its events."""
    return _plan(_plans(request).get(key))


@router.get(
    "/{key}/client",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "the module's source"}},
)
def client(request: Request, key: str, language: Literal["python", "typescript"]) -> PlainTextResponse:
    """A module with a typed function per planned event, to be put into an application."""
    plan = _plans(request).get(key)
    write = tracking.python_module if language == "python" else tracking.typescript_module
    return PlainTextResponse(write(plan))


def _plans(request: Request) -> tracking.Plans:
    plans: tracking.Plans = request.app.state.plans
    return plans


def _plan(plan: tracking.Plan) -> PlanOut:
    return PlanOut(
        key=plan.key,
        version=plan.version,
        sources=list(plan.sources),
        replies={fault.value: reply.value for fault, reply in plan.replies.items()},
        events=[
            PlannedEventOut(
                key=one.key,
                event=one.event,
                name={"en": one.name_en, "zh": one.name_zh},
                owner=one.owner,
                description=one.description,
                version=one.version,
                replies={fault.value: reply.value for fault, reply in one.replies.items()},
                properties=dict(one.schema),
            )
            for _, one in sorted(plan.events.items())
        ],
    )


def _tally(one: tracking.Tally) -> TallyOut:
    return TallyOut(
        event=one.event,
        fault=one.fault,
        path=one.path,
        events=one.events,
        sources=list(one.sources),
        sample=one.sample,
        message=one.message,
        latest=one.latest,
    )
