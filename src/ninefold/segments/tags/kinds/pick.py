"""The first or the last value a property had in a person's events, such as the channel of the first order."""

from dataclasses import dataclass

from ninefold.base import Fields
from ninefold.predicate import Lineage
from ninefold.segments.tags.kind import Building, Matter, Plan
from ninefold.segments.tags.model import AsOf, Source
from ninefold.segments.tags.queries.figures import TIME, picked
from ninefold.segments.tags.reading import SOURCE_FIELDS, read_as_of, read_source, uses_of

_ENDS = ("first", "last")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick(Matter):
    """The matter of a pick tag.

    Events without the property are passed over; of events at one instant the order is that of their message ids.

    Attributes:
        source: the events.
        as_of: up to when they count.
        which: ``first`` or ``last``.
        of: the property; ``time`` is the instant itself.
    """

    source: Source
    as_of: AsOf
    which: str
    of: str

    def plan(self, building: Building) -> Plan:
        """One statement."""
        return Plan(parts=(picked(building.span(self.source), which=self.which, of=self.of),))

    def uses(self) -> Lineage:
        """The event and the properties looked at."""
        return uses_of(self.source, "" if self.of == TIME else self.of)


def read_pick(document: object) -> Pick:
    """Check the ``pick`` part of a tag document; raises invalid."""
    body = Fields(document, path="pick", allowed=(*SOURCE_FIELDS, "which", "of"))
    return Pick(source=read_source(body), as_of=read_as_of(body), which=body.choice("which", _ENDS), of=body.text("of"))
