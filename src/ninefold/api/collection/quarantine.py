"""What could not be kept as events, and what waits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.engine import Connection

from ninefold.base import Clock, invalid
from ninefold.collect import (
    Again,
    Sought,
    backlog,
    parse_steps,
    quarantine_counts,
    quarantined_ids,
    replay,
    search_quarantine,
    try_replay,
)
from ninefold.collect import plans as tracking
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


class SoughtIn(BaseModel):
    """Which open entries; what is left out does not filter."""

    source: str | None = Field(None, max_length=200, examples=["web"])
    code: str | None = Field(None, max_length=200, description="reason; ends with * for all that begin so",
                             examples=["plan_invalid"])  # fmt: skip
    kind: str | None = Field(None, max_length=200)
    text: str | None = Field(None, min_length=1, max_length=200, description="somewhere in the event or the reason")
    message_id: str | None = Field(None, max_length=200)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class QuarantineQuery(SoughtIn):
    """Which entries to list."""

    replayed: bool = False
    before_id: int | None = Field(None, ge=1, le=2**63 - 1, description="only older ones, for the next page")
    limit: int = Field(100, ge=1, le=500)


class LimitsIn(BaseModel):
    """Wider limits for this replay; what is left out is as usual."""

    max_event_bytes: int | None = Field(None, ge=1, le=10_485_760)
    max_properties: int | None = Field(None, ge=1, le=100_000)
    max_depth: int | None = Field(None, ge=1, le=64)


class ReplayIn(BaseModel):
    """Entries to read again, by id or by what they have in common; mended first, if steps are given."""

    ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field([], max_length=1_000, examples=[[17]])
    sought: SoughtIn | None = Field(None, description="instead of ids: all open entries like this")
    after_id: int = Field(0, ge=0, le=2**63 - 1, description="with sought: go on after this entry")
    mend: list[dict[str, Any]] = Field(
        [],
        max_length=100,
        description="steps on the JSON of each entry: rename, set, default, drop, cast, map",
        examples=[
            [
                {"op": "rename", "path": "properties.prce", "to": "properties.price"},
                {"op": "cast", "path": "properties.price", "type": "number"},
            ]
        ],
    )
    limits: LimitsIn | None = None


class RefusalOut(BaseModel):
    """An entry that is still bad."""

    id: int
    code: str
    reason: str


class ReplayOut(BaseModel):
    """What a replay did."""

    accepted: int
    refused: int
    skipped: int = Field(description="entries of a kind that is not read again")
    refusals: list[RefusalOut] = Field(description="why entries are still bad, the first hundred")
    next_after_id: int | None = Field(None, description="with sought: call again with this, null when all are done")


class AttemptOut(BaseModel):
    """One entry as a replay would read it."""

    id: int
    good: bool
    code: str
    reason: str
    raw: str = Field(description="the event after mending")
    event: str = Field(description="name of the event it would become")


class BacklogOut(BaseModel):
    """What waits in the inbox."""

    rows: int
    events: int
    oldest: datetime | None
    quarantined: int


@router.get("/quarantine")
def list_quarantine(request: Request, query: Annotated[QuarantineQuery, Query()]) -> QuarantinePage:
    """Quarantined events, newest first: those that were not replayed, or those that were."""
    sought = Sought(**query.model_dump(exclude={"before_id", "limit"}))
    records: Records = request.app.state.records
    with records.begin() as conn:
        rows = search_quarantine(conn, sought, before_id=query.before_id, limit=query.limit)
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
    return QuarantinePage(entries=entries, next_before_id=entries[-1].id if len(entries) == query.limit else None)


@router.get("/quarantine/summary")
def summarise_quarantine(request: Request) -> list[QuarantineSummary]:
    """Open entries by source and reason, the most frequent first."""
    records: Records = request.app.state.records
    with records.begin() as conn:
        return [
            QuarantineSummary(source=one.source, code=one.code, entries=one.entries, latest=one.latest)
            for one in quarantine_counts(conn)
        ]


@router.post("/quarantine/try")
def try_quarantine(request: Request, body: ReplayIn) -> list[AttemptOut]:
    """What a replay would do with up to a hundred entries; nothing is changed."""
    records: Records = request.app.state.records
    again = _again(request, body)
    with records.begin() as conn:
        attempts = try_replay(conn, _ids(conn, body, most=100), again)
    return [
        AttemptOut(
            id=one.id,
            good=bool(one.events),
            code=one.code,
            reason=one.reason,
            raw=one.raw.decode("utf-8", "replace"),
            event=one.events[0].name if one.events else "",
        )
        for one in attempts
    ]


@router.post("/quarantine/replay")
def replay_quarantine(request: Request, body: ReplayIn) -> ReplayOut:
    """Read entries again - mended, under wider limits, under the present plan; an entry is replayed once.

    With ``sought`` a thousand entries at a time, oldest first; call again with ``next_after_id`` until it is null.
    """
    records: Records = request.app.state.records
    clock: Clock = request.app.state.clock
    again = _again(request, body)
    with records.begin() as conn:
        ids = _ids(conn, body, most=1_000)
        done = replay(conn, ids, now=clock.now(), again=again)
    return ReplayOut(
        accepted=done.accepted,
        refused=done.refused,
        skipped=done.skipped,
        refusals=[RefusalOut(id=one.id, code=one.code, reason=one.reason) for one in done.refusals],
        next_after_id=ids[-1] if body.sought is not None and len(ids) == 1_000 else None,
    )


def _again(request: Request, body: ReplayIn) -> Again:
    plans: tracking.Plans = request.app.state.plans
    plans.refresh()
    wider = body.limits.model_dump(exclude_none=True) if body.limits else {}
    return Again(
        limits=replace(request.app.state.limits, **wider),
        currency=request.app.state.currency,
        steps=parse_steps(body.mend),
        checker=plans.checker,
        rows=request.app.state.imports.service.reader(),
    )


def _ids(conn: Connection, body: ReplayIn, *, most: int) -> Sequence[int]:
    if (body.sought is None) == (not body.ids):
        raise invalid("no_entries", "say which entries: by id, or what they have in common", field="ids",
                      allowed="either ids or sought")  # fmt: skip
    if body.sought is None:
        return body.ids[:most]
    return quarantined_ids(conn, Sought(**body.sought.model_dump()), after_id=body.after_id, limit=most)


@router.get("/inbox")
def inbox(request: Request) -> BacklogOut:
    """What was accepted and is not in the events store yet."""
    records: Records = request.app.state.records
    with records.begin() as conn:
        waiting = backlog(conn)
    return BacklogOut(rows=waiting.rows, events=waiting.events, oldest=waiting.oldest, quarantined=waiting.quarantined)
