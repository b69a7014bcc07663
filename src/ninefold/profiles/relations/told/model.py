"""Values of relations that events tell."""

from dataclasses import dataclass
from typing import Literal

RULES_KIND = "relation-rules"
NamedSide = Literal["from", "to", "product"]
SIDES: tuple[NamedSide, ...] = ("from", "to", "product")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationRule:
    """Which events tell a relation, and whom or what they name.

    Attributes:
        document: key of the document that states it.
        version: of the document.
        event: name of the events.
        relation: kind of relation, e.g. ``invited``.
        side: what the named one is: ``from`` whom it goes, ``to`` whom, or a ``product`` of the event's person.
        property: of the event, that names the other; ``product_id`` is the event's product.
        namespace: kind of identifier the property holds; empty for a product.
    """

    document: str
    version: int
    event: str
    relation: str
    side: NamedSide
    property: str
    namespace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An event that names somebody or something.

    Attributes:
        oneid: the event's person as stored.
        name: what the property says, as it came.
        ts: when it happened, ms UTC.
    """

    oneid: int
    name: str
    ts: int
    source: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What deriving from history came to.

    Attributes:
        events: that name somebody or something.
        relations: that hold now.
        dropped: that rules of before told and those of now do not.
    """

    events: int
    relations: int
    dropped: int
