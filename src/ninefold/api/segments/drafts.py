"""What somebody needs who writes a condition: the names there are, and how a draft reads, runs and fails."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from ninefold.base import Clock, Error
from ninefold.predicate import Problem, describe, tree
from ninefold.segments import Segments, Tags

from .kept import ConditionIn, Reading

router = APIRouter(prefix="/v1/conditions", tags=["segments"])

_Asked = Annotated[Sequence[str], Query(max_length=50)]


class NameOut(BaseModel):
    """A name that a condition may use."""

    name: str = Field(examples=["city"])
    title: dict[str, str] = Field({}, description="what people call it, where it has been given a name")
    kinds: list[str] = Field([], description="what its values have been seen to be: number, text, yes/no, time")


class NamesOut(BaseModel):
    """The names in the data. Kinds of values, which cost a scan, stand only where they were asked for."""

    events: list[str]
    traits: list[NameOut]
    tags: list[NameOut]
    segments: list[NameOut]
    properties: dict[str, list[NameOut]] = Field(description="by event that was asked for, its own properties")


class FaultOut(BaseModel):
    """Something wrong with a condition, and where."""

    code: str = Field(examples=["unknown_segment"])
    message: str
    field: str = Field(examples=["condition.all[1].in_segment"])
    got: str = ""
    allowed: str = ""
    hint: str = ""


class SqlOut(BaseModel):
    """The statement that finds the people; a value stands as ``{name:Type}``."""

    text: str
    parameters: dict[str, Any]


class InspectionOut(BaseModel):
    """A draft of a condition, looked at without counting anybody."""

    problems: list[FaultOut] = Field(description="everything wrong with it; empty when it is right")
    reads: Reading | None = Field(description="null where it cannot be read")
    sql: SqlOut | None = Field(description="null where it cannot be carried out")


@router.get("/names")
def names(request: Request, event: _Asked = (), trait: _Asked = ()) -> NamesOut:
    """The events, traits, tags and segments a condition may name; with `event` their properties, with `trait` kinds."""
    segments: Segments = request.app.state.segments
    tags: Tags = request.app.state.tags
    about = tree.AnyOf(
        parts=(*(tree.EventClause(event=one) for one in event), *(tree.TraitClause(key=one) for one in trait))
    )
    with request.app.state.records.begin() as conn:
        found = segments.catalog(conn, about)
    titles = {one.key: {"en": one.header.name_en, "zh": one.header.name_zh} for one in segments.list()}
    tag_titles = {one.key: {"en": one.header.name_en, "zh": one.header.name_zh} for one in tags.list()}
    return NamesOut(
        events=sorted(found.events),
        traits=_listed((key, kinds, {}) for key, kinds in found.traits.items()),
        tags=_listed((key, kinds, tag_titles.get(key, {})) for key, kinds in found.tags.items()),
        segments=_listed((key, frozenset(), titles.get(key, {})) for key in found.segments),
        properties={
            one: _listed((name, kinds, {}) for name, kinds in found.events.get(one, {}).items()) for one in event
        },
    )


@router.post("/inspect")
def inspect(request: Request, body: ConditionIn) -> InspectionOut:
    """A draft in words and as SQL, or all that is wrong with it, field by field; nobody is counted."""
    segments: Segments = request.app.state.segments
    clock: Clock = request.app.state.clock
    try:
        condition, problems = segments.inspected(body.condition)
    except Error as error:  # it cannot be read at all: the first reason is all there is
        known = {name: str(value) for name, value in error.as_dict().items() if name in FaultOut.model_fields}
        return InspectionOut(problems=[FaultOut(**known)], reads=None, sql=None)
    reads = Reading(en=describe(condition, "en"), zh=describe(condition, "zh"))
    if problems:
        return InspectionOut(problems=[_fault(one) for one in problems], reads=reads, sql=None)
    statement = segments.statement(condition, now=clock.now())
    parameters = {
        name: getattr(value, "isoformat", lambda v=value: v)() for name, value in statement.parameters.items()
    }
    return InspectionOut(problems=[], reads=reads, sql=SqlOut(text=statement.text, parameters=parameters))


def _listed(found: Iterable[tuple[str, tree.Kinds, dict[str, str]]]) -> list[NameOut]:
    rows = sorted(found, key=lambda row: row[0])
    return [NameOut(name=name, title=title, kinds=sorted(kinds)) for name, kinds, title in rows]


def _fault(one: Problem) -> FaultOut:
    return FaultOut(
        code=one.code, message=one.message, field=one.field, got=one.got, allowed=one.allowed, hint=one.hint
    )
