"""Values of roles and relations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

ROLE_KIND = "role"
Side = Literal["from", "to", "product"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role a person may have: a label with a period, not a place in a hierarchy; a person may have several.

    Attributes:
        key: e.g. ``fan``.
        name: for people.
        condition: who has it, a document of the condition language; None when it is only given by hand.
    """

    key: str
    name: str
    condition: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleHeld:
    """A role of a person.

    Attributes:
        since: when it began.
        until: when it ended; None while it lasts.
        ends_at: when it ends by itself; None when it does not.
        origin: ``rule`` or ``hand``.
        evidence: version of the rule, or what whoever set it gave as the reason.
    """

    role: str
    since: datetime
    until: datetime | None
    origin: str
    author: str
    ends_at: datetime | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """How a role is given by hand.

    Attributes:
        author: who gives it.
        reason: why.
        ends_at: when it ends by itself; None when it does not.
    """

    author: str
    reason: str = ""
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """What a refresh of a derived role did."""

    role: str
    began: int
    ended: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Somebody is something to somebody, or to a product.

    Attributes:
        id: its number; below zero for one that an event told.
        kind: e.g. ``gave`` (giver to recipient), ``invited`` (inviter to invitee), ``family``, ``owns``.
        side: where the person asked about stands: ``from``, ``to``, or towards a ``product``.
        other: public id of the other person, or id of the product.
        since: when it began.
        evidence: message id of the event, or a reason.
    """

    id: int
    kind: str
    side: Side
    other: str
    since: datetime
    source: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Somebody who was reached from a person over relations.

    Attributes:
        person: public id.
        depth: steps from where it began, the fewest there are.
        by: public id of the one before.
        since: when the relation with that one began.
    """

    person: str
    depth: int
    by: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Everybody who was reached, the nearest first; ``cut`` when there are more than were asked for."""

    people: tuple[Reached, ...]
    cut: bool
