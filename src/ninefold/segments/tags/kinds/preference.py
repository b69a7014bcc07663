"""What a person likes best: the values of a property that their events carry most."""

from dataclasses import dataclass

from ninefold.base import Fields
from ninefold.predicate import Lineage
from ninefold.segments.tags.kind import Building, Matter, Plan
from ninefold.segments.tags.model import AsOf, Source
from ninefold.segments.tags.queries.figures import MONEY, preferred
from ninefold.segments.tags.reading import SOURCE_FIELDS, read_as_of, read_currency, read_source, uses_of

_WEIGHTS = ("count", MONEY)
_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference(Matter):
    """The matter of a preference tag; with ``top`` above one a person has several values.

    Attributes:
        source: the events.
        as_of: up to when they count.
        of: the property.
        by: what weighs: ``count`` of events, or ``revenue``.
        currency: whose amounts weigh; empty means the only one there is.
        at_least: events that a value needs.
        top: how many values a person can have.
    """

    source: Source
    as_of: AsOf
    of: str
    by: str = "count"
    currency: str = ""
    at_least: int = 1
    top: int = 1

    def plan(self, building: Building) -> Plan:
        """One statement."""
        currency = building.currency(self.source, self.currency) if self.by == MONEY else ""
        span = building.span(self.source)
        liked = preferred(span, of=self.of, by_money=currency, at_least=self.at_least, top=self.top)
        return Plan(parts=(liked,), currency=currency)

    def uses(self) -> Lineage:
        """The event and the properties looked at."""
        return uses_of(self.source, self.of, MONEY if self.by == MONEY else "")


def read_preference(document: object) -> Preference:
    """Check the ``preference`` part of a tag document; raises invalid."""
    body = Fields(document, path="preference", allowed=(*SOURCE_FIELDS, "of", "by", "currency", "at_least", "top"))
    return Preference(
        source=read_source(body), as_of=read_as_of(body), of=body.text("of"), by=body.choice("by", _WEIGHTS, "count"),
        currency=read_currency(body), at_least=body.integer("at_least", 1, low=1, high=10_000),
        top=body.integer("top", 1, low=1, high=_MOST),
    )  # fmt: skip
