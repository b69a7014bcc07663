"""Values of profile sheets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from ninefold.profiles.rules import Row

TIMELINE_KEPT = 51
"""Events of the timeline in a sheet: a page of the usual size, and one more that says whether there is another."""

ORDERS_KEPT = 2_000
"""Orders told apart in a sheet; whoever has more, and several accounts, is counted by the events store."""


class Part(IntEnum):
    """Parts of a sheet, which change for different reasons."""

    FACTS = 1  # traits, counters, the newest events
    TAGS = 2
    ENTRIES = 3  # since when the account is in segments


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The newest version of a segment or tag that profiles know of; `first` since when they know of any."""

    version: int
    built_ms: int
    first_version: int
    first_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the events store says of the accounts of one person, as rows of its columns.

    Attributes:
        traits: key, oneid, source, value, num, deleted, at_ms: the newest statement of every source.
        counters: as :func:`ninefold.profiles.queries.counters` gives them; None where only the events store can count.
        timeline: the newest events, newest first, up to 51.
        changed: traits that something was added to.
    """

    traits: list[Row] = field(default_factory=list)
    counters: list[Row] | None = field(default_factory=list)
    timeline: list[Row] = field(default_factory=list)
    changed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """What stands in the sheets of a person's accounts; a part is None where a sheet is missing or does not hold.

    Attributes:
        facts: traits, counters, events.
        tags: tag, oneid, value: one row per tag and account, of the newest version.
        entries: segment -> newest version that one of the accounts entered, and when.
        segments: the newest version of each segment.
        published_tags: the newest version of each tag.
        missing: accounts that have no sheet at all, by part.
    """

    facts: Facts | None
    tags: Sequence[Row] | None
    entries: Mapping[str, tuple[int, int]] | None
    segments: Mapping[str, Published]
    published_tags: Mapping[str, Published]
    missing: Mapping[Part, Sequence[int]]
