"""Values of retention, and what a package whose data age must offer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

Target = Literal["events", "traits", "records"]
Then = Literal["delete", "anonymise"]
RECORDS = ("inbox", "receipts", "message_ids", "quarantine", "import_files")
"""Tables and files that a rule may name: the copy of what was accepted, verdicts about repeats, ids by which repeats
are known, events put aside, and files of imports that failed or were cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is kept for how long.

    Attributes:
        key: names the rule in receipts.
        target: events, traits, or something of the records store.
        names: of events (empty: all), keys of traits, or one of :data:`RECORDS`.
        sources: only events of these; empty is any.
        nodes: only events of sources of these nodes of the org tree and below; empty is any.
        keep_days: younger ones stay.
        then: delete, or leave totals per day that name nobody (events only).
    """

    key: str
    target: Target
    names: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    keep_days: int
    then: Then = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Which rows a run takes; fixed before it begins, so that a repeat takes the same.

    Attributes:
        run: number of the run; 0 in a dry run.
        before: older ones go.
        upto_batch: only rows that were there when the run began.
        sources: of events; None is any.
        held: numbers of people under a legal hold: theirs stay.
    """

    run: int = 0
    before: datetime
    upto_batch: int
    sources: tuple[str, ...] | None = None
    held: tuple[int, ...] = ()


class Aging(Protocol):
    """Data that age. Each package implements it for its own; the app wires them."""

    def due(self, rule: Rule, bound: Bound) -> int:
        """How many rows, events or files would go."""
        ...

    def summarise(self, rule: Rule, bound: Bound) -> None:
        """Leave totals that name nobody; doing it again changes nothing as long as nothing was deleted."""
        ...

    def delete(self, rule: Rule, bound: Bound) -> None:
        """Delete for good; doing it again changes nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a rule would take now."""

    rule: Rule
    before: datetime
    rows: int
    held_people: int


class RunState(StrEnum):
    """How far a run is."""

    OPEN = "open"
    SUMMED = "summed"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A rule as it was carried out: the receipt.

    Attributes:
        rows: how many went.
        held_people: people whose rows stayed because of a legal hold.
    """

    id: int
    rule: str
    then: Then
    keep_days: int
    version: int
    before: datetime
    rows: int
    held_people: int
    state: RunState
    started_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A person whose data must stay, whatever rules and requests say.

    Attributes:
        until: when it ends by itself; None is not before somebody ends it.
    """

    id: int
    person: str
    reason: str
    until: datetime | None
    author: str
    since: datetime
