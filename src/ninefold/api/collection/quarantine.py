"""What could not be kept as events, and what waits."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from ninefold.base import Clock
from ninefold.collect import backlog, quarantine_counts, replay, search_quarantine
from ninefold.store import Records

router = APIRouter(prefix="/v1", tags=["collection"])


class QuarantineOut(BaseModel):
    """An event that could not be kept as an event."""

    id: int
    source: str
    received_at: datetime
    kind: str
    code: str
    reason: str
    field: str
    raw: str = Field(description="the event as it came; bytes that are no text are replaced")
    message_id: str
    replayed_at: datetime | None


class QuarantinePage(BaseModel):
    """Entries, newest first."""

    entries: list[QuarantineOut]
    next_before_id: int | None


class QuarantineSummary(BaseModel):
    """Open entries of one source and reason."""

    source: str
    code: str
    entries: int
    latest: datetime


class ReplayIn(BaseModel):
    """Entries to decode again."""

    ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(min_length=1, max_length=1_000)


class ReplayOut(BaseModel):
    """What a replay did."""

    accepted: int
    refused: int
    skipped: int


class BacklogOut(BaseModel):
    """What waits in the inbox."""

    rows: int
    events: int
    oldest: datetime | None
    quarantined: int


@router.get("/quarantine")
def list_quarantine(
    request: Request,
    source: str | None = None,
    code: str | None = None,
    before_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> QuarantinePage:
    """Quarantined events that were not replayed, newest first."""
    records: Records = request.app.state.records
    with records.begin() as conn:
        rows = search_quarantine(conn, source=source, code=code, before_id=before_id, limit=limit)
    entries = [
        QuarantineOut(
            id=row.id,
            source=row.source,
            received_at=row.received_at,
            kind=row.kind,
            code=row.code,
            reason=row.reason,
            field=row.field,
            raw=row.raw.decode("utf-8", "replace"),
            message_id=row.message_id,
            replayed_at=row.replayed_at,
        )
        for row in rows
    ]
    return QuarantinePage(entries=entries, next_before_id=entries[-1].id if len(entries) == limit else None)


@router.get("/quarantine/summary")
def summarise_quarantine(request: Request) -> list[QuarantineSummary]:
    """Open entries by source and reason, the most frequent first."""
    records: Records = request.app.state.records
    with records.begin() as conn:
        return [
            QuarantineSummary(source=one.source, code=one.code, entries=one.entries, latest=one.latest)
            for one in quarantine_counts(conn)
        ]


@router.post("/quarantine/replay")
def replay_quarantine(request: Request, body: ReplayIn) -> ReplayOut:
    """Decode entries again, e.g. after wider limits; an entry is replayed once."""
    records: Records = request.app.state.records
    clock: Clock = request.app.state.clock
    with records.begin() as conn:
        done = replay(conn, body.ids, now=clock.now(), currency=request.app.state.currency)
    return ReplayOut(accepted=done.accepted, refused=done.refused, skipped=done.skipped)


@router.get("/inbox")
def inbox(request: Request) -> BacklogOut:
    """What was accepted and is not in the events store yet."""
    records: Records = request.app.state.records
    with records.begin() as conn:
        waiting = backlog(conn)
    return BacklogOut(rows=waiting.rows, events=waiting.events, oldest=waiting.oldest, quarantined=waiting.quarantined)
