"""Segments: what a definition, a materialised version, a preview and a comparison are."""

from dataclasses import dataclass
from datetime import datetime

from ninefold.predicate import Condition

from .header import Header


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A segment definition in one version.

    Attributes:
        header: who it is.
        condition: who is in it; set algebra over other segments has become conditions on membership.
        uses: the segments it is made from.
        version: version of the document; 0 before it is saved.
        advice: names in it that nobody had been seen with when it was saved, each a sentence; empty when read.
    """

    header: Header
    condition: Condition
    uses: frozenset[str]
    version: int = 0
    advice: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its name in conditions."""
        return self.header.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One materialised version of a segment; it never changes.

    Attributes:
        segment: key of the segment.
        version: counts builds, from 1.
        definition_version: version of the document it was built from.
        built_at: as of when its people met the condition.
        size: people when it was built; merges since may have made it fewer, see ``Segments.size``.
    """

    segment: str
    version: int
    definition_version: int
    built_at: datetime
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """What a refresh brought: the new version, and who came and went since the one before.

    Somebody merged into another member did not leave. Without a version before, all entered.
    """

    snapshot: Snapshot
    before: Snapshot | None
    entered: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How many a condition would have now, and some of them.

    Attributes:
        size: people, exact.
        sample: public ids, spread evenly over the people in order of arrival.
        parts: the versions of other segments that were looked at; segments never built were worked out on the spot.
    """

    size: int
    sample: tuple[str, ...]
    parts: tuple[Snapshot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersPage:
    """Some people of a version by public id, in order of arrival; `next` leads on, None at the end."""

    snapshot: Snapshot
    people: tuple[str, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How many people two segments share.

    Attributes:
        snapshots: the versions compared.
        people: people in both of row and column, symmetric; on the diagonal the sizes.
    """

    snapshots: tuple[Snapshot, ...]
    people: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What changed from one version to another, counted in people as they are known now."""

    old: Snapshot
    new: Snapshot
    entered: int
    left: int
    stayed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A segment in a priority list.

    Attributes:
        snapshot: the version looked at.
        size: its people as they are known now.
        own: those of them who are in no segment before it.
    """

    snapshot: Snapshot
    size: int
    own: int
