"""Two sources side by side, while a site moves from one vendor to another."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ninefold.collect import comparing

router = APIRouter(prefix="/v1/wires", tags=["collection"])

_EXAMPLE: dict[str, JsonValue] = {
    "left": "old",
    "right": "new",
    "first": "2026-05-26",
    "last": "2026-06-01",
    "agrees": False,
    "names": [
        {"name": "Order Completed", "left_events": 120, "right_events": 118, "left_people": 90, "right_people": 89,
         "both_people": 89, "agrees": False},
    ],
    "days": [
        {"day": "2026-05-30", "name": "Order Completed", "left_events": 20, "right_events": 18, "missing": 2,
         "extra": 0},
    ],
    "properties": [
        {"event": "Order Completed", "path": "revenue", "left_share": 1.0, "right_share": 1.0, "left_type": "text",
         "right_type": "number"},
    ],
    "people": {"in_both": 89, "left_only": 1, "right_only": 0},
    "types": {"track": [120, 118]},
    "cut": False,
}  # fmt: skip


class NameOut(BaseModel):
    """Events of a name, and the people they are about after merges."""

    name: str
    left_events: int
    right_events: int
    left_people: int
    right_people: int
    both_people: int = Field(description="people of whom both sources tell this")
    agrees: bool


class DayOut(BaseModel):
    """A business day and name whose numbers differ."""

    day: date
    name: str
    left_events: int
    right_events: int
    missing: int = Field(description="events that the right source lacks")
    extra: int = Field(description="events that only the right source has")


class PropertyOut(BaseModel):
    """A property that one source has more often, or as another type."""

    event: str
    path: str
    left_share: float = Field(description="of its events at the left source, those that have it, 0 to 1")
    right_share: float
    left_type: str = Field(description="text, number or mixed; empty: it is absent")
    right_type: str


class PeopleOut(BaseModel):
    """People after merges."""

    in_both: int
    left_only: int
    right_only: int


class ComparisonOut(BaseModel):
    """What two sources told of the same days."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    left: str
    right: str
    first: date = Field(description="first business day")
    last: date = Field(description="last business day; it may not be over")
    agrees: bool = Field(description="whether nothing differs")
    names: list[NameOut] = Field(description="every event name, those that differ first")
    days: list[DayOut]
    properties: list[PropertyOut] = Field(description="only those that differ, of names that both tell")
    people: PeopleOut
    types: dict[str, tuple[int, int]] = Field(description="events by type, such as identify and alias: left, right")
    cut: bool = Field(description="whether there was more than a report holds")


@router.get("/compare")
def compare_wires(
    request: Request,
    left: Annotated[str, Query(min_length=1, max_length=200, description="source that is trusted so far")],
    right: Annotated[str, Query(min_length=1, max_length=200, description="source that is judged by it")],
    days: Annotated[int, Query(ge=1, le=90, description="business days back, today's among them")] = 7,
) -> ComparisonOut:
    """What one source tells and the other does not: events by name and day, people, properties."""
    state = request.app.state
    found = comparing.compare(state.events, left, right, days=days, now=state.clock.now(), zone=state.zone)
    return ComparisonOut(
        left=found.left, right=found.right, first=found.first, last=found.last, agrees=found.agrees,
        names=[NameOut.model_validate(one, from_attributes=True) for one in found.names],
        days=[DayOut.model_validate(one, from_attributes=True) for one in found.days],
        properties=[_property(one) for one in found.properties],
        people=PeopleOut.model_validate(found.people, from_attributes=True), types=dict(found.types), cut=found.cut,
    )  # fmt: skip


def _property(one: comparing.PropertyCount) -> PropertyOut:
    left, right = one.types
    return PropertyOut(
        event=one.event, path=one.path, left_share=one.left_share, right_share=one.right_share, left_type=left,
        right_type=right,
    )  # fmt: skip
