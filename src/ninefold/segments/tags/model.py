"""Tags: what every kind of tag has in common - where its events come from, bands, builds and values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ninefold.predicate import Lineage, PropertyFilter


class AsOf(StrEnum):
    """Up to when things count."""

    TODAY = "today"  # up to the last midnight in the business zone
    NOW = "now"  # up to the moment of the build


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The events a tag is made from.

    Attributes:
        event: their name.
        where: further conditions on them; all must hold.
        window_days: how far back they count from the base time, in days of 24 hours; 0 means for ever.
    """

    event: str
    where: tuple[PropertyFilter, ...] = ()
    window_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedValue:
    """A value that a tag can have, and what people call it."""

    value: str
    name_en: str
    name_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """How figures become bands, the lowest first.

    Attributes:
        points: the borders of further bands, ascending; reaching one is being above it. Empty for quantiles.
        quantiles: in how many bands of people alike in number; a group of equals is never divided. 0 for points.
        values: one value per band.
    """

    points: tuple[float, ...] = ()
    quantiles: int = 0
    values: tuple[NamedValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TagBuild:
    """One version of a tag's values, and how it came about.

    Attributes:
        tag: key of the tag.
        version: number of this build.
        definition_version: version of the document it was built from.
        base_at: events before this instant counted.
        built_at: when it was built.
        currency: what amounts are in; empty when there are none.
        details: what was measured on the way, by the kind of the tag: the borders of bands, the parameters of a model.
        people: how many have a value.
    """

    tag: str
    version: int
    definition_version: int
    base_at: datetime
    built_at: datetime
    currency: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    people: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TagLineage:
    """What a tag is made from, and what would be wrong without it.

    Attributes:
        tag: key of the tag.
        reads: the events, properties, traits, tags and segments it is made from.
        used_by: names such as ``segment vip``.
    """

    tag: str
    reads: Lineage
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagShare:
    """How many people have one value of a tag."""

    value: str
    name_en: str
    name_zh: str
    people: int
