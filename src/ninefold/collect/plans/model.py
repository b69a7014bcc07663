"""Values of tracking plans: what is planned, what an event may do wrong, what is to happen then.

A *plan* says which sources it covers and how violations are answered; its *planned events* each bring a JSON Schema of
their properties (of the traits, for an identify). Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from ninefold.collect.event import Event

Schema: TypeAlias = Mapping[str, object]


class Fault(StrEnum):
    """What an event can do against its plan."""

    UNPLANNED_EVENT = "unplanned_event"
    UNPLANNED_PROPERTY = "unplanned_property"
    INVALID = "invalid"
    MISSING = "missing"


class Reply(StrEnum):
    """What is done about a fault."""

    ALLOW = "allow"  # keep, and say so
    OMIT = "omit"  # keep the event without the property; its value is kept aside in the event
    BLOCK = "block"  # put the event into quarantine


REPLIES: Mapping[Fault, tuple[Reply, ...]] = {
    Fault.UNPLANNED_EVENT: (Reply.ALLOW, Reply.BLOCK),
    Fault.UNPLANNED_PROPERTY: (Reply.ALLOW, Reply.OMIT, Reply.BLOCK),
    Fault.INVALID: (Reply.ALLOW, Reply.OMIT, Reply.BLOCK),
    Fault.MISSING: (Reply.ALLOW, Reply.BLOCK),
}
"""What may be answered to each fault; an event or a value that is not there cannot be left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEvent:
    """One event of a plan.

    Attributes:
        key: key of the document.
        event: exact name of the event; ``$identify`` for the traits of identify calls.
        plans: keys of the plans it belongs to.
        schema: JSON Schema of its properties.
        replies: answers that differ from those of the plan.
        name_en: its name for people, in English.
        name_zh: in Chinese.
        owner: who answers for it.
        description: when it is sent.
        version: version of the document.
    """

    key: str
    event: str
    plans: tuple[str, ...]
    schema: Schema
    replies: Mapping[Fault, Reply] = field(default_factory=dict)
    name_en: str = ""
    name_zh: str = ""
    owner: str = ""
    description: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan with its events.

    Attributes:
        key: key of the document.
        sources: keys of the sources it covers; empty covers all that no other plan names.
        replies: the answer to each fault.
        common: JSON Schema that the properties of every event fulfil as well; empty for none.
        events: planned events by name.
        version: version of the plan's own document.
    """

    key: str
    sources: tuple[str, ...]
    replies: Mapping[Fault, Reply]
    common: Schema
    events: Mapping[str, PlannedEvent]
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One fault of one event.

    Attributes:
        fault: what is wrong.
        path: dotted name of the property, empty for the event as a whole.
        message: one sentence for a person.
        reply: what was done.
    """

    fault: Fault
    path: str
    message: str
    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An event after its plan had its say.

    Attributes:
        event: the event, without what was left out; the very same object when nothing is wrong.
        violations: what was wrong.
    """

    event: Event
    violations: tuple[Violation, ...] = ()

    @property
    def blocking(self) -> Violation | None:
        """The first violation that keeps the event out, if any."""
        return next((one for one in self.violations if one.reply is Reply.BLOCK), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often one fault happened.

    Attributes:
        event: name of the event.
        fault: what is wrong.
        path: the property.
        events: number of events.
        sources: keys of the sources it came from, at most ten.
        sample: message id of one of them.
        message: one sentence about one of them.
        latest: when it happened last.
    """

    event: str
    fault: str
    path: str
    events: int
    sources: tuple[str, ...]
    sample: str
    message: str
    latest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What a plan would have done to the events of the last days.

    Attributes:
        days: days looked back over.
        events: events checked, of ``total``.
        total: events there were.
        passed: events without a fault.
        allowed: events kept with a fault.
        reduced: events that would have lost a property.
        blocked: events that would have been put into quarantine.
        tallies: faults by event and property, the most frequent first, at most 500.
    """

    days: int
    events: int
    total: int
    passed: int
    allowed: int
    reduced: int
    blocked: int
    tallies: tuple[Tally, ...]
