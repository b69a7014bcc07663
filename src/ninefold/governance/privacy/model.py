"""Values of privacy requests, and what a package that keeps personal data must offer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class RequestKind(StrEnum):
    """What is asked for."""

    ACCESS = "access"  # everything about the person, as a file
    SUPPRESS = "suppress"  # collect and send no more
    RESUME = "resume"  # end a suppression
    ERASE = "erase"  # suppress, then delete everywhere


class RequestState(StrEnum):
    """How far a request is."""

    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A person as the stores know them.

    Attributes:
        accounts: all numbers of the person: the present one first, then those merged into it.
        public_ids: their public ids, in the same order.
        identifiers: (namespace, normalised value) of all of them.
    """

    accounts: tuple[int, ...]
    public_ids: tuple[str, ...]
    identifiers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What became of a store's entries about a person.

    Attributes:
        store: its name.
        before: entries before.
        after: entries left.
        note: why some are left, or what is kept that names nobody.
    """

    store: str
    before: int
    after: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Several people as one subject, and whose each thing is: for stores that look once for all of them.

    Attributes:
        people: how many there are.
        account: place of the person by number.
        public_id: likewise by public id.
        identifier: places of the people by (namespace, normalised value); a device may be of several.
    """

    people: int
    account: Mapping[int, int]
    public_id: Mapping[str, int]
    identifier: Mapping[tuple[str, str], tuple[int, ...]]

    @classmethod
    def of(cls, subjects: Sequence[Subject]) -> "Together":
        """The people of a group, by their place in it."""
        places: dict[tuple[str, str], tuple[int, ...]] = {}
        for place, one in enumerate(subjects):
            for identifier in one.identifiers:
                places[identifier] = (*places.get(identifier, ()), place)
        return cls(
            people=len(subjects),
            account={number: place for place, one in enumerate(subjects) for number in one.accounts},
            public_id={name: place for place, one in enumerate(subjects) for name in one.public_ids},
            identifier=places,
        )

    @property
    def accounts(self) -> list[int]:
        """The numbers of all of them."""
        return list(self.account)

    def tally(self, rows: Iterable[tuple[int, int]]) -> list[int]:
        """Entries of each person, in their order, from pairs of an account and how many entries are about it.

        >>> Together.of([Subject(accounts=(7, 9), public_ids=())]).tally([(7, 2), (9, 1)])
        [3]
        """
        return self.tally_at((self.account[number], entries) for number, entries in rows)

    def tally_at(self, rows: Iterable[tuple[int, int]]) -> list[int]:
        """Entries of each person, in their order, from pairs of a place and how many entries are about who is there."""
        found = [0] * self.people
        for place, entries in rows:
            found[place] += entries
        return found

    def columns(self) -> dict[str, list[int] | list[str]]:
        """All of them as columns for a statement: ``accounts`` with the places of their ``owners``, and identifiers as
        ``names`` (namespaces) and ``values`` with the places of their ``holders``.
        """
        named = [(one, place) for one, places in self.identifier.items() for place in places]
        return {
            "accounts": list(self.account), "owners": list(self.account.values()),
            "names": [namespace for (namespace, _), _ in named], "values": [value for (_, value), _ in named],
            "holders": [place for _, place in named],
        }  # fmt: skip

    def tally_places(self, entries: Iterable[Iterable[int]]) -> list[int]:
        """Entries of each person, in their order, from the places of those whom each entry is about."""
        return self.tally_at((place, 1) for places in entries for place in places)


class PersonalStore(Protocol):
    """A place that keeps personal data. Each package implements it for its own; the app wires them.

    Every verb may be called again after a crash at any point and must then come to the same.
    """

    @property
    def name(self) -> str:
        """As receipts call it."""
        ...

    def counts(self, subjects: Sequence[Subject]) -> list[int]:
        """Entries about each of some people, by one look at the store."""
        ...

    def content(self, subject: Subject) -> object:
        """The entries as plain JSON values, for the person to read."""
        ...

    def erase(self, subjects: Sequence[Subject]) -> str:
        """Delete the entries about all of them; returns a note about what is left on purpose, or nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The proof of an erasure.

    Attributes:
        person: public id that the request named.
        stores: each store, with counts before and after.
        complete: nothing is left that names the person.
        destinations: other systems that are told, and how far each is: ``destination``, ``state``, ``at``, ``detail``.
        signature: HMAC-SHA256 of the content under the installation's key, hexadecimal.
    """

    request: int
    person: str
    requested_at: str
    done_at: str
    stores: tuple[Erased, ...]
    kept: tuple[str, ...]
    complete: bool
    destinations: tuple[Mapping[str, str], ...] = ()
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyRequest:
    """A request and how far it is."""

    id: int
    kind: RequestKind
    person: str
    state: RequestState
    reason: str
    requested_by: str
    requested_at: datetime
    done_at: datetime | None = None
    progress: Mapping[str, object] = field(default_factory=dict)
    receipt: Mapping[str, object] | None = None
    file: str = ""
