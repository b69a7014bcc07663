"""Values of a change of the identity rules, and the port through which segments are asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class RuleState(StrEnum):
    """Where a change of the rules stands."""

    QUEUED = "queued"
    SIMULATING = "simulating"
    READY = "ready"  # simulated: to be applied or discarded
    APPLYING = "applying"
    APPLIED = "applied"
    DISCARDED = "discarded"
    FAILED = "failed"


class ChangedKind(StrEnum):
    """What happens to people under other rules."""

    MERGE = "merge"  # several become one
    SPLIT = "split"  # one becomes several
    BLOCKED = "blocked"  # an identifier takes no further part


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What other rules make of the whole ledger, in numbers.

    Attributes:
        people_before: people now.
        people_after: people then.
        merges: people who become part of another.
        splits: people who come into being, from others.
        identifiers_moved: identifiers that belong to somebody else then.
        links_refused: links that do not join any longer.
        links_allowed: refused links that join then.
        blocked: identifiers that take no further part.
        unblocked: identifiers that take part again.
    """

    people_before: int
    people_after: int
    merges: int
    splits: int
    identifiers_moved: int
    links_refused: int
    links_allowed: int
    blocked: int
    unblocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Questions that other rules raise: why, about which namespace, how many."""

    reason: str
    namespace: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One of the largest people then: public id, identifiers now and then."""

    person: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSize:
    """A segment whose size changes: people now and then."""

    key: str
    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a simulation found.

    Attributes:
        counts: what changes, in numbers.
        asked: the questions it raises, most first.
        largest: the largest people then.
        segments: the segments whose size changes.
        segments_asked: how many were looked at.
        listed: how many merges, splits and blocked identifiers are listed one by one.
        identifiers: identifiers that were read.
        statements: number of the last statement of the ledger that was read.
        rules_version: version of the rules in force then.
    """

    counts: Counts
    asked: tuple[Asked, ...]
    largest: tuple[Cluster, ...]
    segments: tuple[SegmentSize, ...]
    segments_asked: int
    listed: Mapping[str, int]
    identifiers: int
    statements: int
    rules_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a change is.

    Attributes:
        stage: what is done at present.
        share: of the whole, 0 to 1.
        done: things done in this stage.
        total: things of this stage.
        per_second: things a second in this stage; 0 where that is not known yet.
        eta_seconds: until all is done; None where that is not known yet.
    """

    stage: str
    share: float
    done: int
    total: int
    per_second: float
    eta_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """A change of the rules.

    Attributes:
        id: its number.
        state: where it stands.
        document: the rules it would bring.
        author: who drafted it.
        reason: why.
        requested_at: when.
        by_itself: it is applied as soon as it is simulated.
        progress: how far it is; None while nothing is under way.
        report: what the simulation found; None before.
        simulated_at: when.
        statements_since: statements of the ledger that the report does not know.
        settled_at: when it was applied or discarded.
        settled_by: by whom.
        note: why it was discarded, or what went wrong.
        version: version of the rules it became; 0 before.
        merged: numbers that became part of another person when it was applied.
        split: numbers that stood for themselves again.
        undoes: the change that it takes back; None otherwise.
        job: key of the durable work that is to be done for it.
    """

    id: int
    state: RuleState
    document: Mapping[str, Any]
    author: str
    reason: str
    requested_at: datetime
    by_itself: bool
    progress: Progress | None
    report: Report | None
    simulated_at: datetime | None
    statements_since: int
    settled_at: datetime | None
    settled_by: str
    note: str
    version: int
    merged: int
    split: int
    undoes: int | None
    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A pair of identifiers that joins or parts people under other rules, and why it did or does not join."""

    a: tuple[str, str]
    b: tuple[str, str]
    reason: str
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An identifier, with the public ids of whose it is and whose it becomes; empty for nobody."""

    identifier: tuple[str, str]
    was: str
    becomes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPeople:
    """People who become one, or several.

    Attributes:
        place: its place in the list, largest first.
        kind: a merge, a split, or a blocked identifier.
        before: public ids of the people now.
        after: of the people then.
        identifiers: how many identifiers they have together.
        members: some of these.
        causes: some of the pairs that decide it.
    """

    place: int
    kind: ChangedKind
    before: tuple[str, ...]
    after: tuple[str, ...]
    identifiers: int
    members: tuple[Member, ...]
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of the people who change, whole: whoever takes part in a change is in one part.

    Attributes:
        before: people now.
        after: people then.
        moved: every account with the person it leads to then.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    moved: tuple[tuple[int, int], ...]


class Impact(Protocol):
    """Whoever knows what else changes with people."""

    def segments(
        self, parts: Sequence[Part], *, now: datetime, tell: Callable[[int, int], None]
    ) -> tuple[int, Sequence[SegmentSize]]:
        """How many segments there are, and those whose size changes when people do; nothing is written.

        Args:
            parts: the people who change.
            now: the instant the conditions are asked for.
            tell: is told how many of how many questions are answered.
        """
        ...
