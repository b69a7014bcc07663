"""Merges over HTTP in full: the whole preview, merges that wait, policies of traits that are tried."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.api.governance import note
from ninefold.api.identity import IdentifierIn, Reason, Reference
from ninefold.governance import Scope
from ninefold.identity import merging
from ninefold.profiles import read_reference
from ninefold.segments import merges

router = APIRouter(prefix="/v1/identity", tags=["identity"])


class MergePreviewIn(BaseModel):
    """Two people who may be one."""

    one: Reference
    other: Reference


class UnmergePreviewIn(BaseModel):
    """Identifiers that may be taken out of a person."""

    person: Reference
    identifiers: list[IdentifierIn] = Field(min_length=1, max_length=1_000)


class CancelIn(BaseModel):
    """Why a merge that waits is not carried out."""

    reason: Reason = ""


@router.post("/merge/preview")
def preview_merge(request: Request, caller: Caller, body: MergePreviewIn) -> merges.MergePreview:
    """All that a merge would change: who survives, identifiers, every trait's value and why, tags, segments, counts,
    memberships, consents and other assets, what speaks against it, and until when it would wait. Nothing is written.
    """
    previews: merges.MergePreviews = request.app.state.previews
    one, other = (_oneid(request, who) for who in (body.one, body.other))
    found = previews.merge(one, other, now=_now(request))
    note(request, target=" ".join(person.public_id for person in found.before))
    return _shown(found, caller.scope)


@router.post("/unmerge/preview")
def preview_unmerge(request: Request, caller: Caller, body: UnmergePreviewIn) -> merges.MergePreview:
    """All that taking identifiers out of a person would change; nothing is written."""
    previews: merges.MergePreviews = request.app.state.previews
    leaving = [(one.namespace, one.value) for one in body.identifiers]
    found = previews.unmerge(_oneid(request, body.person), leaving, now=_now(request))
    note(request, target=" ".join(person.public_id for person in found.before))
    return _shown(found, caller.scope)


@router.get("/merges")
def waiting(
    request: Request,
    state: Annotated[merging.Waits | None, Query(description="all of them without it")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> list[merging.WaitingMerge]:
    """Merges that wait for their cool-off to end, or waited."""
    service: merging.Merging = request.app.state.merging
    return list(service.list(state=state, limit=limit))


@router.post("/merges/{merge}/cancel")
def cancel(
    request: Request, caller: Caller, merge: Annotated[int, Path(ge=1, le=2**53)], body: CancelIn
) -> merging.WaitingMerge:
    """Take back a merge that waits."""
    service: merging.Merging = request.app.state.merging
    return service.cancel(merge, author=caller.name, reason=body.reason, now=_now(request))


def _oneid(request: Request, reference: str) -> int:
    oneid: int = request.app.state.profiles.oneid(read_reference(reference))
    return oneid


def _now(request: Request) -> datetime:
    now: datetime = request.app.state.clock.now()
    return now


def _shown(found: merges.MergePreview, scope: Scope) -> merges.MergePreview:
    """The preview as far as a scope sees people in the clear."""
    return merges.masked(found, scope.clear)
