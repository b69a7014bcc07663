"""Values of departures."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who leaves, and who gets their customers.

    Attributes:
        name: of the member of staff: as owner of memberships and as name of tokens.
        person: the member of staff as a person, whose roles given by hand end; 0 for none.
        heirs: who gets the memberships, in turn; several share evenly.
        node: without heirs, whoever owns memberships in this node or below it shares them.
        reason: why; kept in the history.
    """

    name: str
    person: int = 0
    heirs: tuple[str, ...] = ()
    node: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a departure does.

    Attributes:
        memberships: how many each heir gets.
        keys: numbers of the tokens that end.
        roles: keys of the roles that end.
    """

    memberships: tuple[tuple[str, int], ...]
    keys: tuple[int, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A departure as history keeps it."""

    id: int
    name: str
    at: datetime
    author: str
    reason: str
    memberships: int
    keys: tuple[int, ...]
    undone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What taking a departure back did.

    Attributes:
        memberships: that went back.
        kept: that stay where they are, since somebody gave them on meanwhile.
        keys: that live again.
        roles: that go on.
    """

    memberships: int
    kept: int
    keys: int
    roles: int
