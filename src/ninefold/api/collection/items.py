"""Things that are no persons - products, shops, companies - as the wires state them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ninefold.collect import items_of
from ninefold.store import Records

router = APIRouter(prefix="/v1/items", tags=["collection"])


_SCALE: dict[str, JsonValue] = {
    "item_type": "sku", "item_id": "s1", "changed_at": "2026-06-01T08:00:00Z", "properties": {"price": 9},
}  # fmt: skip


class ItemOut(BaseModel):
    """A thing as it is now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SCALE]})

    item_type: str
    item_id: str
    changed_at: datetime = Field(description="time of the latest statement about it")
    properties: dict[str, str | float | bool]


@router.get("/{item_type}")
def read_items(
    request: Request,
    item_type: Annotated[str, Path(min_length=1, max_length=255)],
    item_id: Annotated[str | None, Query(max_length=255, description="only this one")] = None,
    after: Annotated[str, Query(max_length=255, description="the last id seen, for the next page")] = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> list[ItemOut]:
    """Things of a type as they are now, by id: what was set last, property by property; deleted ones are left out."""
    records: Records = request.app.state.records
    with records.begin() as conn:
        found = items_of(conn, item_type, item_id=item_id, after=after, limit=limit)
    return [ItemOut.model_validate(one, from_attributes=True) for one in found]
