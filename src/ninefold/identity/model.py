"""Values of OneID: a batch to resolve, and what comes back.

An *identifier* is a namespace and a value ("phone", "+8613812345678"). A *person* is a dense integer, the `oneid`;
outside the system a person is named by an unguessable public id. Times are milliseconds since 1970, UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from .ruleset import BlockedValues, IdentityRules, NamespaceRule, Normaliser, Refused

# The rules are values of OneID like the others; they have a file of their own for its length.
__all__ = ["BlockedValues", "IdentityRules", "NamespaceRule", "Normaliser", "Refused"]


class State(IntEnum):
    """Whether an identifier takes part in resolution."""

    ACTIVE = 0
    BLOCKED = 1
    ATTACHED = 2  # its namespace takes no part: shown and searched, never joins


class Action(IntEnum):
    """What a row of the ledger says about two identifiers (or, for blocks and unbinds, about one)."""

    ASSERT = 1  # seen together, joined
    REFUSE = 2  # seen together, kept apart by a rule
    RETRACT = 3  # meetings up to its time do not count, whenever they arrive
    BLOCK = 4
    UNBLOCK = 5
    MUST = 6  # an operator says that the two are one, whatever the rules say
    CANNOT = 7  # an operator says that the two are not one
    FREE = 8  # an operator takes back what was said by the two above
    UNBIND = 9  # the identifier was taken from its person as of a time


class Reason(IntEnum):
    """Why a link was refused, or an identifier blocked."""

    NONE = 0
    CAP = 1  # a person would hold more values of a namespace than it allows
    VETO = 2  # a weak link between two people who each have a value of the same strong namespace
    BLOCKED = 3  # one side is a blocked identifier
    STORM = 4  # linked to too many people
    MANUAL = 5
    ATTACHED = 6  # one side only says something about a person and never joins
    SAME = 8  # one value in two hash states; never refused but by an operator
    FOLLOWS = 9  # one span of an identifier after another, that may be the same person's
    SHAPE = 7  # the person would have an unbelievable shape: too many identifiers, or a jump by one weak link


class Unresolved(IntEnum):
    """Why an event of a batch has no person."""

    RESOLVED = 0
    NO_IDENTIFIER = 1
    REFUSED = 2  # every value was malformed or blocked by the rules
    BLOCKED = 3  # every identifier is blocked after a storm or by an operator


class ReviewKind(StrEnum):
    """What an operator is asked to look at."""

    CAP_BREACH = "cap_breach"
    VETO = "veto"
    STORM = "storm"
    LEARNED = "learned_value"  # a value that might be blocked for good
    SHAPE = "shape"  # a person made of unbelievably many


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierBatch:
    """The identifiers of a batch of events, as columns.

    The first three columns have one entry per identifier, in any order of events; within an event the order counts
    only between values of the same namespace (the first is taken for the more specific). The last three have one
    entry per event.

    Attributes:
        row: index of the event, 0 <= row < events.
        namespace: namespace of the identifier.
        value: its value, raw or already normalised (normalising twice changes nothing).
        ts_ms: time of each event.
        source: key of the source of each event.
        message_id: message id of each event, kept as the evidence of a link.
        batch_id: number of the batch, kept beside links and merges.
        unbind: whether each event takes identifiers from their person as of its time: the first identifier that it
            lists stays, the others leave; a single one leaves. None when no event does.
    """

    row: NDArray[np.int64]
    namespace: Sequence[str]
    value: Sequence[str]
    ts_ms: NDArray[np.int64]
    source: Sequence[str]
    message_id: Sequence[str]
    batch_id: int = 0
    unbind: NDArray[np.bool_] | None = None

    @property
    def events(self) -> int:
        """Number of events."""
        return len(self.ts_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPeople:
    """People a batch brought into being, one entry each."""

    oneid: NDArray[np.uint32]
    first_seen_ms: NDArray[np.int64]

    @property
    def rows(self) -> NDArray[np.int64]:
        """One row each, shape (n, 2)."""
        return np.stack([self.oneid.astype(np.int64), self.first_seen_ms], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirects:
    """Numbers of people and whom they lead to now, one entry each; always flat, the higher version holds.

    A number that stands for itself again, after people were taken apart, leads to itself.
    """

    oneid: NDArray[np.uint32]
    root: NDArray[np.uint32]
    version: NDArray[np.uint64]

    @property
    def rows(self) -> NDArray[np.int64]:
        """One row each, shape (n, 3)."""
        return np.stack([column.astype(np.int64) for column in (self.oneid, self.root, self.version)], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionCounts:
    """What a batch changed, in numbers.

    Attributes:
        identifiers: identifiers seen for the first time.
        links: rows added to the ledger.
        merges: people who became part of another.
        demoted: times an identifier of an event was not used, since a rule kept it apart.
        refused: times a raw value was not an identifier at all.
        ignored: times an identifier was over the number that counts per event.
        blocked: identifiers blocked by the storm breaker.
        reviews: questions put to an operator.
    """

    identifiers: int = 0
    links: int = 0
    merges: int = 0
    demoted: int = 0
    refused: int = 0
    ignored: int = 0
    blocked: int = 0
    reviews: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The people of a batch.

    Attributes:
        oneid: home number of each event, shape (events,): the number of its strongest usable identifier, which never
            changes; 0 where there is none. Queries fold it through the redirects.
        root: the person that the home number leads to after this batch, shape (events,).
        unresolved: a value of :class:`Unresolved` per event, shape (events,).
        new_people: numbers that did not exist before; one that joined somebody at once is among the redirects too.
        redirects: numbers whose root changed.
        counts: what changed, in numbers.
    """

    oneid: NDArray[np.uint32]
    root: NDArray[np.uint32]
    unresolved: NDArray[np.uint8]
    new_people: NewPeople
    redirects: Redirects
    counts: ResolutionCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as stored. `oneid` is the root; `was` the person first asked for, which may have been merged since."""

    oneid: int
    public_id: str
    created_at: datetime
    was: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An identifier of a person, with the first and last time it was seen (the last one to the day)."""

    namespace: str
    value: str
    oneid: int | None
    first_seen_ms: int
    last_seen_ms: int
    state: State = State.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One row of the ledger: two identifiers that were seen together, and the evidence.

    Attributes:
        a: namespace and value of one identifier.
        b: namespace and value of the other.
        action: what was decided.
        reason: why, when it was refused or blocked.
        source: key of the source that saw it first.
        seen_ms: time of the event.
        recorded_at: when it was written.
        rule_version: version of the rules that decided.
        evidence: message id of the event.
        batch_id: batch of the event.
    """

    a: tuple[str, str]
    b: tuple[str, str]
    action: Action
    reason: Reason
    source: str
    seen_ms: int
    recorded_at: datetime
    rule_version: int
    evidence: str
    batch_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A question for an operator: an identifier that a rule kept apart or blocked, and the people concerned."""

    id: int
    kind: ReviewKind
    namespace: str
    value: str
    people: tuple[int, ...]
    detail: Mapping[str, object]
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCounts:
    """Sizes of the identity tables.

    Attributes:
        people: people who are not part of another.
        merged: people who became part of another.
        identifiers: identifiers by namespace.
        blocked: blocked identifiers.
        links: rows of the ledger.
        reviews: open reviews.
    """

    people: int
    merged: int
    identifiers: Mapping[str, int] = field(default_factory=dict)
    blocked: int = 0
    links: int = 0
    reviews: int = 0
