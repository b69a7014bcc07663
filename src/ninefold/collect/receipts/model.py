"""Values of receipts: one delivery of an event, a page of them, the place where a page ends. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from ninefold.base import invalid
from ninefold.collect.model import Verdict

_CURSOR = re.compile(r"^(\d{1,19})\.(\d{1,9})-(\d{1,19})$")
_END = 2**63 - 1


class Progress(StrEnum):
    """How far an event has come: in the inbox, being resolved with its batch, or found by queries."""

    WAITING = "waiting"
    RESOLVING = "resolving"
    QUERYABLE = "queryable"
    ASIDE = "aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event as it was delivered, and what became of it.

    Attributes:
        source: key of the source.
        message_id: its id within the source.
        verdict: what became of it.
        progress: how far it has come; ``aside`` when it is in quarantine, or was not kept.
        kind: wire, import or origin.
        type: track, identify...; empty when it could not be read.
        name: event name; empty when it could not be read.
        ts: when it happened, ms UTC; 0 when that could not be read.
        received: when it arrived, ms UTC.
        namespaces: kinds of its identifiers; the values are not shown here.
        warnings: what was mended.
        code: why it was put aside.
        reason: the same as a sentence.
        field: path of the field at fault.
        quarantine_id: its entry in quarantine, 0 without one.
        batch_id: the batch that took it, 0 while it waits.
        repeats: how often it was sent again, as far as repeats are remembered; only of a single receipt.
    """

    source: str
    message_id: str
    verdict: Verdict
    progress: Progress
    kind: str = ""
    type: str = ""
    name: str = ""
    ts: int = 0
    received: int = 0
    namespaces: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    code: str = ""
    reason: str = ""
    field: str = ""
    quarantine_id: int = 0
    batch_id: int = 0
    repeats: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended, in each of the two streams that it joins.

    Attributes:
        inbox_id: inbox row to go on with.
        position: events of that row, from its first, that were not shown yet.
        quarantine_id: entries below it were not shown yet.
    """

    inbox_id: int = _END
    position: int = 999_999_999
    quarantine_id: int = _END

    def __str__(self) -> str:
        return f"{self.inbox_id}.{self.position}-{self.quarantine_id}"

    @classmethod
    def read(cls, cursor: str) -> "Place":
        """The place that a cursor names; the newest for an empty one. Raises invalid for anything else."""
        if not cursor:
            return cls()
        found = _CURSOR.match(cursor)
        if found is None or max(int(found[1]), int(found[3])) > _END:
            raise invalid("bad_cursor", "this is no cursor", field="cursor", got=cursor, allowed="next of a page")
        return cls(inbox_id=int(found[1]), position=int(found[2]), quarantine_id=int(found[3]))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage:
    """Deliveries, newest first.

    Attributes:
        entries: may be fewer than asked for, even none, though more follow: a page looks at a bounded number.
        next: cursor of the following page, ``None`` at the end.
    """

    entries: tuple[Delivery, ...]
    next: str | None
