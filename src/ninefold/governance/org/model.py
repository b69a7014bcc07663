"""Values of the org tree."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Matching = Literal["shared", "separate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSpec:
    """A node as a document states it.

    Attributes:
        code: short name, unique in the whole tree and stable for ever.
        name: for people.
        level: what it is: ``group``, ``brand``, ``dealer``, ``store``, or any other word.
        parent: code of the node above; empty for a root.
        matching: ``separate`` keeps the identifiers of this subtree from joining those of others.
        sources: sources of events that belong to this node.
        member_namespace: kind of identifier that is a member number of this node; empty when it has none.
        closed: takes no new memberships.
    """

    code: str
    name: str
    level: str
    parent: str = ""
    matching: Matching = "shared"
    sources: tuple[str, ...] = ()
    member_namespace: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node in its place.

    Attributes:
        spec: as stated.
        path: codes from the root to the node, each followed by a slash: ``/group/brand/store/``.
        changed_at: when the statement last changed.
    """

    spec: NodeSpec
    path: str
    changed_at: datetime

    @property
    def line(self) -> tuple[str, ...]:
        """Codes from the root to the node itself."""
        return tuple(self.path.strip("/").split("/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A node that got another parent, with everything below it."""

    code: str
    from_path: str
    to_path: str
    nodes: int
    at: datetime
    author: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNode:
    """The node that events of a source belong to, and the namespace of its member numbers."""

    code: str
    member_namespace: str
