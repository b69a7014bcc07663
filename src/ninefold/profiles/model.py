"""What is known of one person: the 360 view, with where each value comes from. Times are aware UTC instants."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self, TypeAlias

from ninefold.base import invalid, to_ms

TraitScalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPublicId:
    """A person by public id; one who was merged leads to whom they are now."""

    public_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByIdentifier:
    """A person by any identifier, in any form the normaliser of its namespace reads."""

    namespace: str
    value: str


Reference: TypeAlias = ByPublicId | ByIdentifier


def read_reference(text: str) -> Reference:
    """A reference from text: ``namespace:value``, else a public id.

    >>> read_reference("phone:138 1234 5678")
    ByIdentifier(namespace='phone', value='138 1234 5678')
    """
    namespace, colon, value = text.partition(":")
    return ByIdentifier(namespace=namespace, value=value) if colon else ByPublicId(public_id=text.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place in a timeline: entries before it are older, or as old with a smaller message id."""

    at_ms: int
    message_id: str

    def text(self) -> str:
        """The cursor as clients carry it."""
        return f"{self.at_ms}.{self.message_id}"

    @classmethod
    def read(cls, text: str) -> Self:
        """A cursor from its text; raises invalid."""
        number, dot, message_id = text.partition(".")
        if not dot or not number.lstrip("-").isdecimal():
            raise invalid("bad_cursor", "not a cursor", field="before", got=text, allowed="what `next` said")
        return cls(at_ms=int(number), message_id=message_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySeen:
    """One identifier of a person; `value` is masked when the reader asked for that."""

    namespace: str
    value: str
    state: str
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TraitSource:
    """What one source said about a trait, when, under which of the person's accounts."""

    value: TraitScalar
    source: str
    at: datetime
    public_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """A trait: the value in force, why it is that, and what other sources or merged accounts say.

    Without a policy the latest statement is in force; of two at one instant that of the source later in the alphabet.

    Attributes:
        chosen: the value; of one that several make, with source, time and account of the latest part.
        others: what was said besides, the latest first; of a value that several make, all of its parts.
        policy: the rule that chose or made the value.
        policy_version: version of the document of policies it stands in; 0 is the rule without a document.
        candidates: among how many it was chosen, or of how many it is made.
    """

    key: str
    chosen: TraitSource
    others: tuple[TraitSource, ...] = ()
    policy: str = "newest"
    policy_version: int = 0
    candidates: int = 1

    @property
    def value(self) -> TraitScalar:
        """The value in force."""
        return self.chosen.value


@dataclass(frozen=True, slots=True, kw_only=True)
class TagHeld:
    """A tag's value for the person in the tag's current version."""

    tag: str
    value: str
    version: int
    built_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentHeld:
    """A segment whose current version has the person, and the version at which the person last came in."""

    segment: str
    name_en: str
    name_zh: str
    version: int
    since_version: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCount:
    """How often an event happened, first and last."""

    name: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Revenue:
    """Orders in one currency: distinct order ids, their sum and mean in minor units (half to even)."""

    currency: str
    orders: int
    total_minor: int
    average_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Figures over all events of a person."""

    events: tuple[EventCount, ...]
    revenue: tuple[Revenue, ...]

    @property
    def total(self) -> int:
        """All events."""
        return sum(event.count for event in self.events)

    @property
    def first_at(self) -> datetime | None:
        """The first event."""
        return min((event.first_at for event in self.events), default=None)

    @property
    def last_at(self) -> datetime | None:
        """The last event."""
        return max((event.last_at for event in self.events), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event on a timeline, whatever it is: behaviour, order, exposure, message."""

    at: datetime
    message_id: str
    name: str
    source: str
    channel: str
    order_id: str
    product_id: str
    campaign_id: str
    revenue_minor: int
    currency: str
    properties: Mapping[str, str | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A page of events, newest first; `next` leads to the page before it in time, None at the end."""

    entries: tuple[Entry, ...]
    next: Cursor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Everything about one person.

    Attributes:
        public_id: the person's name outside.
        created_at: when the person was first known.
        merged_from: public ids of the accounts that proved to be this person.
        read_at: when this was read.
    """

    public_id: str
    created_at: datetime
    merged_from: tuple[str, ...]
    identities: tuple[IdentitySeen, ...]
    traits: tuple[Trait, ...]
    tags: tuple[TagHeld, ...]
    segments: tuple[SegmentHeld, ...]
    counters: Counters
    timeline: Timeline
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsRead:
    """Some accounts read as if they were one person: traits, tags and counters."""

    traits: tuple[Trait, ...]
    tags: tuple[TagHeld, ...]
    counters: Counters


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSummary:
    """A person in a list of results.

    Attributes:
        public_id: the person's name outside.
        name: the name trait, or nothing.
        why: what matched, e.g. ``phone`` or ``name``.
        traits: the traits asked for, by key; absent ones are left out.
        last_seen: time of the last event; None without events.
    """

    public_id: str
    name: str = ""
    why: str = ""
    traits: Mapping[str, TraitScalar]
    last_seen: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a list of people is sorted: by ``arrival``, ``last_seen`` or ``trait``; people without a value come last.

    Traits sort as numbers where they are numbers, else as texts.
    """

    by: Literal["arrival", "last_seen", "trait"] = "arrival"
    trait: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """A page of people; `total` is how many the condition has in all, `next` the offset of the next page, if any."""

    people: tuple[PersonSummary, ...]
    total: int
    next: int | None = None


def cursor_of(entry: Entry) -> Cursor:
    """The place of an entry."""
    return Cursor(at_ms=to_ms(entry.at), message_id=entry.message_id)
