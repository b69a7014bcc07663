"""The audit log over HTTP: list, export, verify."""

import json
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from ninefold.governance import audit as book

router = APIRouter(prefix="/v1/audit", tags=["audit"])


class AuditEntryOut(BaseModel):
    """Who did what to whom, when, from where."""

    seq: int = Field(examples=[1041])
    at: datetime
    actor: str = Field(examples=["operator"])
    verb: str = Field(examples=["GET /v1/people/{reference}"])
    target: str = Field(examples=["p_4JH8f0"])
    origin: str = Field(examples=["10.0.0.7"])
    detail: dict[str, Any] = Field(examples=[{"status": 200, "fields": "clear"}])
    hash: str = Field(description="SHA-256 of the entry and of the hash before it, hexadecimal")


class AuditPage(BaseModel):
    """Entries, newest first."""

    entries: list[AuditEntryOut]
    next_before_seq: int | None = Field(description="`before_seq` of the next page; null at the end", examples=[941])


class AnchorIn(BaseModel):
    """A place of the log that was kept elsewhere."""

    seq: int = Field(ge=1, examples=[1041])
    hash: str = Field(pattern="^[0-9a-f]{64}$", examples=["0" * 64])


class VerifyIn(BaseModel):
    """What to compare the log with, besides itself."""

    anchors: list[AnchorIn] = Field([], max_length=1_000)


class SignedAnchorOut(BaseModel):
    """The head of the log at a time."""

    seq: int = Field(examples=[1041])
    hash: str
    at: str = Field(examples=["2026-06-01T08:05:00+00:00"])
    signature: str = Field(description="of this installation, hexadecimal")


class FaultOut(BaseModel):
    """What is wrong at an entry."""

    seq: int = Field(examples=[17])
    kind: Literal["edited", "relinked", "gap", "truncated", "anchor"]
    detail: str = Field(examples=["the content does not fit the hash that was written with it"])


class VerificationOut(BaseModel):
    """The outcome of reading the whole chain."""

    whole: bool
    entries: int = Field(examples=[1041])
    anchors: int = Field(description="of the file and of the call, that were compared", examples=[24])
    head: AnchorIn | None = Field(description="keep it elsewhere: it proves later that the log was not rewritten")
    faults: list[FaultOut]


def _wanted(
    actor: str = "",
    verb: Annotated[str, Query(description="beginning of the verb")] = "",
    target: Annotated[str, Query(description="beginning of the target, e.g. a person's public id")] = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> book.AuditFilter:
    return book.AuditFilter(actor=actor, verb=verb, target=target, since=since, until=until)


Wanted = Annotated[book.AuditFilter, Depends(_wanted)]


@router.get("")
def list_entries(
    request: Request,
    wanted: Wanted,
    before_seq: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> AuditPage:
    """Entries that fit, newest first."""
    found = _log(request).entries(wanted, before_seq=before_seq, limit=limit)
    entries = [_out(one) for one in found]
    return AuditPage(entries=entries, next_before_seq=found[-1].seq if len(found) == limit else None)


@router.get("/export", response_class=StreamingResponse)
def export(request: Request, wanted: Wanted) -> StreamingResponse:
    """All entries that fit as JSON lines, newest first."""
    found = _log(request).export(wanted)  # before the answer begins: a filter may be refused

    def lines() -> Iterator[str]:
        for one in found:
            yield json.dumps(_out(one).model_dump(mode="json"), ensure_ascii=False) + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


@router.post("/verify")
def verify(request: Request, body: VerifyIn) -> VerificationOut:
    """Read the whole chain and say where it was touched, if anywhere; compared with the file of anchors too."""
    kept: book.Anchors = request.app.state.anchors
    done, compared = kept.verify(tuple(book.Anchor(seq=one.seq, hash=one.hash) for one in body.anchors))
    return VerificationOut(
        whole=done.whole,
        anchors=compared,
        entries=done.entries,
        head=AnchorIn(seq=done.head.seq, hash=done.head.hash) if done.head else None,
        faults=[FaultOut(seq=one.seq, kind=one.kind, detail=one.detail) for one in done.faults],
    )


@router.post("/anchors")
def cast(request: Request) -> SignedAnchorOut | None:
    """Write the head of the log to the file of anchors now; a schedule does it every hour. Null when nothing came."""
    made: book.SignedAnchor | None = request.app.state.cast_anchor()
    return SignedAnchorOut.model_validate(made, from_attributes=True) if made else None


@router.get("/anchors")
def list_anchors(request: Request, limit: Annotated[int, Query(ge=1, le=10_000)] = 100) -> list[SignedAnchorOut]:
    """The newest anchors of the file, the oldest of them first: keep copies elsewhere."""
    kept: book.Anchors = request.app.state.anchors
    newest = deque((one for one in kept.kept() if one is not None), maxlen=limit)
    return [SignedAnchorOut.model_validate(one, from_attributes=True) for one in newest]


def _log(request: Request) -> book.AuditLog:
    log: book.AuditLog = request.app.state.audit
    return log


def _out(one: book.AuditRecord) -> AuditEntryOut:
    return AuditEntryOut(
        seq=one.seq, at=one.at, actor=one.actor, verb=one.verb, target=one.target, origin=one.origin,
        detail=dict(one.detail), hash=one.hash,
    )  # fmt: skip
