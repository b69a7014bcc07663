"""Values of merges that wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from ninefold.identity.changes import Change
from ninefold.predicate import Condition

Cause = Literal["hand", "match"]
"""Who asked for a merge: an operator, or matching that was sure by itself."""


class Waits(StrEnum):
    """What became of a merge that waits."""

    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"  # something spoke against it when it was due


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePolicy:
    """When a merge waits before it is carried out.

    Attributes:
        cool_off: how long; zero never waits.
        causes: merges by hand, by matching, or both.
        valuable: of whom one of the two must be one; None means of everybody.
        version: of the document; 0 without one.
    """

    cool_off: timedelta = timedelta(0)
    causes: frozenset[Cause] = frozenset({"hand"})
    valuable: Condition | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingMerge:
    """A merge that waits, or waited.

    Attributes:
        id: its number.
        people: public ids of the two as they were when it was asked for.
        author: who asked for it.
        reason: why.
        cause: by hand or by matching.
        override: merge although an operator keeps the two apart.
        requested_at: when.
        due_at: when it is carried out.
        state: what became of it.
        settled_at: when.
        settled_by: who cancelled it; empty when it was carried out.
        note: what spoke against it, or why it was cancelled.
    """

    id: int
    people: tuple[str, str]
    author: str
    reason: str
    cause: Cause
    override: bool
    requested_at: datetime
    due_at: datetime
    state: Waits
    settled_at: datetime | None = None
    settled_by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What asking for a merge came to: it was carried out, or it waits."""

    change: Change | None = None
    waiting: WaitingMerge | None = None
