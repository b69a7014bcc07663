"""The org tree over HTTP, and who belongs where."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.base import Clock
from ninefold.governance import org
from ninefold.profiles import Profiles, masking, memberships, read_reference
from ninefold.segments import Segments

from .trail import note

router = APIRouter(prefix="/v1/org", tags=["organisation"])


class NodeOut(BaseModel):
    """A node of the org tree."""

    code: str = Field(examples=["acme.sh"])
    name: str = Field(examples=["Acme Shanghai"])
    level: str = Field(examples=["store"])
    parent: str = Field(examples=["acme"])
    path: str = Field(examples=["/group/acme/acme.sh/"])
    matching: str = Field(examples=["shared"])
    matching_scope: str = Field(description="node within which identifiers join; empty: with all that share")
    sources: list[str]
    member_namespace: str
    closed: bool
    changed_at: datetime


class MoveIn(BaseModel):
    """Where a node goes."""

    parent: str = Field(max_length=63, description="empty makes it a root", examples=["dealer-east"])
    reason: str = Field("", max_length=500, examples=["the dealer took the store over"])


class MoveOut(BaseModel):
    """A move as history keeps it."""

    from_path: str
    to_path: str
    nodes: int = Field(description="how many moved, the node itself included")
    at: datetime
    author: str
    reason: str


class NodeCount(BaseModel):
    """Memberships of a node."""

    node: str
    status: str
    memberships: int
    owners: int


class TransferIn(BaseModel):
    """Whose memberships go to whom; all conditions hold."""

    node: str = Field("", description="of this node and below", examples=["acme.sh"])
    owner: str | None = Field(None, description="of this owner", examples=["guide-7"])
    people: list[str] | None = Field(None, max_length=10_000, description="references, e.g. rows of a CSV")
    segment: str = Field("", description="of the people in this segment's newest version")
    to_owner: str | None = Field(None, examples=["guide-9"])
    to_node: str = Field("", examples=[""])
    reason: str = Field(max_length=500, min_length=1, examples=["guide-7 left"])


class TransferOut(BaseModel):
    """What a transfer did."""

    changed: int


class ConflictOut(BaseModel):
    """What somebody must decide about memberships in one node."""

    person: str = Field(description="public id of one that it concerns")
    node: str
    kind: Literal["merged", "number"] = Field(
        description="merged: the person has those of several accounts; number: several people have the number"
    )
    number: str = Field(description="that several have")
    memberships: list[int] = Field(description="of this person")


class SettleIn(BaseModel):
    """The decision of a conflict."""

    keep: int = Field(ge=1, le=2**63 - 1, description="the membership that stays; those against it are left")
    reason: str = Field(min_length=1, max_length=500, examples=["the older card"])


@router.get("")
def tree(request: Request, under: Annotated[str, Query(max_length=63)] = "") -> list[NodeOut]:
    """All nodes, or one and everything below it, each after its parent."""
    book: org.Org = request.app.state.org
    with request.app.state.records.begin() as conn:
        nodes, scopes = book.nodes(conn, under=under), book.matching_scopes(conn)
    return [_out(node, scopes[node.spec.code]) for node in nodes]


@router.get("/conflicts")
def conflicts(
    request: Request, caller: Caller, under: str = "", limit: Annotated[int, Query(ge=1, le=1_000)] = 100
) -> list[ConflictOut]:
    """Two memberships of one person in a node since a merge, and numbers that several people have: to be decided."""
    desk: memberships.Memberships = request.app.state.memberships
    with request.app.state.records.begin() as conn:
        found = desk.conflicts(conn, under=under, limit=limit)
    clear = "identifiers" in caller.scope.clear
    return [
        ConflictOut(person=one.person, node=one.node, kind=one.kind, memberships=list(one.memberships),
                    number=one.number if clear or not one.number else masking.hidden_identifier("card", one.number))
        for one in found
    ]  # fmt: skip


@router.post("/conflicts/settle")
def settle(request: Request, caller: Caller, body: SettleIn) -> TransferOut:
    """Decide a conflict: one membership stays, the others in the conflict are left, with history."""
    desk: memberships.Memberships = request.app.state.memberships
    clock: Clock = request.app.state.clock
    with request.app.state.records.begin() as conn:
        changed = desk.settle(conn, body.keep, reason=body.reason, now=clock.now(), author=caller.name)
    note(request, target=f"memberships/{body.keep}", changed=changed)
    return TransferOut(changed=changed)


@router.post("/transfer")
def transfer(request: Request, caller: Caller, body: TransferIn) -> TransferOut:
    """Give memberships to another owner or another node, with history: one, or many at once."""
    profiles: Profiles = request.app.state.profiles
    segments: Segments = request.app.state.segments
    clock: Clock = request.app.state.clock
    people: tuple[int, ...] | None = None
    if body.people is not None:
        people = tuple(profiles.oneid(read_reference(one)) for one in body.people)
    if body.segment:
        inside = {int(one) for one in segments.audience(body.segment)}
        people = tuple(inside if people is None else inside.intersection(people))
    order = memberships.Transfer(
        node=body.node, owner=body.owner, people=people, to_owner=body.to_owner, to_node=body.to_node,
        reason=body.reason,
    )  # fmt: skip
    desk: memberships.Memberships = request.app.state.memberships
    with request.app.state.records.begin() as conn:
        changed = desk.transfer(conn, order, now=clock.now(), author=caller.name)
    note(request, target=body.node, changed=changed, owner=body.owner, to_owner=body.to_owner, to_node=body.to_node,
         segment=body.segment)  # fmt: skip
    return TransferOut(changed=changed)


@router.get("/{code}/history")
def history(request: Request, code: str) -> list[MoveOut]:
    """The moves of a node, newest first."""
    book: org.Org = request.app.state.org
    with request.app.state.records.begin() as conn:
        return [_moved(one) for one in book.moves(conn, code)]


@router.get("/{code}/memberships")
def counted(request: Request, code: str) -> list[NodeCount]:
    """How many memberships a node and everything below it have, by status."""
    desk: memberships.Memberships = request.app.state.memberships
    with request.app.state.records.begin() as conn:
        found = desk.counts(conn, code)
    return [NodeCount(node=node, status=status, memberships=n, owners=owners) for node, status, n, owners in found]


@router.post("/{code}/move")
def move(request: Request, caller: Caller, code: str, body: MoveIn) -> MoveOut | None:
    """Give a node another parent; everything below moves with it. Null when it stands there already."""
    book: org.Org = request.app.state.org
    clock: Clock = request.app.state.clock
    with request.app.state.records.begin() as conn:
        done = book.move(conn, code, body.parent, now=clock.now(), author=caller.name, reason=body.reason)
    if done is not None:
        note(request, before=done.from_path, after=done.to_path, nodes=done.nodes)
    return _moved(done) if done else None


def _out(node: org.Node, scope: str) -> NodeOut:
    spec = node.spec
    return NodeOut(
        code=spec.code, name=spec.name, level=spec.level, parent=spec.parent, path=node.path, matching=spec.matching,
        matching_scope=scope, sources=list(spec.sources), member_namespace=spec.member_namespace, closed=spec.closed,
        changed_at=node.changed_at,
    )  # fmt: skip


def _moved(one: org.Move) -> MoveOut:
    return MoveOut(
        from_path=one.from_path, to_path=one.to_path, nodes=one.nodes, at=one.at, author=one.author, reason=one.reason
    )
