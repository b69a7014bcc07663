"""Where a person stands in the life with the brand: new, active, at risk, dormant, lost, resurrected."""

from dataclasses import dataclass

from ninefold.base import Fields, invalid
from ninefold.predicate import Lineage
from ninefold.segments.tags.kind import Building, Matter, Plan
from ninefold.segments.tags.model import AsOf, NamedValue, Source
from ninefold.segments.tags.queries.lifecycle import stages
from ninefold.segments.tags.reading import SOURCE_FIELDS, read_as_of, read_source, uses_of

STAGES = tuple(
    NamedValue(value=value, name_en=name_en, name_zh=name_zh)
    for value, name_en, name_zh in (
        ("new", "New", "新客"),
        ("active", "Active", "活跃"),
        ("resurrected", "Came back", "回流"),
        ("at_risk", "At risk", "预流失"),
        ("dormant", "Dormant", "沉睡"),
        ("lost", "Lost", "流失"),
    )
)
_LONGEST = 3_650


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle(Matter):
    """The matter of a life-cycle tag. All bounds are days of 24 hours before the base time.

    By the silence since the last event: below ``active_days`` active, then at risk, from ``at_risk_days`` dormant,
    from ``dormant_days`` lost. Of the active, whose first event is less than ``new_days`` ago are new, and who
    broke a silence of ``at_risk_days`` or more within the last ``active_days`` came back. Without events no stage.

    Attributes:
        source: the events that show life.
        as_of: up to when they count.
        new_days, active_days, at_risk_days, dormant_days: the bounds; the last three ascend.
    """

    source: Source
    as_of: AsOf
    new_days: int = 30
    active_days: int = 30
    at_risk_days: int = 90
    dormant_days: int = 180

    def plan(self, building: Building) -> Plan:
        """One statement."""
        found = stages(
            building.span(self.source), new=self.new_days, active=self.active_days, at_risk=self.at_risk_days,
            dormant=self.dormant_days,
        )  # fmt: skip
        return Plan(parts=(found,))

    def uses(self) -> Lineage:
        """The event and the properties looked at."""
        return uses_of(self.source)

    def names(self) -> tuple[NamedValue, ...]:
        """The stages, best first."""
        return STAGES


def read_lifecycle(document: object) -> Lifecycle:
    """Check the ``lifecycle`` part of a tag document; raises invalid."""
    bounds = {"new_days": 30, "active_days": 30, "at_risk_days": 90, "dormant_days": 180}
    body = Fields(document, path="lifecycle", allowed=(*SOURCE_FIELDS, *bounds))
    days = {name: body.integer(name, usual, low=1, high=_LONGEST) for name, usual in bounds.items()}
    if not days["active_days"] < days["at_risk_days"] < days["dormant_days"]:
        raise invalid(
            "bad_stages", "the stages follow one another", field="lifecycle.at_risk_days", got=days["at_risk_days"],
            allowed="active_days < at_risk_days < dormant_days",
        )  # fmt: skip
    return Lifecycle(source=read_source(body), as_of=read_as_of(body), **days)
