"""Values of the open API: what a partner asks and says, and what comes back. Times are aware UTC instants."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from ninefold.governance import consent
from ninefold.predicate import Condition
from ninefold.profiles import IdentitySeen, TraitScalar
from ninefold.profiles import memberships as belonging

Part = Literal["identifiers", "traits", "tags", "segments", "memberships", "consents"]
PARTS: tuple[Part, ...] = ("identifiers", "traits", "tags", "segments", "memberships", "consents")
"""What a customer is made of; a read may ask for some of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes of one call.

    Attributes:
        items: customers in one bulk upsert.
        page: customers on a page.
        identifiers: of one customer.
        traits: of one customer.
        text: characters of one value.
    """

    items: int = 1_000
    page: int = 1_000
    identifiers: int = 50
    traits: int = 200
    text: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """A tag's value for a person; `source` is who set it by hand, `until` its end. Computed ones have neither."""

    tag: str
    value: str
    source: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer as a key sees it; parts that were not asked for are empty.

    Attributes:
        id: public id; after a merge that of the person who lives on.
        created_at: when the person was first known.
        identifiers: masked, unless the key sees identifiers in the clear.
        traits: by key, the value in force among the sources that the key sees.
        tags: tags the key sees.
        segments: segments the person is in; none for keys that see only what their own sources said.
        memberships: those within the key's node.
        consents: what holds for each purpose of the key, at its node.
    """

    id: str
    created_at: datetime
    identifiers: tuple[IdentitySeen, ...] = ()
    traits: Mapping[str, TraitScalar] = field(default_factory=dict)
    tags: tuple[Tagged, ...] = ()
    segments: tuple[str, ...] = ()
    memberships: tuple[belonging.Membership, ...] = ()
    consents: Mapping[str, consent.Standing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whom to list.

    Attributes:
        identifiers: only holders of one of these, as ``namespace:value``.
        node: only members of this node and below.
        tag: only holders of this tag, with any value, or with ``tag_value``.
        segment: only people in this segment.
        condition: only people this is true for.
        after: a page's `next`.
        limit: people on the page.
        parts: what to show, see :data:`PARTS`.
        traits: only these traits; empty shows all.
    """

    identifiers: tuple[str, ...] = ()
    node: str = ""
    tag: str = ""
    tag_value: str = ""
    segment: str = ""
    condition: Condition | None = None
    after: str = ""
    limit: int = 100
    parts: frozenset[str] = frozenset(PARTS)
    traits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Customers in a stable order; `next` leads on, None at the end.

    Attributes:
        withheld: people who would be listed, but give no consent to any of the key's purposes; counted for the audit
            log, never told to the key.
    """

    customers: tuple[Customer, ...]
    next: str | None
    withheld: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """A membership that a partner states."""

    node: str
    number: str = ""
    status: str = ""
    tier: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Something a person said to a partner about a purpose."""

    purpose: str
    said: Literal["granted", "denied", "withdrawn"]
    node: str = ""
    at: datetime | None = None
    expires_at: datetime | None = None
    text_version: str = ""
    channel: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a partner says of one customer, in one breath.

    Attributes:
        identifiers: namespace and raw value, at least one.
        traits: by key; None takes a trait back.
        memberships: within the key's node; a key of a node makes its people members there when this is empty.
        consents: for purposes of the key.
        at: when it was true; now by default.
    """

    identifiers: tuple[tuple[str, str], ...]
    traits: Mapping[str, TraitScalar] = field(default_factory=dict)
    memberships: tuple[Joining, ...] = ()
    consents: tuple[Consent, ...] = ()
    at: datetime | None = None


class Status(StrEnum):
    """What became of one item."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # nothing of it was kept; `code` and `field` say why
    SUPPRESSED = "suppressed"  # the person asked not to be processed


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The verdict on one item.

    Attributes:
        status: what became of it.
        id: public id of the person.
        new: the key did not see this person before.
        receipt: message id of the event that carries it to the 360 view; readable under `/v1/receipts`.
        code: of the error.
        message: of the error.
        field: what was wrong.
        got: what was given.
        allowed: what would have been right.
        warnings: faults that the tracking plan of the key's source lets pass, e.g. ``plan_invalid``.
    """

    status: Status
    id: str = ""
    new: bool = False
    receipt: str = ""
    code: str = ""
    message: str = ""
    field: str = ""
    got: str = ""
    allowed: str = ""
    warnings: tuple[str, ...] = ()
