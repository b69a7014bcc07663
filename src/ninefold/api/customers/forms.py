"""Bodies and answers of the open API."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from ninefold.base import invalid, to_ms
from ninefold.customers import PARTS, Consent, Customer, Given, Joining, Outcome, Page, Part, Wanted
from ninefold.predicate import parse

Scalar = StrictStr | StrictInt | StrictFloat | StrictBool | None
Identifiers = Annotated[
    dict[str, str | list[str]],
    Field(min_length=1, max_length=50, description="a value, or several, by namespace",
          examples=[{"phone": "13912340001", "dealer_no": "D-77"}]),
]  # fmt: skip
_STRICT = ConfigDict(extra="forbid")


class IdentifierOut(BaseModel):
    """An identifier; masked, unless the key sees identifiers in the clear."""

    namespace: str
    value: str
    state: str
    last_seen: datetime


class MembershipSeen(BaseModel):
    """A membership within the key's node."""

    node: str
    number: str
    status: str
    tier: str
    owner: str
    joined_at: datetime


class TagOut(BaseModel):
    """A tag; one set by hand says by whom, and until when."""

    tag: str
    value: str
    source: str = ""
    until: datetime | None = None


class CustomerOut(BaseModel):
    """A customer as the key sees it; parts that were not asked for are absent."""

    id: str = Field(description="public id; after a merge that of the person who lives on")
    created_at: datetime
    identifiers: list[IdentifierOut] | None = None
    traits: dict[str, Any] | None = None
    tags: list[TagOut] | None = None
    segments: list[str] | None = None
    memberships: list[MembershipSeen] | None = None
    consents: dict[str, str] | None = Field(None, description="what holds for each purpose of the key, at its node")


class QueryIn(BaseModel):
    """Which customers to list, and what of them. All filters must hold."""

    model_config = _STRICT

    identifiers: list[str] = Field([], max_length=1_000, description="holders of one of these, as `namespace:value`",
                                   examples=[["phone:13912340001"]])  # fmt: skip
    node: str = Field("", max_length=63, description="members of this node and below")
    tag: str = Field("", max_length=63)
    tag_value: str = Field("", max_length=200)
    segment: str = Field("", max_length=63)
    condition: dict[str, Any] | None = Field(None, examples=[{"trait": "city", "op": "eq", "value": "上海"}])
    fields: list[Part] = Field([*PARTS], description="what to show", examples=[["identifiers", "traits"]])
    traits: list[str] = Field([], max_length=100, description="only these traits; empty shows all")
    limit: int = Field(100, ge=1, le=1_000)
    after: str = Field("", max_length=200, description="what `next` said")

    def wanted(self) -> Wanted:
        """As the facade takes it."""
        return Wanted(
            identifiers=tuple(self.identifiers), node=self.node, tag=self.tag, tag_value=self.tag_value,
            segment=self.segment, condition=parse(self.condition) if self.condition is not None else None,
            after=self.after, limit=self.limit, parts=frozenset(self.fields), traits=frozenset(self.traits),
        )  # fmt: skip


class PageOut(BaseModel):
    """Customers in a stable order."""

    customers: list[CustomerOut]
    next: str | None = Field(None, description="give it as `after` to go on; absent at the end")


class JoiningIn(BaseModel):
    """A membership."""

    model_config = _STRICT

    node: str = Field(max_length=63, examples=["acme.sh"])
    number: str = Field("", max_length=200)
    status: Literal["", "active", "paused", "left"] = ""
    tier: str = Field("", max_length=200)
    owner: str = Field("", max_length=200)


class ConsentSaid(BaseModel):
    """Something the customer said about a purpose."""

    model_config = _STRICT

    purpose: str = Field(max_length=63, examples=["marketing"])
    said: Literal["granted", "denied", "withdrawn"]
    node: str = Field("", max_length=63, description="the key's node by default")
    at: datetime | None = None
    expires_at: datetime | None = None
    text_version: str = Field("", max_length=200)
    channel: str = Field("", max_length=100)
    evidence: str = Field("", max_length=500)


class CustomerIn(BaseModel):
    """What is known of one customer, in one call. The customer is found by the identifiers, or made."""

    model_config = _STRICT

    identifiers: Identifiers
    traits: dict[str, Scalar] = Field({}, max_length=200, description="null takes a trait back",
                                      examples=[{"name": "李雷", "city": "上海"}])  # fmt: skip
    memberships: list[JoiningIn] = Field([], max_length=50)
    consents: list[ConsentSaid] = Field([], max_length=50)
    at: datetime | None = Field(None, description="when it was true; now by default")

    def given(self) -> Given:
        """As the facade takes it."""
        instants = [self.at, *(when for one in self.consents for when in (one.at, one.expires_at))]
        for instant in instants:
            in_range(instant)
        return Given(
            identifiers=pairs(self.identifiers),
            traits=self.traits,
            memberships=tuple(Joining(**one.model_dump()) for one in self.memberships),
            consents=tuple(Consent(**one.model_dump()) for one in self.consents),
            at=self.at,
        )


class CustomersIn(BaseModel):
    """Up to 1,000 customers; each gets its own verdict."""

    model_config = _STRICT

    customers: list[CustomerIn] = Field(min_length=1, max_length=1_000)


class VerdictOut(BaseModel):
    """What became of one item."""

    status: Literal["accepted", "rejected", "suppressed"]
    id: str = Field("", description="public id of the customer")
    new: bool = Field(default=False, description="the key did not see this customer before")
    receipt: str = Field("", description="message id of the event that carries it to the 360 view")
    code: str = ""
    message: str = ""
    field: str = ""
    got: str = ""
    allowed: str = ""
    warnings: list[str] = Field([], description="faults that the tracking plan lets pass")


class VerdictsOut(BaseModel):
    """A verdict for each item, in order."""

    verdicts: list[VerdictOut]
    accepted: int
    rejected: int


class LinkIn(BaseModel):
    """Identifiers that belong to the customer too."""

    model_config = _STRICT

    identifiers: Identifiers


class UnlinkIn(BaseModel):
    """An identifier that does not belong to the customer any more."""

    model_config = _STRICT

    namespace: str = Field(max_length=100, examples=["phone"])
    value: str = Field(max_length=1_000, examples=["13912340002"])


class Done(BaseModel):
    """It is done, or will be."""

    status: Literal["done", "accepted"]


def pairs(identifiers: dict[str, str | list[str]]) -> tuple[tuple[str, str], ...]:
    """Namespace and value of each identifier."""
    return tuple(
        (namespace, value)
        for namespace, values in identifiers.items()
        for value in ([values] if isinstance(values, str) else values)
    )


def customer_out(one: Customer, parts: frozenset[str]) -> CustomerOut:
    """A customer with the parts that were asked for."""
    return CustomerOut(
        id=one.id,
        created_at=one.created_at,
        identifiers=[IdentifierOut(namespace=each.namespace, value=each.value, state=each.state,
                                   last_seen=each.last_seen) for each in one.identifiers]
        if "identifiers" in parts else None,
        traits=dict(one.traits) if "traits" in parts else None,
        tags=[TagOut(tag=each.tag, value=each.value, source=each.source, until=each.until) for each in one.tags]
        if "tags" in parts else None,
        segments=list(one.segments) if "segments" in parts else None,
        memberships=[MembershipSeen(node=each.node, number=each.number, status=each.status, tier=each.tier,
                                    owner=each.owner, joined_at=each.joined_at) for each in one.memberships]
        if "memberships" in parts else None,
        consents={key: held.value for key, held in one.consents.items()} if "consents" in parts else None,
    )  # fmt: skip


def page_out(page: Page, parts: frozenset[str]) -> PageOut:
    """A page as it is answered."""
    return PageOut(customers=[customer_out(one, parts) for one in page.customers], next=page.next)


def verdict_out(one: Outcome) -> VerdictOut:
    """A verdict as it is answered."""
    return VerdictOut(
        status=one.status.value, id=one.id, new=one.new, receipt=one.receipt, code=one.code, message=one.message,
        field=one.field, got=one.got[:200], allowed=one.allowed, warnings=list(one.warnings),
    )  # fmt: skip


def in_range(instant: datetime | None) -> None:
    """Raise invalid for a time that cannot be kept."""
    if instant is None:
        return
    if instant.tzinfo is None:
        raise invalid("bad_time", "a time names its zone", field="at", got=instant.isoformat(),
                      allowed="2026-06-01T08:00:00Z")  # fmt: skip
    if not -2_208_988_800_000 <= to_ms(instant) < 7_258_118_400_000:
        raise invalid("bad_time", "not a time that can be kept", field="at", got=instant.isoformat(),
                      allowed="from 1900 to 2200")  # fmt: skip
