"""What definitions say to a profile, kept in memory while none of them changes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from ninefold.predicate import survivorship
from ninefold.store import Document, Remembered, list_definitions


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Attributes:
    segments: document of each segment by key.
    tags: keys of the tags.
    policies: which of several things said about a trait holds.
    """

    segments: Mapping[str, Document]
    tags: frozenset[str]
    policies: survivorship.Policies


class KnownDefinitions:
    """The definitions that every read of a profile needs."""

    def __init__(self) -> None:
        self._kept = Remembered(("segment", "tag", survivorship.KIND), _load)

    def now(self, conn: Connection) -> Definitions:
        """As they are now."""
        kept = self._kept.of(conn)
        return replace(kept, policies=replace(kept.policies, changed=survivorship.added_to(conn)))


def _load(conn: Connection) -> Definitions:
    return Definitions(
        segments={one.key: one.document for one in list_definitions(conn, "segment")},
        tags=frozenset(one.key for one in list_definitions(conn, "tag")),
        policies=survivorship.stated(conn),
    )
