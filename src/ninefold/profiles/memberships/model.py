"""Values of memberships."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

STATUSES = ("active", "paused", "left")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What an event, a file or an operator says about a membership. Empty fields say nothing.

    Attributes:
        oneid: the person's number at that moment, kept as the home of the membership.
        node: code of the node.
        number: member number there; empty when the node numbers nobody.
        at_ms: since when it is said, ms UTC; the latest statement of a field is in force.
        status: ``active``, ``paused`` or ``left``.
        tier: the tier slot, a word of the loyalty programme.
        owner: the member of staff who looks after the person.
        source: who says so.
    """

    oneid: int
    node: str
    number: str = ""
    at_ms: int
    status: str = ""
    tier: str = ""
    owner: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """One membership of a person.

    Attributes:
        id: its number.
        home: public id of the account it was made for; after a merge the person has those of all accounts.
        number: its member number, as it was stated or, for one that came without, as it was issued.
        conflict: the person has another membership in the same node since a merge that was not left; somebody must
            look at it.
        leading: whose number, tier and owner hold for the person in the node: an active one before a paused before one
            that was left, then the one joined first. Worked out when reading, so a merge taken back leaves no trace.
    """

    id: int
    home: str
    node: str
    number: str
    status: str
    tier: str
    owner: str
    joined_at: datetime
    changed_at: datetime
    source: str
    conflict: bool = False
    leading: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person found by a member number: public id, and the membership with that number."""

    person: str
    membership: Membership


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What somebody must decide about memberships in a node.

    Attributes:
        person: public id of one that it concerns.
        node: where.
        kind: ``merged``: the person has memberships of several accounts there; ``number``: several people have the
            same number there.
        number: the number that several have; empty of a ``merged`` one.
        memberships: of this person.
    """

    person: str
    node: str
    kind: Literal["merged", "number"]
    number: str
    memberships: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of a membership: which field, from what, to what, who, when, why."""

    membership: int
    at: datetime
    field: str
    before: str
    after: str
    author: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Whose memberships go to whom.

    Attributes:
        node: only memberships of this node and below it; empty for all.
        owner: only those of this owner; None for any.
        people: only of these people (present numbers); None for any.
        to_owner: the new owner; None leaves it.
        to_node: the new node; empty leaves it.
        reason: why; kept in the history.
    """

    node: str = ""
    owner: str | None = None
    people: tuple[int, ...] | None = None
    to_owner: str | None = None
    to_node: str = ""
    reason: str = ""
