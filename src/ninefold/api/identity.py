"""The identity desk over HTTP: merge, unmerge, must-link, cannot-link, retract, block, rebuild."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from ninefold.base import Clock, from_ms
from ninefold.identity import (
    Change,
    Identity,
    IdentityDesk,
    Rebuilt,
    describe_rules,
    merging,
    rules_schema,
)
from ninefold.profiles import Profiles, read_reference

from .auth import Caller

router = APIRouter(prefix="/v1/identity", tags=["identity"])

_REFERENCE = "a public id, or `namespace:value` such as `phone:13912345678`"
Reference = Annotated[str, Field(min_length=1, max_length=600, description=_REFERENCE, examples=["phone:13912345678"])]
Reason = Annotated[str, Field(max_length=1_000, description="kept in the ledger", examples=["confirmed by telephone"])]


class IdentifierIn(BaseModel):
    """An identifier."""

    namespace: str = Field(max_length=100, examples=["phone"])
    value: str = Field(max_length=500, examples=["13912345678"])


class MergeIn(BaseModel):
    """Two people who are one."""

    one: Reference
    other: Reference
    reason: Reason = ""
    override: bool = Field(default=False, description="merge although an operator said that the two are not one")
    preview: bool = Field(default=False, description="only say what would change")


class UnmergeIn(BaseModel):
    """Identifiers to be taken out of a person."""

    person: Reference
    identifiers: list[IdentifierIn] = Field(min_length=1, max_length=1_000)
    reason: Reason = ""
    preview: bool = Field(default=False, description="only say what would change")


class PairIn(BaseModel):
    """Something said about two identifiers."""

    a: IdentifierIn
    b: IdentifierIn
    reason: Reason = ""


class ClosedOut(BaseModel):
    """An identity question that is decided."""

    closed: bool = Field(examples=[True])


class VerdictIn(BaseModel):
    """What an operator decides about a limit that stopped something."""

    decision: Literal["confirm", "release"] = Field(
        description="confirm: the limit was right; release: it was wrong, and is not applied to the value again",
        examples=["release"],
    )


class RulesOut(BaseModel):
    """The identity rules in force."""

    version: int = Field(examples=[1])
    english: list[str] = Field(
        examples=[["user_id (priority 1, strong): at most 1 per person, ever; blocked beyond 10 people"]]
    )
    chinese: list[str] = Field(examples=[["user_id（优先级 1，强标识）：每人最多 1 个（永久）；关联超过 10 人即屏蔽"]])
    document_schema: dict[str, Any] = Field(description="JSON Schema of the document", examples=[{"type": "object"}])


class GroupOut(BaseModel):
    """A person, as it is or would be."""

    person: str = Field(description="public id; empty for a person that would come into being", examples=["p_4jh8f0"])
    identifiers: list[tuple[str, str]] = Field(examples=[[["phone", "+8613912345678"]]])


class ChangeOut(BaseModel):
    """What was changed, or would be."""

    people: list[GroupOut]
    merged: int = Field(description="people who became part of another", examples=[1])
    split: int = Field(description="people who stand for themselves again", examples=[0])
    blockers: list[str] = Field([], description="what speaks against it", examples=[[]])
    preview: bool
    waiting: merging.WaitingMerge | None = Field(
        None, description="the merge waits for its cool-off to end; nothing was changed yet", examples=[None]
    )


class DecisionOut(BaseModel):
    """What an operator said, still in force."""

    a: tuple[str, str] = Field(examples=[["user_id", "u1"]])
    b: tuple[str, str] = Field(examples=[["phone", "+8613912345678"]])
    one: bool = Field(description="true: they are one person; false: they are not")
    author: str = Field(examples=["operator"])
    reason: str = Field(examples=["confirmed by telephone"])
    said_at: datetime


class SpanOut(BaseModel):
    """A time in which an identifier was one person's."""

    since: datetime | None = Field(description="null: the first one", examples=[None])
    until: datetime | None = Field(description="null: it goes on", examples=[None])
    first_seen: datetime
    last_seen: datetime = Field(description="to the day")
    person: str = Field(description="public id; empty while no event belongs to it", examples=["p_4jh8f0"])
    active: bool = Field(description="whether it takes part", examples=[True])
    began: Literal["first", "unbind", "silence"] = Field(description="how it began", examples=["silence"])


class RebuiltOut(BaseModel):
    """What deriving everybody anew changed."""

    identifiers: int = Field(examples=[5_000_000])
    pairs: int = Field(examples=[4_000_000])
    people: int = Field(examples=[1_000_000])
    moved: int = Field(description="identifiers that moved; 0: nothing had drifted", examples=[0])
    merged: int = Field(examples=[0])
    split: int = Field(examples=[0])


@router.post("/merge")
def merge(request: Request, caller: Caller, body: MergeIn) -> ChangeOut:
    """Make two people one, with everything they ever did; `unmerge` takes it back without loss. Where the merge policy
    lets it wait, the answer says until when, see `GET /v1/identity/merges`.
    """
    desk, now = _desk(request), _now(request)
    one, other = _oneid(request, body.one), _oneid(request, body.other)
    if body.preview:
        change, blockers = desk.preview_merge(one, other, now=now)
        return _change(request, change, preview=True, blockers=blockers)
    service: merging.Merging = request.app.state.merging
    done = service.merge(one, other, author=caller.name, reason=body.reason, now=now, override=body.override)
    if done.change is None:
        return ChangeOut(people=[], merged=0, split=0, preview=False, waiting=done.waiting)
    return _change(request, done.change)


@router.post("/unmerge")
def unmerge(request: Request, caller: Caller, body: UnmergeIn) -> ChangeOut:
    """Take identifiers out of a person; their events, traits, tags and segments go with them, and it stays so."""
    desk, now = _desk(request), _now(request)
    oneid, leaving = _oneid(request, body.person), [(one.namespace, one.value) for one in body.identifiers]
    if body.preview:
        return _change(request, desk.preview_unmerge(oneid, leaving, now=now), preview=True)
    return _change(request, desk.unmerge(oneid, leaving, author=caller.name, reason=body.reason, now=now))


@router.post("/links/{word}")
def say(
    request: Request,
    caller: Caller,
    body: PairIn,
    word: Annotated[str, Path(pattern="^(must|cannot|free|retract)$", description="must, cannot, free or retract")],
) -> ChangeOut:
    """Say that two identifiers are one person's (`must`), that they are not (`cannot`), take that back (`free`), or
    let no meeting of the two until now count (`retract`).
    """
    desk = _desk(request)
    verbs = {"must": desk.must_link, "cannot": desk.cannot_link, "free": desk.free, "retract": desk.retract}
    a, b = (body.a.namespace, body.a.value), (body.b.namespace, body.b.value)
    return _change(request, verbs[word](a, b, author=caller.name, reason=body.reason, now=_now(request)))


@router.get("/decisions")
def decisions(request: Request) -> list[DecisionOut]:
    """Must-links and cannot-links in force, the newest first."""
    return [
        DecisionOut(a=one.a, b=one.b, one=one.one, author=one.author, reason=one.reason, said_at=one.said_at)
        for one in _desk(request).decisions()
    ]


@router.post("/block")
def block(request: Request, caller: Caller, body: IdentifierIn) -> dict[str, bool]:
    """Let an identifier take no further part in resolution; people it joined come apart again."""
    return {"changed": _desk(request).block(body.namespace, body.value, author=caller.name, now=_now(request))}


@router.post("/unblock")
def unblock(request: Request, caller: Caller, body: IdentifierIn) -> dict[str, bool]:
    """Let a blocked identifier take part again, with everything it was ever seen with."""
    return {"changed": _desk(request).unblock(body.namespace, body.value, author=caller.name, now=_now(request))}


@router.post("/reviews/{review}")
def decide(
    request: Request, caller: Caller, review: Annotated[int, Path(ge=1, le=2**53)], body: VerdictIn
) -> ClosedOut:
    """Close an identity question: confirm that the limit was right, or release what it stopped, for good."""
    _desk(request).decide(review, body.decision, author=caller.name, now=_now(request))
    return ClosedOut(closed=True)


@router.get("/rules")
def rules(request: Request) -> RulesOut:
    """The identity rules in force, in plain English and Chinese, and the schema of their document."""
    with request.app.state.records.begin() as conn:
        found = Identity.load(conn).rules
    return RulesOut(
        version=found.version,
        english=list(describe_rules(found)),
        chinese=list(describe_rules(found, "zh")),
        document_schema=rules_schema(),
    )


@router.get("/spans")
def spans(
    request: Request,
    namespace: Annotated[str, Query(min_length=1, max_length=100)],
    value: Annotated[str, Query(min_length=1, max_length=500)],
) -> list[SpanOut]:
    """When an identifier was whose, the oldest time first: an unbind or a long silence begins a new one."""
    with request.app.state.records.begin() as conn:
        identity = Identity.load(conn)
        found = identity.spans(conn, namespace, value)
        names = identity.public_ids(conn, [one.oneid for one in found if one.oneid is not None])
    return [
        SpanOut(
            since=None if one.since_ms is None else from_ms(one.since_ms),
            until=None if one.until_ms is None else from_ms(one.until_ms),
            first_seen=from_ms(one.first_seen_ms),
            last_seen=from_ms(one.last_seen_ms),
            person=names.get(one.oneid or 0, ""),
            active=one.active,
            began=one.began,
        )
        for one in found
    ]


@router.post("/rebuild")
def rebuild(request: Request) -> RebuiltOut:
    """Derive everybody anew from the whole ledger, numbers kept; writes what differs, which is nothing normally."""
    return _rebuilt(_desk(request).rebuild(now=_now(request)))


def _desk(request: Request) -> IdentityDesk:
    desk: IdentityDesk = request.app.state.desk
    return desk


def _now(request: Request) -> datetime:
    clock: Clock = request.app.state.clock
    return clock.now()


def _oneid(request: Request, reference: str) -> int:
    profiles: Profiles = request.app.state.profiles
    return profiles.oneid(read_reference(reference))


def _names(request: Request, oneids: Sequence[int]) -> dict[int, str]:
    with request.app.state.records.begin() as conn:
        return Identity.load(conn).public_ids(conn, oneids) if oneids else {}


def _change(request: Request, change: Change, *, preview: bool = False, blockers: Sequence[str] = ()) -> ChangeOut:
    names = _names(request, [group.oneid for group in change.people])
    return ChangeOut(
        people=[
            GroupOut(person=names.get(group.oneid, ""), identifiers=list(group.identifiers)) for group in change.people
        ],
        merged=change.merged,
        split=change.split,
        blockers=list(blockers),
        preview=preview,
    )


def _rebuilt(done: Rebuilt) -> RebuiltOut:
    return RebuiltOut(
        identifiers=done.identifiers,
        pairs=done.pairs,
        people=done.people,
        moved=done.moved,
        merged=done.merged,
        split=done.split,
    )
