"""Deletion notices over HTTP: who was told whom to forget, and what came of it."""

from datetime import datetime
from typing import Annotated, Literal, Protocol

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from ninefold.governance import privacy

from .trail import note

router = APIRouter(prefix="/v1/privacy/notices", tags=["privacy"])

State = Literal["pending", "accepted", "confirmed", "failed"]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


class Desk(Protocol):
    """Whoever tells destinations."""

    book: privacy.notices.Notices

    def send(self, *, every: bool = False) -> int:
        """Send what is due, or everything that waits."""
        ...

    def settle(self, number: int, answer: privacy.notices.Answer) -> privacy.notices.Notice:
        """Take word of a destination."""
        ...


class NoticeOut(BaseModel):
    """One person to be forgotten by one destination."""

    id: int
    request: int = Field(description="the erasure it belongs to; its receipt lists all destinations")
    person: str
    destination: str = Field(examples=["mailer"])
    state: State
    tries: int
    created_at: datetime
    due_at: datetime = Field(description="when it is sent next, while it is pending")
    settled_at: datetime | None
    detail: str = Field(description="what the destination said last", examples=["answered 204"])


class SettleIn(BaseModel):
    """What a destination says of a notice it took."""

    state: Literal["confirmed", "failed"]
    detail: str = Field("", max_length=300, examples=["deleted from all lists"])


class SentOut(BaseModel):
    """What was sent."""

    sent: int


@router.get("")
def list_notices(
    request: Request,
    state: State | None = None,
    erasure: Annotated[int, Query(ge=0, le=2**63 - 1, description="number of the request")] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> list[NoticeOut]:
    """Notices, newest first."""
    with request.app.state.records.begin() as conn:
        found = _desk(request).book.listed(conn, state=state or "", request=erasure, limit=limit)
    return [_out(one) for one in found]


@router.post("/send")
def send(request: Request) -> SentOut:
    """Send everything that waits now, also what would be tried later; a schedule sends what is due every minute."""
    return SentOut(sent=_desk(request).send(every=True))


@router.post("/{notice_id}/settle")
def settle(request: Request, notice_id: Number, body: SettleIn) -> NoticeOut:
    """A destination that took a notice says what came of it; the erasure's receipt is signed anew with it."""
    answer = privacy.notices.Answer(state=privacy.notices.NoticeState(body.state), detail=body.detail)
    done = _desk(request).settle(notice_id, answer)
    note(request, target=done.person, number=done.request, destination=done.destination, state=done.state.value)
    return _out(done)


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.deletions
    return desk


def _out(one: privacy.notices.Notice) -> NoticeOut:
    return NoticeOut(
        id=one.id, request=one.request, person=one.person, destination=one.destination, state=one.state.value,
        tries=one.tries, created_at=one.created_at, due_at=one.due_at, settled_at=one.settled_at, detail=one.detail,
    )  # fmt: skip
