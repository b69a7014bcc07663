"""What every kind of tag is: a matter that can be built into values."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import pyarrow as pa

from ninefold.base import refused
from ninefold.predicate import Condition, Lineage, Reading
from ninefold.store import Events, Statement

from .model import AsOf, NamedValue, Source
from .queries.source import Span, currencies

Part: TypeAlias = Statement | pa.Table
"""Values of some people: a SELECT of, or a table with, the columns person (UInt32), value (text), num (or null)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """What a build is made with.

    Attributes:
        tag: key of the tag, for messages.
        events: the events store.
        base: events before this instant count.
        zone: business zone.
        reading: under which policies of traits conditions are read.
    """

    tag: str
    events: Events
    base: datetime
    zone: str
    reading: Reading

    def span(self, source: Source) -> Span:
        """The events of a source that count."""
        return Span(source=source, base=self.base, zone=self.zone)

    def currency(self, source: Source, named: str) -> str:
        """The currency whose amounts count: the one that is named, else the only one there is.

        Raises:
            Error: refused, where amounts in several cannot be added.
        """
        if named:
            return named
        found = [str(row["currency"]) for row in self.events.query(currencies(self.span(source))).to_pylist()]
        if len(found) > 1:
            listed = ", ".join(currency or "(none)" for currency in found)
            raise refused(
                "mixed_currencies",
                f'events of tag "{self.tag}" carry amounts in {listed}',
                hint="they cannot be added: name one as currency, others then count as nothing",
            )
        return found[0] if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the values of a build come about.

    Attributes:
        parts: the values; who has one from a part before keeps it.
        currency: what amounts are in.
        details: what was measured, as the build tells it.
    """

    parts: Iterable[Part]
    currency: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


class Matter(ABC):
    """The matter of one tag: frozen, read from its document."""

    __slots__ = ()

    as_of: AsOf
    """Up to when events count."""

    @abstractmethod
    def plan(self, building: Building) -> Plan:
        """Measure what has to be known, and say how the values are made.

        The same data and base time give the same values.
        """

    @abstractmethod
    def uses(self) -> Lineage:
        """The events, properties, traits, tags and segments the values are made from."""

    def conditions(self) -> tuple[tuple[str, Condition], ...]:
        """The conditions in it, each with its place in the document."""
        return ()

    def names(self) -> tuple[NamedValue, ...]:
        """The values there can be, in their order, with names; empty where they come from the data."""
        return ()
