"""Values of privacy requests, and what a package that keeps personal data must offer."""

from collections.abc import Mapping
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


class PersonalStore(Protocol):
    """A place that keeps personal data. Each package implements it for its own; the app wires them.

    Every verb may be called again after a crash at any point and must then come to the same.
    """

    @property
    def name(self) -> str:
        """As receipts call it."""
        ...

    def count(self, subject: Subject) -> int:
        """Entries about a person."""
        ...

    def content(self, subject: Subject) -> object:
        """The entries as plain JSON values, for the person to read."""
        ...

    def erase(self, subject: Subject) -> str:
        """Delete the entries; returns a note about what is left on purpose, or nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The proof of an erasure.

    Attributes:
        person: public id that the request named.
        stores: each store, with counts before and after.
        complete: nothing is left that names the person.
        signature: HMAC-SHA256 of the content under the installation's key, hexadecimal.
    """

    request: int
    person: str
    requested_at: str
    done_at: str
    stores: tuple[Erased, ...]
    kept: tuple[str, ...]
    complete: bool
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
