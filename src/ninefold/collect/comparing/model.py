"""Values of a comparison of two sources: left and right."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class NameCount:
    """Events of a name.

    Attributes:
        name: of the event, as both wires name it.
        left_events: of the left source.
        right_events: of the right source.
        left_people: distinct people among them, after merges.
        right_people: distinct people among them, after merges.
        both_people: those whom both sources tell of with this event.
    """

    name: str
    left_events: int
    right_events: int
    left_people: int
    right_people: int
    both_people: int

    @property
    def agrees(self) -> bool:
        """Whether both tell the same number of events of the same people."""
        return self.left_events == self.right_events and self.left_people == self.right_people == self.both_people


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """A business day and event name whose numbers differ: what the right one lacks is missing, what it has more extra.

    Attributes:
        day: business day on which the events happened.
        name: of the event.
        left_events: of the left source.
        right_events: of the right source.
    """

    day: date
    name: str
    left_events: int
    right_events: int

    @property
    def missing(self) -> int:
        """Events that the right source lacks."""
        return max(self.left_events - self.right_events, 0)

    @property
    def extra(self) -> int:
        """Events that only the right source has."""
        return max(self.right_events - self.left_events, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyCount:
    """A property of an event that one source has more often, or as another type.

    Attributes:
        event: name of the event.
        path: name of the property.
        left_text: events of the left source in which it is a text.
        left_number: events of the left source in which it is a number.
        right_text: events of the right source in which it is a text.
        right_number: events of the right source in which it is a number.
        left_share: of the events of this name at the left source, those that have it, 0 to 1.
        right_share: the same at the right source.
    """

    event: str
    path: str
    left_text: int
    left_number: int
    right_text: int
    right_number: int
    left_share: float
    right_share: float

    @property
    def types(self) -> tuple[str, str]:
        """What it is at the left and at the right source: text, number, mixed; empty when it is absent."""
        return _type(self.left_text, self.left_number), _type(self.right_text, self.right_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleCount:
    """People after merges: told of by both sources, or by one of them."""

    in_both: int
    left_only: int
    right_only: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What two sources told of the same days.

    Attributes:
        left: key of the one source.
        right: key of the other.
        first: the first business day.
        last: the last business day, which may not be over.
        names: every event name, those that differ first, then by number.
        days: days and names that differ.
        properties: properties that differ, of event names that both tell.
        people: whom they tell of.
        types: how many events of each type - track, identify, alias - left and right have.
        cut: whether there was more than a report holds.
    """

    left: str
    right: str
    first: date
    last: date
    names: tuple[NameCount, ...]
    days: tuple[DayCount, ...]
    properties: tuple[PropertyCount, ...]
    people: PeopleCount
    types: Mapping[str, tuple[int, int]]
    cut: bool

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return all(one.agrees for one in self.names) and not self.days and not self.properties


def _type(text: int, number: int) -> str:
    if text and number:
        return "mixed"
    return "text" if text else "number" if number else ""
