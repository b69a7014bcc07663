"""Tags by hand, of one customer or of many."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Connection

from ninefold.api.auth import Caller
from ninefold.api.governance import note
from ninefold.base import Clock
from ninefold.customers import tagging

from .calls import PROBLEMS, Fingerprint, IdempotencyKey, limited, once
from .forms import in_range

router = APIRouter(prefix="/v1", tags=["open API"], dependencies=[Depends(limited)], responses=PROBLEMS)
_STRICT = ConfigDict(extra="forbid")


class TagIn(BaseModel):
    """A tag for a customer, or one to take away."""

    model_config = _STRICT

    customer: str = Field(max_length=600, description="a public id, or `namespace:value`",
                          examples=["phone:13912340001"])  # fmt: skip
    tag: str = Field(max_length=200, description="lower case letters, digits and _", examples=["test_drive"])
    value: str = Field("", max_length=1_000, description="anything more; `true` when it is empty", examples=["ES8"])
    until: datetime | None = Field(None, description="when it ends by itself")
    why: str = Field("", max_length=1_000, examples=["asked at the fair"])
    remove: bool = Field(default=False, description="take it away instead")

    def given(self) -> tagging.Tagging:
        """As the facade takes it."""
        in_range(self.until)
        return tagging.Tagging(
            customer=self.customer, tag=self.tag, value=self.value, until=self.until, why=self.why, remove=self.remove
        )


class TagsIn(BaseModel):
    """What is said of some customers."""

    model_config = _STRICT

    tags: list[TagIn] = Field(min_length=1, max_length=1_000)


class TagVerdictOut(BaseModel):
    """What became of one item."""

    status: Literal["added", "changed", "removed", "unchanged", "rejected"]
    id: str = Field(description="public id of the customer")
    code: str
    message: str
    field: str
    got: str
    allowed: str


class TagVerdictsOut(BaseModel):
    """Verdicts in the order of the items."""

    verdicts: list[TagVerdictOut]
    rejected: int


@router.post("/customers/tags", response_model=TagVerdictsOut)
def tag_customers(
    request: Request, caller: Caller, body: TagsIn, seen: Fingerprint, key: IdempotencyKey = None
) -> Response:
    """Put tags on customers or take them away, up to 1,000 at once; a wrong one does not stop the others.

    Needs the verb `tag` or `write`. A tag is the key's own: others with the same name stay beside it. It follows its
    customer through merges and back, and ends by itself at `until`. Conditions know it as the trait `tag.<name>`.
    """
    _ = key
    desk: tagging.ManualTags = request.app.state.manual_tags
    clock: Clock = request.app.state.clock
    items = [one.given() for one in body.tags]

    def work(conn: Connection, name: str) -> TagVerdictsOut:
        found = desk.say(conn, caller, items, ids=lambda k: f"{name}.{k}", now=clock.now())
        verdicts = [
            TagVerdictOut(status=one.status, id=one.id, code=one.code, message=one.message, field=one.field,
                          got=one.got[:200], allowed=one.allowed)
            for one in found
        ]  # fmt: skip
        rejected = sum(one.status == "rejected" for one in verdicts)
        note(request, verb="tag customers", people=len(verdicts) - rejected, rejected=rejected,
             tags=sorted({one.tag for one in items})[:20])  # fmt: skip
        return TagVerdictsOut(verdicts=verdicts, rejected=rejected)

    return once(request, caller, seen, work)
