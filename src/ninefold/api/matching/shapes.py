"""What the review desk takes and gives over HTTP."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from ninefold.matching import Decided, Item


class FilterIn(BaseModel):
    """Which items; empty conditions do not count."""

    kinds: list[Literal["match", "check", "cap_breach", "veto", "storm", "learned_value", "shape"]] = Field(
        [], max_length=7, description="`check`: an automatic merge to be looked at"
    )
    key: str = Field("", max_length=63, description="matching document")
    node: str = Field("", max_length=200, description="org node of the matching document")
    score_from: float = Field(0.0, ge=0, le=1)
    score_to: float = Field(1.0, ge=0, le=1)
    agrees: list[str] = Field([], max_length=30, description="fields whose values are the same")
    differs: list[str] = Field([], max_length=30, description="fields whose values have nothing in common")
    assigned: str = Field("", max_length=200, description="`none`, or who holds the item")
    skipped: bool | None = None
    person: str = Field("", max_length=600, description="public id, `namespace:value`, or the beginning of a name")


class QueueQuery(FilterIn):
    """Which items, in which order, from where on."""

    state: Literal["", "open", "accepted", "rejected", "auto", "expired", "superseded", "decided"] = Field(
        "", description="empty: whatever waits for a decision"
    )
    valuable: bool | None = Field(None, description="only items that two have to decide on, or only others")
    sort: Literal["score", "newest", "oldest"] = "score"
    limit: int = Field(50, ge=1, le=500)
    cursor: str = Field("", max_length=200, description="`next` of the page before")


class EvidenceOut(BaseModel):
    """What one field says about a pair."""

    field: str
    kind: str
    a: str | None = Field(description="value of one person, masked where the token may not see it")
    b: str | None
    level: str = Field(description="outcome of the comparison", examples=["a slip of the pen"])
    bits: float = Field(description="weight of evidence: log2 of how much likelier it is for one person than for two")
    agrees: bool | None = Field(description="true: the same; false: nothing in common; null: between, or no value")


class ChangeOut(BaseModel):
    """A key field that changed since a decision."""

    field: str
    side: Literal["a", "b", "both"]
    before: str | None
    after: str | None


class VoteOut(BaseModel):
    """What somebody said about an item."""

    principal: str
    verdict: str
    reason: str
    at: datetime
    counts: bool


class ItemOut(BaseModel):
    """One thing to decide."""

    item: str = Field(examples=["m-1"])
    kind: str
    state: str
    people: list[str] = Field(description="public ids, present people")
    key: str
    node: str
    score: float | None
    bits: float | None
    evidence: list[EvidenceOut]
    refusal: str
    changed: list[ChangeOut]
    valuable: bool
    model: int | None
    document_version: int | None
    namespace: str
    value: str
    detail: dict[str, Any]
    holder: str
    until: datetime | None
    votes: list[VoteOut]
    opened_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str


class PageOut(BaseModel):
    """Some items of the queue."""

    items: list[ItemOut]
    next: str = Field(description="`cursor` of the next page; empty at the end")


class CountsOut(BaseModel):
    """How many items fit."""

    total: int
    by_kind: dict[str, int]
    valuable: int
    held: int


class DecisionIn(BaseModel):
    """A verdict about one item."""

    verdict: Literal["same", "different", "skip", "confirm", "release"]
    reason: str = Field("", max_length=500, examples=["asked her by telephone"])


class UndoIn(BaseModel):
    """Why a decision is taken back."""

    reason: str = Field(min_length=1, max_length=500, examples=["she has a sister"])


class DecidedOut(BaseModel):
    """What became of a decision."""

    item: str
    outcome: Literal["done", "second", "refused", "skipped", "undone"] = Field(
        description="`second`: another one has to say the same"
    )
    refusal: str
    apart: bool | None = Field(description="after an undo or a `different`: whether the people are two now")


class ClaimIn(BaseModel):
    """Items to work on: named ones, or the next ones of the queue."""

    items: list[str] = Field([], max_length=500)
    next: int = Field(0, ge=0, le=50, description="take so many from the top of the queue")
    filter: FilterIn = FilterIn()
    to: str = Field("", max_length=200, description="for whom; empty: for whoever asks")


class ReleaseIn(BaseModel):
    """Items to let go of."""

    items: list[str] = Field(min_length=1, max_length=500)


class ReleasedOut(BaseModel):
    """How many claims ended."""

    released: int


class PreviewOut(BaseModel):
    """What a bulk decision would decide."""

    count: int = Field(description="send it with the decision")
    valuable: int = Field(description="left out: two have to decide on them")
    held: int = Field(description="left out: somebody else works on them")
    cap: int


class BulkIn(BaseModel):
    """One verdict about all matches that fit."""

    filter: FilterIn
    verdict: Literal["same", "different"]
    reason: str = Field(min_length=1, max_length=500, examples=["one register was loaded twice"])
    count: int = Field(ge=0, le=5_000, description="what the preview said")


class BulkOut(BaseModel):
    """What became of a bulk decision."""

    done: int
    refused: int
    items: list[DecidedOut]


def item_out(one: Item) -> ItemOut:
    """An item as it is shown."""
    return ItemOut.model_validate(one, from_attributes=True)


def decided_out(one: Decided) -> DecidedOut:
    """What became of a decision as it is shown."""
    return DecidedOut(item=one.item, outcome=one.outcome, refusal=one.refusal, apart=one.apart)
