"""The tree of a condition: what may be asked about a person. Frozen values; no I/O, no clock, no settings.

A condition is built from clauses (`TraitClause`, `TagClause`, `EventClause`, `SequenceClause`, `SegmentClause`,
`Everyone`) joined by `AllOf`, `AnyOf` and `Not`, and cut to a number of people by `Limited`. Trees are read from
documents by `parse`; whoever builds one in Python gets the same checks when it is compiled.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from ninefold.base import Error, invalid

DEPTH_MAX = 12
CLAUSES_MAX = 200
FILTERS_MAX = 20
STEPS_MAX = 10
PEOPLE_MAX = 1_000_000_000
LIST_MAX = 10_000
NAME_MAX = 200
TEXT_MAX = 2_000
PATTERN_MAX = 500


class Op(StrEnum):
    """How a value is compared."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    BETWEEN = "between"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    MATCHES = "matches"
    EXISTS = "exists"
    NOT_EXISTS = "not_exists"
    BEFORE = "before"
    AFTER = "after"
    WITHIN_LAST = "within_last"
    NOT_WITHIN_LAST = "not_within_last"
    ANNIVERSARY = "anniversary"
    LUNAR_ANNIVERSARY = "lunar_anniversary"
    LUNAR_DAY = "lunar_day"


class Measure(StrEnum):
    """What is looked at in a person's events of one name."""

    DID = "did"
    DID_NOT = "did_not"
    COUNT = "count"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    FIRST = "first"
    LAST = "last"
    DISTINCT = "distinct"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    FIRST_TIME = "first_time"
    RESUMED = "resumed"


class Unit(StrEnum):
    """Calendar units in the business zone; weeks begin on Monday."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


class Calendar(StrEnum):
    """Calendar windows in the business zone; weeks begin on Monday."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_QUARTER = "this_quarter"
    LAST_QUARTER = "last_quarter"
    THIS_YEAR = "this_year"
    LAST_YEAR = "last_year"


FULL_MAX = {Unit.DAYS: 36_500, Unit.WEEKS: 5_200, Unit.MONTHS: 1_200}
"""How many whole units a window may have."""

Scalar: TypeAlias = str | bool | int | float
Operand: TypeAlias = Scalar | tuple[Scalar, ...] | None

NUMBER_OPS = frozenset({Op.EQ, Op.NE, Op.GT, Op.GTE, Op.LT, Op.LTE, Op.BETWEEN, Op.IN, Op.NOT_IN})
TEXT_OPS = frozenset(
    {Op.EQ, Op.NE, Op.IN, Op.NOT_IN, Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS_WITH, Op.ENDS_WITH, Op.MATCHES}
)
TIME_OPS = frozenset({Op.BEFORE, Op.AFTER, Op.WITHIN_LAST, Op.NOT_WITHIN_LAST})
PRESENCE_OPS = frozenset({Op.EXISTS, Op.NOT_EXISTS})
LIST_OPS = frozenset({Op.IN, Op.NOT_IN})
ANNIVERSARY_OPS = frozenset({Op.ANNIVERSARY, Op.LUNAR_ANNIVERSARY, Op.LUNAR_DAY})
VALUE_OPS = frozenset(Op) - ANNIVERSARY_OPS
"""The operators of properties and figures; of traits and tags also those of dates that come back every year."""
AGGREGATES = frozenset({Measure.SUM, Measure.AVG, Measure.MIN, Measure.MAX})
PERIODS = {Measure.DAYS: Unit.DAYS, Measure.WEEKS: Unit.WEEKS, Measure.MONTHS: Unit.MONTHS}
COUNTS = frozenset({Measure.COUNT, Measure.DISTINCT, *PERIODS})
"""Figures that are 0 where there is nothing."""
YES_NO = frozenset({Measure.DID, Measure.DID_NOT, Measure.FIRST_TIME, Measure.RESUMED})
"""Measures that are not compared: they hold or not."""
EDGES = frozenset({Measure.FIRST, Measure.LAST})
TEXT_FIELDS = frozenset({"currency", "order_id", "product_id", "session_id", "campaign_id", "channel", "source"})
NUMBER_FIELDS = frozenset({"revenue", "quantity"})
TIME_FIELD = "time"
RAW_PREFIX = "properties."
"""A property name is one of the fields above, or the event's own property; this prefix always means the latter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The rolling window [now - span, now], both ends in; ``span`` such as ``30d`` (m, h, d = 24 h, w)."""

    span: str


@dataclass(frozen=True, slots=True, kw_only=True)
class During:
    """A calendar window, e.g. this month, as far as it has come."""

    calendar: Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """From one moment to another, both in; a date as end means the whole day."""

    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """From a moment (in) until now."""

    start: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """Anything before a moment (out)."""

    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Full:
    """So many whole calendar units, the last of them the one before the present one."""

    unit: Unit
    count: int


Window: TypeAlias = Last | During | Between | Since | Before | Full


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyFilter:
    """A test on a property of an event."""

    property: str
    op: Op = Op.EXISTS
    value: Operand = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Everyone:
    """True for every person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraitClause:
    """A test on a trait's latest value, over all sources and all merged accounts of a person."""

    key: str
    op: Op = Op.EXISTS
    value: Operand = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagClause:
    """A test on a tag's value in the tag's current version."""

    tag: str
    op: Op = Op.EXISTS
    value: Operand = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentClause:
    """Membership in the latest version of a segment."""

    segment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventClause:
    """A test on a person's events of one name.

    Attributes:
        event: name of the event.
        measure: done at all, not done, or a figure over the events.
        of: the property the figure is taken over; empty for did, did_not and count.
        op: comparison of the figure; None for did and did_not.
        value: what it is compared with.
        within: the time window; None means ever. Events after now never count.
        where: all must hold for an event to count.
        gap: for resumed, how long nothing of the kind happened before, such as ``90d``.
    """

    event: str
    measure: Measure = Measure.DID
    of: str = ""
    op: Op | None = None
    value: Operand = None
    within: Window | None = None
    where: tuple[PropertyFilter, ...] = ()
    gap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPick:
    """Events of a name that pass filters."""

    event: str
    where: tuple[PropertyFilter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a sequence.

    Attributes:
        pick: the events that are this step.
        within: the longest time since the step before, such as ``2h``; empty for any.
        without: none of these may lie between the step before and this one, at neither's moment.
    """

    pick: EventPick
    within: str = ""
    without: tuple[EventPick, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """After the last step: that long without such an event, and the time has passed."""

    pick: EventPick
    within: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceClause:
    """A person's events took these steps in this order. One event is one step.

    Attributes:
        steps: two or more; one is enough where ``then_not`` is given.
        span: the longest time from the first step to the last, such as ``7d``; empty for any.
        same: a property that all events of one way have in common, e.g. ``order_id``; empty for any events of a person.
        within: only events in this window are looked at; None means ever.
        then_not: what did not follow.
    """

    steps: tuple[Step, ...]
    span: str = ""
    same: str = ""
    within: Window | None = None
    then_not: Quiet | None = None

    @property
    def picks(self) -> tuple[EventPick, ...]:
        """All events that are looked at."""
        picks = [pick for step in self.steps for pick in (step.pick, *step.without)]
        return (*picks, self.then_not.pick) if self.then_not else tuple(picks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """By lot: an order of all people that depends on the seed alone, so that it stays as people come and go."""

    seed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """By a figure of their events, or by a trait or tag that is a number: highest first, or lowest.

    People without a value are not ranked. Of equals the order of the lot with an empty seed decides.
    """

    by: "TraitClause | TagClause | EventClause"
    lowest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """True for everyone for whom the part is not."""

    part: "Condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """True where every part is."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """True where at least one part is."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """Some of the people for whom the part is true: so many, or each with a chance.

    Attributes:
        part: of whom.
        by: who comes first.
        most: how many people; 0 where a share is given.
        share: the part of all people, drawn one by one whoever else is there: above 0, at most 1; only by lot.
    """

    part: "Condition"
    by: Draw | Rank
    most: int = 0
    share: float = 0.0


Clause: TypeAlias = Everyone | TraitClause | TagClause | SegmentClause | EventClause | SequenceClause
Condition: TypeAlias = Clause | Not | AllOf | AnyOf | Limited
Comparison: TypeAlias = TraitClause | TagClause | PropertyFilter


class ValueKind(StrEnum):
    """What values under one name have been seen to be."""

    NUMBER = "number"
    TEXT = "text"
    YES_NO = "yes/no"
    TIME = "time"


Kinds: TypeAlias = frozenset[ValueKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The names a condition may use, as known from the data.

    Attributes:
        events: by event name, its own properties and the kinds of their values.
        traits: by trait key, the kinds of its values.
        tags: by tag, the kinds of its values.
        segments: segments with at least one version.
    """

    events: Mapping[str, Mapping[str, Kinds]] = field(default_factory=dict)
    traits: Mapping[str, Kinds] = field(default_factory=dict)
    tags: Mapping[str, Kinds] = field(default_factory=dict)
    segments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong with a condition: where, what was got, what is allowed."""

    code: str
    message: str
    field: str
    got: str = ""
    allowed: str = ""
    hint: str = ""

    def error(self) -> Error:
        """The problem as the error a caller raises."""
        return invalid(self.code, self.message, field=self.field, got=self.got, allowed=self.allowed, hint=self.hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What a condition reads: (event, property) pairs name the event's own properties and built-in fields alike."""

    events: frozenset[str] = frozenset()
    properties: frozenset[tuple[str, str]] = frozenset()
    traits: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()


def walk(condition: Condition, path: str = "condition") -> Iterator[tuple[str, Condition]]:
    """Every node with its path in the document, parents first.

    >>> tree = AllOf(parts=(Everyone(), Not(part=SegmentClause(segment="vip"))))
    >>> [path for path, _ in walk(tree)]
    ['condition', 'condition.all[0]', 'condition.all[1]', 'condition.all[1].not']
    """
    yield path, condition
    for place, part in parts_of(condition, path):
        yield from walk(part, place)


def parts_of(condition: Condition, path: str = "condition") -> Iterator[tuple[str, Condition]]:
    """The conditions right inside a condition, with their paths; none of a clause."""
    match condition:
        case AllOf(parts=parts) | AnyOf(parts=parts):
            word = "all" if isinstance(condition, AllOf) else "any"
            yield from ((f"{path}.{word}[{position}]", part) for position, part in enumerate(parts))
        case Not(part=part):
            yield f"{path}.not", part
        case Limited(part=part):
            yield f"{path}.of", part
        case _:
            pass


def clauses_of(condition: Condition) -> Iterator[Clause]:
    """Every clause of a condition, and what its limits rank by."""
    for _, node in walk(condition):
        if isinstance(node, Limited):
            if isinstance(node.by, Rank):
                yield node.by.by
        elif not isinstance(node, AllOf | AnyOf | Not):
            yield node


def lineage(condition: Condition) -> Lineage:
    """The events, properties, traits, tags and segments a condition uses.

    >>> sorted(lineage(EventClause(event="order", measure=Measure.SUM, of="revenue")).properties)
    [('order', 'revenue')]
    """
    clauses = list(clauses_of(condition))
    used: set[tuple[str, str]] = set()
    for clause in clauses:
        if isinstance(clause, EventClause):
            used |= {(clause.event, name) for name in (clause.of, *(f.property for f in clause.where))}
        elif isinstance(clause, SequenceClause):
            used |= {
                (pick.event, name) for pick in clause.picks for name in (clause.same, *(f.property for f in pick.where))
            }
    return Lineage(
        events=frozenset(event for event, _ in used),
        properties=frozenset((event, name) for event, name in used if name),
        traits=frozenset(clause.key for clause in clauses if isinstance(clause, TraitClause)),
        tags=frozenset(clause.tag for clause in clauses if isinstance(clause, TagClause)),
        segments=frozenset(clause.segment for clause in clauses if isinstance(clause, SegmentClause)),
    )
