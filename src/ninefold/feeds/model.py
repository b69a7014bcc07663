"""Values of the change feed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ninefold.store import changes as log

MOST = 1_000
"""Changes on one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change as a key sees it.

    Attributes:
        id: the same whenever and to whomever it is told, so that a receiver knows a repeat.
        kind: what happened.
        at: when it came into the feed.
        customer: public id of the customer as known now: after a merge that of the person who lives on.
        data: what belongs to the kind; values are masked as the key's reads are.
    """

    id: str
    kind: log.Kind
    at: datetime
    customer: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Changes in the order of the feed.

    Attributes:
        changes: those the key may know of; there may be none although more wait.
        place: where the page ends.
        more: whether something waits already.
    """

    changes: tuple[Change, ...]
    place: log.Position
    more: bool
