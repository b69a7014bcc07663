"""Conditions, segments and tags."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from ninefold.base import Clock
from ninefold.predicate import Condition, Explained, describe, json_schema, parse
from ninefold.profiles import Profiles, read_reference
from ninefold.segments import (
    MembersPage,
    Overlap,
    Place,
    Preview,
    Refresh,
    Segments,
    Snapshot,
    TagBuild,
    Tags,
    TagShare,
    asked_of,
)
from ninefold.store import get_definition

router = APIRouter(prefix="/v1", tags=["segments"])

_CONDITION = {
    "all": [
        {"trait": "city", "op": "eq", "value": "上海"},
        {"event": "Order Completed", "measure": "count", "op": "gte", "value": 3},
    ]
}


class ConditionIn(BaseModel):
    """A condition document."""

    condition: dict[str, Any] = Field(examples=[_CONDITION])
    sample: int = Field(10, ge=0, le=100)


class Reading(BaseModel):
    """A condition in plain words."""

    en: str
    zh: str


class SegmentOut(BaseModel):
    """A segment in a list."""

    key: str
    name: dict[str, str]
    owner: str
    purpose: str
    definition_version: int
    reads: Reading
    version: int | None = Field(description="newest materialised version; null before the first refresh")
    size: int | None
    built_at: datetime | None


class PreviewOut(BaseModel):
    """How many people a condition has now."""

    size: int
    sample: list[str]
    reads: Reading


class KeysIn(BaseModel):
    """Keys of segments."""

    keys: list[str] = Field([], max_length=200)


class ClauseOut(BaseModel):
    """One part of a condition, for one person."""

    path: str = Field(examples=["condition.all[1]"])
    depth: int
    reads: Reading
    holds: bool
    required: str
    actual: str | None = Field(description="the person's own value; null when there is none")
    at: datetime | None = Field(description="when that value was set or the last such event happened")
    source: str


class WhyOut(BaseModel):
    """Why a person is in a segment, or not, as of this moment."""

    member: bool
    clauses: list[ClauseOut]
    lines: list[str] = Field(description="the same as indented text in the installation's language")


class WhenOut(BaseModel):
    """When a person comes into a segment or leaves it by themselves."""

    member: bool = Field(description="now")
    at: datetime | None = Field(description="the first instant at which it is the other way round; null for none")
    until: datetime = Field(description="how far was looked")
    because: list[Reading] = Field(description="what turns at that instant")
    depends_on_others: bool = Field(description="a limit, or a list: it may also turn without any event of theirs")


class TagOut(BaseModel):
    """A tag in a list."""

    key: str
    kind: str = Field(description="what it is: measure, layers, rfm, ...")
    name: dict[str, str]
    owner: str
    version: int | None
    people: int | None
    built_at: datetime | None


class LineageOut(BaseModel):
    """What a tag is made from, and what uses it."""

    tag: str
    events: list[str]
    properties: list[str] = Field(description="event.property")
    traits: list[str]
    tags: list[str]
    segments: list[str]
    used_by: list[str] = Field(description="such as: segment vip")


class DistributionOut(BaseModel):
    """People by value of a tag."""

    build: TagBuild
    values: list[TagShare]


@router.get("/conditions/schema")
def schema() -> dict[str, Any]:
    """JSON Schema of condition documents."""
    return dict(json_schema())


@router.post("/conditions/describe")
def read_aloud(body: ConditionIn) -> Reading:
    """A condition in plain English and Chinese."""
    return _reading(parse(body.condition))


@router.post("/conditions/preview")
def preview_condition(request: Request, body: ConditionIn) -> PreviewOut:
    """How many people a condition has at this moment, exactly, and some of them; nothing is written."""
    segments: Segments = request.app.state.segments
    found = segments.preview(body.condition, now=_now(request), sample=body.sample)
    return _preview(found, parse(body.condition))


@router.get("/segments")
def list_segments(request: Request) -> list[SegmentOut]:
    """All segments with their newest size."""
    segments: Segments = request.app.state.segments
    newest, sizes = segments.newest(), segments.sizes()
    found = []
    for one in segments.list():
        snapshot = newest.get(one.key)
        found.append(
            SegmentOut(
                key=one.key,
                name={"en": one.header.name_en, "zh": one.header.name_zh},
                owner=one.header.owner,
                purpose=one.header.purpose,
                definition_version=one.version,
                reads=_reading(one.condition),
                version=snapshot.version if snapshot else None,
                size=sizes.get(one.key) if snapshot else None,
                built_at=snapshot.built_at if snapshot else None,
            )
        )
    return found


@router.post("/segments/refresh")
def refresh(request: Request, body: KeysIn) -> list[Refresh]:
    """Materialise new versions of the named segments and of what they are made from; of all without names."""
    segments: Segments = request.app.state.segments
    return list(segments.refresh(body.keys or None, now=_now(request)))


@router.post("/segments/overlap")
def overlap(request: Request, body: KeysIn) -> Overlap:
    """How many people each two segments share."""
    segments: Segments = request.app.state.segments
    return segments.overlap(body.keys)


@router.post("/segments/priority")
def priority(request: Request, body: KeysIn) -> list[Place]:
    """How people fall to the segments of a priority list: each to the first that has them."""
    segments: Segments = request.app.state.segments
    return list(segments.priority(body.keys))


@router.post("/segments/{key}/preview")
def preview_segment(request: Request, key: str) -> PreviewOut:
    """A segment as it would be now; nothing is written."""
    segments: Segments = request.app.state.segments
    with request.app.state.records.begin() as conn:
        document = asked_of(get_definition(conn, "segment", key).document)
    return _preview(segments.preview(document, now=_now(request)), segments.get(key).condition)


@router.get("/segments/{key}/versions")
def versions(request: Request, key: str) -> list[Snapshot]:
    """The materialised versions of a segment, newest first."""
    segments: Segments = request.app.state.segments
    return list(segments.history(segments.get(key).key))


@router.get("/segments/{key}/members")
def members(
    request: Request,
    key: str,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    at: datetime | None = None,
) -> MembersPage:
    """Public ids of the people of a version: the newest, one by number, or the one in force at an instant."""
    segments: Segments = request.app.state.segments
    return segments.members(key, when=version or at, after=after, limit=limit)


@router.get("/segments/{key}/why/{reference}")
def why(request: Request, key: str, reference: str) -> WhyOut:
    """Clause by clause why a person is in a segment, or not, at this moment, with the person's values."""
    segments: Segments = request.app.state.segments
    profiles: Profiles = request.app.state.profiles
    state = request.app.state
    oneid = profiles.oneid(read_reference(reference))
    found = segments.why(key, oneid, now=_now(request))
    return WhyOut(
        member=found.verdict, clauses=_clauses(found.tree, 0), lines=list(found.lines(state.language, state.zone))
    )


@router.get("/segments/{key}/when/{reference}")
def when(request: Request, key: str, reference: str) -> WhenOut:
    """When a person will come into a segment or leave it because time passes, if nothing else happens.

    Looks 400 days ahead. Segments it is made from are looked at by their own conditions.
    """
    segments: Segments = request.app.state.segments
    profiles: Profiles = request.app.state.profiles
    found = segments.when(key, profiles.oneid(read_reference(reference)), now=_now(request))
    return WhenOut(
        member=found.verdict,
        at=found.at,
        until=found.until,
        because=[_reading(clause) for clause in found.because],
        depends_on_others=found.others,
    )


@router.get("/tags")
def list_tags(request: Request) -> list[TagOut]:
    """All tags with their newest version."""
    tags: Tags = request.app.state.tags
    found = []
    for one in tags.list():
        history = tags.history(one.key)
        build = history[0] if history else None
        found.append(
            TagOut(
                key=one.key,
                kind=one.kind,
                name={"en": one.header.name_en, "zh": one.header.name_zh},
                owner=one.header.owner,
                version=build.version if build else None,
                people=build.people if build else None,
                built_at=build.built_at if build else None,
            )
        )
    return found


@router.post("/tags/{key}/refresh")
def refresh_tag(request: Request, key: str) -> TagBuild:
    """Build and publish a new version of a tag's values."""
    tags: Tags = request.app.state.tags
    return tags.refresh(key, now=_now(request))


@router.get("/tags/{key}/history")
def tag_history(request: Request, key: str) -> list[TagBuild]:
    """The versions of a tag's values that are kept, newest first."""
    tags: Tags = request.app.state.tags
    tags.get(key)
    return list(tags.history(key))


@router.get("/tags/{key}/lineage")
def tag_lineage(request: Request, key: str) -> LineageOut:
    """What feeds a tag, and what uses it."""
    tags: Tags = request.app.state.tags
    found = tags.lineage(key)
    reads = found.reads
    return LineageOut(
        tag=key,
        events=sorted(reads.events),
        properties=sorted(f"{event}.{name}" for event, name in reads.properties),
        traits=sorted(reads.traits),
        tags=sorted(reads.tags),
        segments=sorted(reads.segments),
        used_by=list(found.used_by),
    )


@router.get("/tags/{key}/distribution")
def distribution(
    request: Request, key: str, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> DistributionOut:
    """People by value of a tag."""
    tags: Tags = request.app.state.tags
    build = (
        tags.current(key)
        if version is None
        else next((one for one in tags.history(key) if one.version == version), tags.current(key))
    )
    return DistributionOut(build=build, values=list(tags.distribution(key, version)))


def _now(request: Request) -> datetime:
    clock: Clock = request.app.state.clock
    return clock.now()


def _reading(condition: Condition) -> Reading:
    return Reading(en=describe(condition, "en"), zh=describe(condition, "zh"))


def _preview(found: Preview, condition: Condition) -> PreviewOut:
    return PreviewOut(size=found.size, sample=list(found.sample), reads=_reading(condition))


def _clauses(node: Explained, depth: int) -> list[ClauseOut]:
    own = ClauseOut(
        path=node.path,
        depth=depth,
        holds=node.verdict,
        required=node.required,
        actual=node.actual,
        at=node.at,
        source=node.source,
        reads=_reading(node.condition),
    )
    return [own, *(one for part in node.parts for one in _clauses(part, depth + 1))]
