"""A figure over a person's events - number, days, sum, mean - as it is or in bands."""

from dataclasses import dataclass

from ninefold.base import Fields, invalid
from ninefold.predicate import Lineage
from ninefold.segments.tags.kind import Building, Matter, Plan
from ninefold.segments.tags.model import AsOf, Bands, NamedValue, Source
from ninefold.segments.tags.queries.figures import FIGURES, MONEY, NEED_PROPERTY, Figures
from ninefold.segments.tags.reading import (
    SOURCE_FIELDS,
    read_as_of,
    read_bands,
    read_currency,
    read_source,
    uses_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(Matter):
    """The matter of a measure tag.

    People without such an event (for sum, avg, min, max: without a number) have no value, not zero.

    Attributes:
        source: the events.
        as_of: up to when they count.
        function: a word of `FIGURES`.
        of: the property; empty where none is needed. ``revenue`` is in the major unit of the currency.
        currency: whose amounts count; empty means the only one there is.
        bands: how figures become values; None leaves them numbers.
    """

    source: Source
    as_of: AsOf
    function: str
    of: str = ""
    currency: str = ""
    bands: Bands | None = None

    def plan(self, building: Building) -> Plan:
        """One statement; for quantiles the borders are looked up before."""
        currency = building.currency(self.source, self.currency) if self.of == MONEY else ""
        figures = Figures(building.span(self.source), function=self.function, of=self.of, currency=currency)
        if self.bands is None:
            return Plan(parts=(figures.plain(),), currency=currency)
        points = self.bands.points
        if self.bands.quantiles:
            found = building.events.query(figures.ranked(self.bands.quantiles)).to_pylist()
            points = tuple(found[0]["points"]) if found else ()
        values = tuple(one.value for one in self.bands.values)
        banded = figures.banded(points, values, beyond=bool(self.bands.quantiles))
        return Plan(parts=(banded,), currency=currency, details={"points": list(points)})

    def uses(self) -> Lineage:
        """The event and the properties looked at."""
        return uses_of(self.source, self.of)

    def names(self) -> tuple[NamedValue, ...]:
        """The bands, from low to high."""
        return self.bands.values if self.bands else ()


def read_measure(document: object) -> Measure:
    """Check the ``measure`` part of a tag document; raises invalid."""
    body = Fields(document, path="measure", allowed=(*SOURCE_FIELDS, "function", "of", "currency", "bands"))
    function = body.choice("function", tuple(FIGURES))
    if body.has("of") != (function in NEED_PROPERTY):
        needed = function in NEED_PROPERTY
        raise invalid(
            "bad_of", f"{function} {'needs a' if needed else 'takes no'} property", field="measure.of",
            got=body.raw("of") or "", allowed="the name of a property" if needed else "nothing",
        )  # fmt: skip
    return Measure(
        source=read_source(body), as_of=read_as_of(body), function=function, of=body.text("of", ""),
        currency=read_currency(body), bands=read_bands(body),
    )  # fmt: skip
