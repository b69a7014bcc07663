"""Behaviour analysis: ask, see who is behind a number, keep them as a segment."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from ninefold.analysis import Analyses, CrowdPage, Pin, Result, Stamp, names_grouped
from ninefold.api.auth import Caller
from ninefold.api.governance import note
from ninefold.api.scope import scope_of
from ninefold.base import Clock, refused
from ninefold.governance import FIELDS
from ninefold.profiles import masking
from ninefold.segments import Refresh

router = APIRouter(prefix="/v1/analysis", tags=["analysis"])

_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_FUNNEL = {
    "method": "funnel",
    "over": "30d",
    "who": {"trait": "city", "op": "eq", "value": "上海"},
    "funnel": {"steps": [{"event": "Product Viewed"}, {"event": "Order Completed"}], "window": "7d"},
}


class AnalysisIn(BaseModel):
    """An analysis: a document, or the key of a saved one."""

    analysis: dict[str, Any] | None = Field(None, examples=[_FUNNEL])
    key: str | None = Field(None, pattern="^[a-z][a-z0-9_]{0,62}$", examples=["buying"])
    version: int | None = Field(None, ge=1, le=2**31 - 1, description="version of the saved document; newest if absent")

    @model_validator(mode="after")
    def _one(self) -> "AnalysisIn":
        if (self.analysis is None) == (self.key is None):
            raise ValueError("give analysis (a document) or key (of a saved one)")
        return self


class PinIn(BaseModel):
    """What an answer was computed from."""

    as_of: AwareDatetime = Field(examples=["2026-06-01T08:00:00Z"], ge=_EARLIEST, le=_LATEST)
    watermark: int = Field(ge=0, le=2**63 - 1, examples=[3])
    identities: str = Field(max_length=32, examples=["786a02f742015903"])

    def pin(self) -> Pin:
        """As the service takes it."""
        return Pin(as_of=self.as_of, watermark=self.watermark, identities=self.identities)


class NumberIn(AnalysisIn):
    """One number of an answer."""

    pin: PinIn = Field(description="`stamp.pin` of the answer")
    crowd: dict[str, Any] = Field(description="what stands beside the number in the answer", examples=[{"step": 2}])


class PeopleIn(NumberIn):
    """One number of an answer, and which part of its people."""

    after: str | None = Field(None, pattern="^p_[a-z0-9]{1,40}$", description="`next` of the page before")
    limit: int = Field(100, ge=1, le=10_000)


class SegmentIn(NumberIn):
    """One number of an answer, and the segment to be made of its people."""

    segment: dict[str, Any] = Field(
        description="key, name, owner, purpose", examples=[{"key": "left_at_2", "name": "Left at 2", "owner": "crm"}]
    )


class AnalysisOut(BaseModel):
    """The numbers, and what they rest on."""

    key: str = Field(description="of the saved analysis; empty for one asked on the spot")
    version: int = Field(description="of its document; 0 for one asked on the spot")
    stamp: Stamp
    result: Result


@router.post("/run")
def run(request: Request, body: AnalysisIn) -> AnalysisOut:
    """The numbers of an analysis at this moment, each with the reference to its people."""
    analyses: Analyses = request.app.state.analyses
    clock: Clock = request.app.state.clock
    document, version = _document(request, body)
    found = analyses.run(document, now=clock.now())
    return AnalysisOut(key=body.key or "", version=version, stamp=found.stamp, result=found.result)


@router.post("/people")
def people(request: Request, body: PeopleIn) -> CrowdPage:
    """The people behind a number, by public id: as many as the number says, unless people were merged since."""
    analyses: Analyses = request.app.state.analyses
    document, _ = _document(request, body)
    return analyses.people(document, body.pin.pin(), body.crowd, after=body.after, limit=body.limit)


@router.post("/segment")
def to_segment(request: Request, caller: Caller, body: SegmentIn) -> Refresh:
    """Keep the people behind a number as a segment: a list that stays as it is, merges followed."""
    analyses: Analyses = request.app.state.analyses
    clock: Clock = request.app.state.clock
    document, _ = _document(request, body)
    found = analyses.to_segment(
        document, body.pin.pin(), body.crowd, header=body.segment, now=clock.now(), author=caller.name
    )
    note(request, target=f"segment/{found.snapshot.segment}")
    return found


def _document(request: Request, body: AnalysisIn) -> tuple[Mapping[str, Any], int]:
    """The document that is asked, and its version; refused, when it groups by what the caller may not see."""
    analyses: Analyses = request.app.state.analyses
    if body.key is None:
        document, version = body.analysis or {}, 0
    else:
        kept = analyses.get(body.key, body.version)
        document, version = dict(kept.document), kept.version
    scope = scope_of(request)
    for name in names_grouped(document) if scope.clear != FIELDS else ():
        kind = masking.kind_of(name)
        if kind and kind not in scope.clear:
            raise refused("out_of_scope", f"this token may not see {kind}, so it may not group by {name}")
    return document, version
