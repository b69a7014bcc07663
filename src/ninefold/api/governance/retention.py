"""Retention over HTTP: rules in force, what is due, carry out, receipts; legal holds."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Literal, Protocol

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.governance import retention
from ninefold.identity import Identity
from ninefold.profiles import Profiles, read_reference

from .trail import note

router = APIRouter(prefix="/v1/retention", tags=["retention"])


class Desk(Protocol):
    """Whoever carries the rules out."""

    book: retention.Retention

    def due(self) -> tuple[retention.Due, ...]:
        """What would go now."""
        ...

    def run(self, *, author: str = "retention") -> tuple[retention.Run, ...]:
        """Carry the rules out."""
        ...

    def past(self, *, limit: int = 1_000) -> Sequence[dict[str, object]]:
        """Totals of anonymised events."""
        ...


class RuleOut(BaseModel):
    """A rule in force."""

    key: str = Field(examples=["page-views"])
    target: Literal["events", "traits", "records"]
    names: list[str] = Field(description="of events (empty: all), keys of traits, or the records")
    sources: list[str]
    nodes: list[str]
    keep_days: int = Field(examples=[90])
    then: Literal["delete", "anonymise"]


class DueOut(BaseModel):
    """What a rule would take now."""

    rule: RuleOut
    before: datetime = Field(description="older ones go")
    rows: int = Field(description="rows, events or files", examples=[12_000])
    held_people: int = Field(description="people whose data stay because of a legal hold")


class RunOut(BaseModel):
    """A rule as it was carried out."""

    id: int
    rule: str
    then: Literal["delete", "anonymise"]
    keep_days: int
    version: int = Field(description="of the document; 0 for what holds without one")
    before: datetime
    rows: int
    held_people: int
    state: Literal["open", "summed", "done"]
    started_at: datetime
    done_at: datetime | None


class HoldIn(BaseModel):
    """Whose data must stay."""

    person: str = Field(max_length=600, description="public id, or `namespace:value`", examples=["phone:13912340001"])
    reason: str = Field(min_length=1, max_length=500, examples=["law suit 2026/17"])
    until: datetime | None = Field(None, description="when it ends by itself")


class HoldOut(BaseModel):
    """A legal hold."""

    id: int
    person: str = Field(description="public id")
    reason: str
    until: datetime | None
    author: str
    since: datetime


class PastOut(BaseModel):
    """What is left of events that were anonymised."""

    day: date
    name: str
    source: str
    channel: str
    currency: str
    events: int
    people: int
    revenue_minor: int


@router.get("")
def rules(request: Request) -> list[RuleOut]:
    """The rules in force: those of the document, and the base they do not replace."""
    with request.app.state.records.begin() as conn:
        found, _ = _desk(request).book.rules(conn)
    return [_rule(one) for one in found]


@router.get("/due")
def due(request: Request) -> list[DueOut]:
    """What would go now, rule by rule; nothing is touched."""
    return [
        DueOut(rule=_rule(one.rule), before=one.before, rows=one.rows, held_people=one.held_people)
        for one in _desk(request).due()
    ]


@router.post("/run")
def run(request: Request, caller: Caller) -> list[RunOut]:
    """Carry the rules out now; a schedule does it every night. Each run is a receipt, also in the audit log."""
    done = _desk(request).run(author=caller.name)
    note(request, verb="retention run", runs=len(done), rows=sum(one.rows for one in done))
    return [_run(one) for one in done]


@router.get("/runs")
def runs(request: Request, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> list[RunOut]:
    """What was carried out, newest first."""
    with request.app.state.records.begin() as conn:
        return [_run(one) for one in _desk(request).book.runs(conn, limit=limit)]


@router.get("/past")
def past(request: Request, limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000) -> list[PastOut]:
    """Totals of events that were anonymised, newest day first; they name nobody."""
    return [PastOut.model_validate(one) for one in _desk(request).past(limit=limit)]


@router.get("/holds")
def holds(request: Request) -> list[HoldOut]:
    """Legal holds in force, newest first."""
    with request.app.state.records.begin() as conn:
        return [_hold(one) for one in _desk(request).book.holds(conn)]


@router.post("/holds", status_code=201)
def hold(request: Request, caller: Caller, body: HoldIn) -> HoldOut:
    """Keep a person's data, whatever rules and requests for erasure say."""
    profiles: Profiles = request.app.state.profiles
    oneid = profiles.oneid(read_reference(body.person))
    with request.app.state.records.begin() as conn:
        person = Identity.load(conn).person(conn, oneid).public_id
        made = _desk(request).book.hold(conn, oneid, person, reason=body.reason, until=body.until, author=caller.name)
    note(request, verb="legal hold", target=person, number=made.id)
    return _hold(made)


@router.delete("/holds/{hold_id}")
def release(request: Request, hold_id: Annotated[int, Field(ge=1, le=2**63 - 1)]) -> HoldOut:
    """End a legal hold."""
    with request.app.state.records.begin() as conn:
        ended = _desk(request).book.release(conn, hold_id)
    note(request, verb="legal hold ended", target=ended.person, number=ended.id)
    return _hold(ended)


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.retention
    return desk


def _rule(one: retention.Rule) -> RuleOut:
    return RuleOut(
        key=one.key, target=one.target, names=list(one.names), sources=list(one.sources), nodes=list(one.nodes),
        keep_days=one.keep_days, then=one.then,
    )  # fmt: skip


def _run(one: retention.Run) -> RunOut:
    return RunOut.model_validate({**asdict(one), "state": one.state.value})


def _hold(one: retention.Hold) -> HoldOut:
    return HoldOut.model_validate(asdict(one))
