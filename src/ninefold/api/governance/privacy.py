"""Privacy requests over HTTP: access, suppress, resume, erase; receipts and their verification."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.governance import privacy
from ninefold.profiles import Profiles, masking, read_reference

from .trail import note

router = APIRouter(prefix="/v1/privacy", tags=["privacy"])


class Desk(Protocol):
    """Whoever carries requests out."""

    requests: privacy.Privacy

    def open(
        self, kind: privacy.RequestKind, people: Sequence[int], *, author: str, reason: str = ""
    ) -> tuple[privacy.PrivacyRequest, ...]:
        """Take a request about each of some people, by number."""
        ...

    def file(self, request: int) -> Path:
        """The file of an access request."""
        ...


class RequestIn(BaseModel):
    """What is asked for, about whom."""

    kind: Literal["access", "suppress", "resume", "erase"]
    person: str = Field(max_length=600, description="public id, or `namespace:value`", examples=["phone:13912340001"])
    reason: str = Field("", max_length=500, examples=["letter of 3 June"])


class BulkIn(BaseModel):
    """What is asked for, about many."""

    kind: Literal["access", "suppress", "resume", "erase"]
    people: list[Annotated[str, Field(max_length=600)]] = Field(
        min_length=1,
        max_length=10_000,
        description="public ids, or `namespace:value`",
        examples=[["phone:13912340001"]],
    )
    reason: str = Field("", max_length=500, examples=["closing of the Lyon shop"])


class BulkOut(BaseModel):
    """The requests that were taken."""

    requests: list[int] = Field(description="numbers, one per person")
    unknown: list[str] = Field(description="references that lead to nobody, masked")


class RequestOut(BaseModel):
    """A request and how far it is."""

    id: int
    kind: str
    person: str
    state: Literal["open", "done"]
    reason: str
    requested_by: str
    requested_at: datetime
    done_at: datetime | None
    progress: dict[str, Any] = Field(description="counts before and after, by store")
    receipt: dict[str, Any] | None = Field(description="the signed proof of an erasure")
    has_file: bool


class ReceiptIn(BaseModel):
    """A receipt as it was handed out."""

    receipt: dict[str, Any]


class ReceiptVerdict(BaseModel):
    """Whether a receipt is ours and unchanged."""

    valid: bool


@router.post("/requests", status_code=202)
def open_request(request: Request, caller: Caller, body: RequestIn) -> RequestOut:
    """Take a request. Suppressing and resuming are done at once; access and erasure are durable jobs."""
    profiles: Profiles = request.app.state.profiles
    submit: Callable[[int], None] = request.app.state.submit_privacy
    oneid = profiles.oneid(read_reference(body.person))
    kind = privacy.RequestKind(body.kind)
    (made,) = _desk(request).open(kind, [oneid], author=caller.name, reason=body.reason)
    note(request, verb=f"privacy {kind.value} requested", target=made.person, number=made.id)
    if made.state is privacy.RequestState.OPEN:
        submit(made.id)
    return _out(made)


@router.post("/requests/bulk", status_code=202)
def open_requests(request: Request, caller: Caller, body: BulkIn) -> BulkOut:
    """Take a request about each of many people; erasures are carried out together, each with a receipt of its own."""
    profiles: Profiles = request.app.state.profiles
    submit: Callable[[int], None] = request.app.state.submit_privacy
    found = profiles.oneids([read_reference(one) for one in body.people])
    kind = privacy.RequestKind(body.kind)
    people = [one for one in found if one is not None]
    made = _desk(request).open(kind, people, author=caller.name, reason=body.reason) if people else ()
    waiting = [one.id for one in made if one.state is privacy.RequestState.OPEN]
    for number in waiting[:1] if kind is privacy.RequestKind.ERASE else waiting:
        submit(number)
    note(request, verb=f"privacy {kind.value} requested", people=len(made), first=made[0].id if made else 0)
    unknown = [_masked(one) for one, oneid in zip(body.people, found, strict=True) if oneid is None]
    return BulkOut(requests=[one.id for one in made], unknown=unknown)


@router.get("/requests")
def list_requests(
    request: Request, person: str = "", limit: Annotated[int, Query(ge=1, le=1_000)] = 100
) -> list[RequestOut]:
    """Requests, newest first."""
    with request.app.state.records.begin() as conn:
        return [_out(one) for one in _desk(request).requests.requests(conn, person=person, limit=limit)]


@router.get("/requests/{request_id}")
def read_request(request: Request, request_id: Annotated[int, Field(ge=1, le=2**63 - 1)]) -> RequestOut:
    """One request, with its receipt when it is done."""
    with request.app.state.records.begin() as conn:
        found = _desk(request).requests.get(conn, request_id)
    note(request, target=found.person)
    return _out(found)


@router.get("/requests/{request_id}/file", response_class=FileResponse)
def download(request: Request, request_id: Annotated[int, Field(ge=1, le=2**63 - 1)]) -> FileResponse:
    """Everything about the person: a ZIP of JSON files, one per store."""
    path = _desk(request).file(request_id)
    note(request, verb="privacy file downloaded", target=path.name.rpartition("-")[0], number=request_id)
    return FileResponse(path, media_type="application/zip", filename=path.name)


@router.post("/receipts/verify")
def verify(request: Request, body: ReceiptIn) -> ReceiptVerdict:
    """Whether a receipt was signed by this installation and not changed since."""
    return ReceiptVerdict(valid=_desk(request).requests.verify(body.receipt))


def _masked(reference: str) -> str:
    namespace, colon, value = reference.partition(":")
    return f"{namespace}:{masking.hidden_identifier(namespace, value)}" if colon else reference


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.privacy
    return desk


def _out(one: privacy.PrivacyRequest) -> RequestOut:
    return RequestOut(
        id=one.id, kind=one.kind.value, person=one.person, state=one.state.value, reason=one.reason,
        requested_by=one.requested_by, requested_at=one.requested_at, done_at=one.done_at,
        progress=dict(one.progress), receipt=dict(one.receipt) if one.receipt else None, has_file=bool(one.file),
    )  # fmt: skip
