"""Values of the log of changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Kind(StrEnum):
    """What may happen to a customer. The account and, where there is one, the reference say of whom and what."""

    CREATED = "customer.created"
    UPDATED = "customer.updated"  # traits were stated; detail: source, traits
    MERGED = "customer.merged"  # the account became part of the person of the reference
    SPLIT = "customer.split"  # the account left the person of the reference
    DELETED = "customer.deleted"  # nothing of the person is kept
    LINKED = "identifier.linked"  # the reference is the identifier's number
    UNLINKED = "identifier.unlinked"
    MEMBERSHIP = "membership.changed"  # detail: node, status
    CONSENT = "consent.changed"  # detail: purpose, node, said
    TAGGED = "tag.added"  # the reference is the number of the manual tag; detail: source, tag
    UNTAGGED = "tag.removed"
    ENTERED = "segment.entered"  # with a version of the segment; detail: segment, version
    LEFT = "segment.left"


class Position(NamedTuple):
    """A place in the log: everything of the entries before `seq`, and `offset` changes of that entry, lie before it."""

    seq: int
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far the log reaches: the numbers of its last entry, and of the last one that is not kept any more."""

    seq: int
    floor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Changes of one kind that were made together: one per account, in a fixed order.

    Attributes:
        seq: its number; numbers have no gaps, and what is numbered later was never visible before.
        kind: what happened, e.g. ``customer.created``.
        at: when it was numbered.
        accounts: number of the account of each change, shape (n,).
        refs: number of what the change is about (an identifier, another account), shape (n,) or (0,).
        nodes: codes of the nodes that are told whoever sees the account; None when only those who see it are.
        detail: what all changes of the entry share: names of ours, never a personal value.
    """

    seq: int
    kind: Kind
    at: datetime
    accounts: NDArray[np.uint32]
    refs: NDArray[np.int64]
    nodes: tuple[str, ...] | None
    detail: Mapping[str, object]
