"""Values of the identity desk: what a verb, a rebuild or other rules change, and what operators have said."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from .model import Redirects
from .rules.encode import Flags, Ints
from .rules.region import Judged, Region

Tell: TypeAlias = Callable[[str, int, int], None]
"""Is told the stage of long work, and how many of how many things are done in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A person and the identifiers it holds, as (namespace, value)."""

    oneid: int
    identifiers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a verb changed, or would change.

    Attributes:
        people: the people concerned as they are afterwards.
        redirects: the numbers that lead to somebody else than before.
        merged: numbers that became part of another person.
        split: numbers that stand for themselves again.
    """

    people: tuple[Group, ...]
    redirects: Redirects
    merged: int
    split: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild read and changed.

    Attributes:
        identifiers: identifiers read.
        pairs: distinct pairs of the ledger.
        people: people afterwards.
        moved: identifiers that belong to another person now; 0 means that nothing had drifted.
        merged: numbers that became part of another person.
        split: numbers that stand for themselves again.
        restated: pairs whose verdict changed.
        redirects: the numbers that lead to somebody else than before.
    """

    identifiers: int
    pairs: int
    people: int
    moved: int
    merged: int
    split: int
    restated: int
    redirects: Redirects


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A derivation of the whole ledger under other rules, nothing of it written.

    Attributes:
        region: the whole ledger as it is; `usable` is what takes part now.
        judged: what becomes of it.
        stays_out: identifiers that take no part under those rules.
        space: namespace of each identifier, as its place in `names`.
        names: namespaces.
    """

    region: Region
    judged: Judged
    stays_out: Flags
    space: Ints
    names: tuple[str, ...]


def untold(_stage: str, _done: int, _total: int) -> None:
    """Nobody is told how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An operator's word on two identifiers that still stands.

    Attributes:
        a: namespace and value of one.
        b: namespace and value of the other.
        one: True when the two are one person, False when they are not.
        author: who said so.
        reason: why.
        said_at: when.
    """

    a: tuple[str, str]
    b: tuple[str, str]
    one: bool
    author: str
    reason: str
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierSpan:
    """A stretch of time in which an identifier was one person's.

    Attributes:
        since_ms: from when on, None for the first one.
        until_ms: up to when, None while it goes on.
        first_seen_ms: when it was seen first in that time.
        last_seen_ms: when it was seen last, to the day.
        oneid: whose it was, None while no event of that time belongs to it.
        active: whether it takes part.
        began: how: "first", by an "unbind", or after a "silence".
    """

    since_ms: int | None
    until_ms: int | None
    first_seen_ms: int
    last_seen_ms: int
    oneid: int | None
    active: bool
    began: Literal["first", "unbind", "silence"]
