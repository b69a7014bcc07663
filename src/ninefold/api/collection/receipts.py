"""Receipts: what became of one event, and the stream of what arrived last."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ninefold.base import from_ms, missing
from ninefold.collect import Verdict
from ninefold.collect import receipts as desk
from ninefold.store import Events, Records

router = APIRouter(prefix="/v1/receipts", tags=["collection"])

_EXAMPLE: dict[str, JsonValue] = {
    "source": "shop",
    "message_id": "m-1001",
    "verdict": "warning",
    "progress": "queryable",
    "kind": "segment",
    "type": "track",
    "name": "Order Completed",
    "at": "2026-06-01T08:00:00Z",
    "received_at": "2026-06-01T08:00:01Z",
    "namespaces": ["user_id"],
    "warnings": ["timestamp_in_future"],
    "code": "",
    "reason": "",
    "field": "",
    "quarantine_id": 0,
    "batch_id": 17,
    "repeats": 0,
}


class ReceiptOut(BaseModel):
    """One event as it was delivered, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    source: str
    message_id: str
    verdict: Verdict = Field(
        description="`ok` kept as sent; `warning` kept, something was mended; `quarantined` put aside with its bytes; "
        "`duplicate` sent before, not kept again; `suppressed` not kept, since the person or the purpose forbids it"
    )
    progress: desk.Progress = Field(
        description="`waiting` in the inbox, `resolving` with its batch, `queryable`, or `aside`: not among the events"
    )
    kind: str = Field(description="wire, import or origin; empty once only the event itself is left")
    type: str
    name: str = Field(description="event name; empty when it could not be read")
    at: datetime | None = Field(description="when it happened")
    received_at: datetime | None
    namespaces: list[str] = Field(description="kinds of its identifiers; values are not shown here")
    warnings: list[str] = Field(description="what was mended")
    code: str = Field(description="why it was put aside")
    reason: str
    field: str
    quarantine_id: int = Field(description="entry in quarantine, 0 without one")
    batch_id: int
    repeats: int = Field(description="how often it was sent again within 30 days; only of a single receipt")


class ReceiptPage(BaseModel):
    """Receipts, newest first. A page may hold fewer than asked for, even none, though `next` is there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"receipts": [_EXAMPLE], "next": "812.3-40"}]})

    receipts: list[ReceiptOut]
    next: str | None = Field(description="cursor of the following page")


@router.get("")
def list_receipts(
    request: Request,
    source: Annotated[str | None, Query(max_length=200, description="only of this source")] = None,
    name: Annotated[str | None, Query(max_length=255, description="only events of this name")] = None,
    verdict: Annotated[Verdict | None, Query(description="only with this verdict")] = None,
    cursor: Annotated[str, Query(max_length=60, description="`next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> ReceiptPage:
    """What arrived last, accepted and refused, newest first; it reaches back three days."""
    records: Records = request.app.state.records
    with records.begin() as conn:
        page = desk.recent(conn, source=source, name=name, verdict=verdict, cursor=cursor, limit=limit)
    return ReceiptPage(receipts=[_out(entry) for entry in page.entries], next=page.next)


@router.get("/{source}/{message_id:path}")
def receipt(
    request: Request,
    source: Annotated[str, Path(max_length=200)],
    message_id: Annotated[str, Path(max_length=600, description="as answered; may hold slashes")],
) -> ReceiptOut:
    """What became of one event of a source, whichever wire brought it."""
    records: Records = request.app.state.records
    events: Events = request.app.state.events
    with records.begin() as conn:
        found = desk.find(conn, events, source, message_id)
    if found is None:
        raise missing(
            "unknown_message",
            "this source sent no such message",
            field="message_id",
            got=message_id[:200],
            hint="ids longer than 100 characters are kept as their hash; see the receipts of the answer",
        )
    return _out(found)


def _out(delivery: desk.Delivery) -> ReceiptOut:
    return ReceiptOut(
        source=delivery.source,
        message_id=delivery.message_id,
        verdict=delivery.verdict,
        progress=delivery.progress,
        kind=delivery.kind,
        type=delivery.type,
        name=delivery.name,
        at=from_ms(delivery.ts) if delivery.ts else None,
        received_at=from_ms(delivery.received) if delivery.received else None,
        namespaces=list(delivery.namespaces),
        warnings=list(delivery.warnings),
        code=delivery.code,
        reason=delivery.reason,
        field=delivery.field,
        quarantine_id=delivery.quarantine_id,
        batch_id=delivery.batch_id,
        repeats=delivery.repeats,
    )
