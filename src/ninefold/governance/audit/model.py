"""Values of the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

FaultKind = Literal["edited", "relinked", "gap", "truncated", "anchor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Something somebody did, before it has a place in the log.

    Attributes:
        actor: name of the token, or of the part of Ninefold that acted by itself.
        verb: what was done, e.g. ``read``, ``erase``, ``POST /v1/keys``.
        target: on whom or what: public id of a person, ``kind/key`` of a definition; never an identifier in the clear.
        origin: where the call came from: network address, ``command``, ``job``.
        detail: before and after in short; small JSON values, no personal data.
    """

    actor: str
    verb: str
    target: str = ""
    origin: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """An entry in its place.

    Attributes:
        seq: 1, 2, 3... without gaps.
        at: when it was written.
        hash: of this entry and the hash of the one before, hexadecimal.
    """

    seq: int
    at: datetime
    actor: str
    verb: str
    target: str
    origin: str
    detail: Mapping[str, object]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries: all conditions hold; empty ones do not count. ``verb`` and ``target`` are beginnings."""

    actor: str = ""
    verb: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A place of the log as somebody kept it elsewhere: its number and its hash, hexadecimal."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong at an entry.

    Attributes:
        seq: of the entry where it shows.
        kind: ``edited`` its content does not fit its hash; ``relinked`` it does not continue the entry before;
            ``gap`` entries before it are missing; ``truncated`` the log ends before the last entry that was written;
            ``anchor`` the entry is not the one that was kept elsewhere.
        detail: in words.
    """

    seq: int
    kind: FaultKind
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The outcome of reading the whole chain.

    Attributes:
        entries: how many were read.
        head: the last of them; None when the log is empty.
        faults: what is wrong, in order; at most 100 are listed.
    """

    entries: int
    head: Anchor | None
    faults: tuple[Fault, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing was changed, taken out or cut off."""
        return not self.faults
