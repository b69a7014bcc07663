"""The tree of a condition: what may be asked about a person. Frozen values; no I/O, no clock, no settings.

A condition is built from clauses (`TraitClause`, `TagClause`, `EventClause`, `SegmentClause`, `Everyone`) joined by
`AllOf`, `AnyOf` and `Not`. Trees are read from documents by `parse`; whoever builds one in Python gets the same
checks when it is compiled.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from ninefold.base import Error, invalid

DEPTH_MAX = 12
CLAUSES_MAX = 200
FILTERS_MAX = 20
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


Scalar: TypeAlias = str | bool | int | float
Operand: TypeAlias = Scalar | tuple[Scalar, ...] | None

NUMBER_OPS = frozenset({Op.EQ, Op.NE, Op.GT, Op.GTE, Op.LT, Op.LTE, Op.BETWEEN, Op.IN, Op.NOT_IN})
TEXT_OPS = frozenset(
    {Op.EQ, Op.NE, Op.IN, Op.NOT_IN, Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS_WITH, Op.ENDS_WITH, Op.MATCHES}
)
TIME_OPS = frozenset({Op.BEFORE, Op.AFTER, Op.WITHIN_LAST, Op.NOT_WITHIN_LAST})
PRESENCE_OPS = frozenset({Op.EXISTS, Op.NOT_EXISTS})
LIST_OPS = frozenset({Op.IN, Op.NOT_IN})
AGGREGATES = frozenset({Measure.SUM, Measure.AVG, Measure.MIN, Measure.MAX})
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


Window: TypeAlias = Last | During | Between | Since | Before


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
    """

    event: str
    measure: Measure = Measure.DID
    of: str = ""
    op: Op | None = None
    value: Operand = None
    within: Window | None = None
    where: tuple[PropertyFilter, ...] = ()


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


Clause: TypeAlias = Everyone | TraitClause | TagClause | SegmentClause | EventClause
Condition: TypeAlias = Clause | Not | AllOf | AnyOf
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
    match condition:
        case AllOf(parts=parts) | AnyOf(parts=parts):
            word = "all" if isinstance(condition, AllOf) else "any"
            for position, part in enumerate(parts):
                yield from walk(part, f"{path}.{word}[{position}]")
        case Not(part=part):
            yield from walk(part, f"{path}.not")
        case _:
            pass


def lineage(condition: Condition) -> Lineage:
    """The events, properties, traits, tags and segments a condition uses.

    >>> sorted(lineage(EventClause(event="order", measure=Measure.SUM, of="revenue")).properties)
    [('order', 'revenue')]
    """
    clauses = [node for _, node in walk(condition)]
    events = [clause for clause in clauses if isinstance(clause, EventClause)]
    used = [(clause.event, name) for clause in events for name in (clause.of, *(f.property for f in clause.where))]
    return Lineage(
        events=frozenset(clause.event for clause in events),
        properties=frozenset((event, name) for event, name in used if name),
        traits=frozenset(clause.key for clause in clauses if isinstance(clause, TraitClause)),
        tags=frozenset(clause.tag for clause in clauses if isinstance(clause, TagClause)),
        segments=frozenset(clause.segment for clause in clauses if isinstance(clause, SegmentClause)),
    )
