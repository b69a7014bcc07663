"""RFM as a kind of tag: measure the spreads, set the borders, divide the people."""

from dataclasses import asdict, dataclass

from ninefold.predicate import Lineage
from ninefold.segments.tags.kind import Building, Matter, Plan
from ninefold.segments.tags.model import AsOf, NamedValue
from ninefold.segments.tags.queries.source import Span
from ninefold.segments.tags.reading import uses_of

from .model import AXES, CELLS, Borders, Rfm, Scale
from .queries import divide, spreads
from .rules import Spread, borders, read_rfm


@dataclass(frozen=True, slots=True, kw_only=True)
class RfmTag(Matter):
    """The matter of an RFM tag; people without an order in the window have no value."""

    rfm: Rfm
    as_of: AsOf

    def plan(self, building: Building) -> Plan:
        """One statement, after the borders were measured."""
        span = building.span(self.rfm.source)
        currency = building.currency(self.rfm.source, self.rfm.currency)
        cut = self._borders(building, span, currency)
        return Plan(parts=(divide(self.rfm, span, currency, cut),), currency=currency, details=asdict(cut))

    def uses(self) -> Lineage:
        """The order event, its amounts and the properties looked at."""
        return uses_of(self.rfm.source, "revenue", "order_id")

    def names(self) -> tuple[NamedValue, ...]:
        """The eight cells; scores have no names."""
        return CELLS if self.rfm.scale is Scale.CELLS else ()

    def _borders(self, building: Building, span: Span, currency: str) -> Borders:
        row = building.events.query(spreads(self.rfm, span, currency)).to_pylist()[0]
        measured = {
            axis: borders(
                self.rfm.axis(axis),
                Spread(people=row["people"], total=int(row[f"{axis}_total"]), ranked=tuple(row[f"{axis}_ranked"])),
                recency=axis == "recency",
            )
            for axis in AXES
        }
        return Borders(**measured)


def read_rfm_tag(document: object) -> RfmTag:
    """Check the ``rfm`` part of a tag document; raises invalid."""
    rfm, as_of = read_rfm(document)
    return RfmTag(rfm=rfm, as_of=as_of)
