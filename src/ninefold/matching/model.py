"""Values of matching: what a matching document says, a trained model, and pairs of people that may be one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ninefold.base import DocumentHeader
from ninefold.predicate import Condition

KIND: Final = "matching"


class FieldKind(StrEnum):
    """What a field holds, and so how it is cleaned and compared."""

    NAME = "name"  # Western in any order of words, or Chinese
    ADDRESS = "address"
    PHONE = "phone"
    EMAIL = "email"
    BIRTH_DATE = "birth_date"
    POSTCODE = "postcode"
    TEXT = "text"  # free text, with a slip of the pen
    EXACT = "exact"  # equal or not: gender, number of a card


class Keeps(StrEnum):
    """What becomes of a decision's link when a key field changed."""

    KEEP = "keep"  # the link stands until somebody decides again
    RETRACT = "retract"  # the link is taken back at once


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchField:
    """One field that is compared.

    Attributes:
        key: its name in rules and evidence.
        kind: how it is cleaned and compared.
        traits: traits that hold it; the first with a value counts.
        identifiers: namespaces of identifiers that hold it, asked after the traits.
        similar: similarities (Jaro-Winkler, 0 to 1) of the two graded levels, for kinds that have them.
        frequency: whether agreement on a rare value weighs more than on a common one.
    """

    key: str
    kind: FieldKind
    traits: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    similar: tuple[float, float] = (0.92, 0.85)
    frequency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Probabilities that divide pairs: from `auto` on joined by itself, from `review` on asked, below it dropped.

    `auto` above 1 joins nothing by itself.
    """

    auto: float
    review: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """When a decision expires.

    Attributes:
        fields: keys of fields; a decision expires when one of them changes. Empty: never.
        same: what becomes of the must-link of an expired "same person".
        different: what becomes of the cannot-link of an expired "different people".
    """

    fields: tuple[str, ...] = ()
    same: Keeps = Keeps.KEEP
    different: Keeps = Keeps.RETRACT


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRules:
    """How people work at the review desk.

    Attributes:
        check_percent: share of automatic merges that are put before somebody, 0 to 100.
        claim_minutes: how long an item stays with whoever took it.
        bulk_max: how many items one bulk decision may decide.
    """

    check_percent: float = 2.0
    claim_minutes: int = 30
    bulk_max: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a document runs by itself; a run then scores who is new or changed, until it is time for everybody.

    Attributes:
        every_hours: hours from one run to the next, where anybody is new or changed; None: not by the clock.
        new_people: runs as soon as so many people are new or changed; None: however many there are.
        full_days: days after which everybody is scored again by a model learnt anew.
    """

    every_hours: int | None = None
    new_people: int | None = None
    full_days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingRules:
    """One version of a document of kind `matching`.

    Attributes:
        header: its name, owner and purpose.
        version: version of the document; 0 before it is stored.
        node: org node whose people (with everybody below) are matched among each other; empty is everybody.
        fields: what is compared.
        blocking: people are compared when all parts of one of these rules agree, e.g. ``birth_date.year``.
        block_max: a part shared by more people than this says nothing and is left out.
        certain: sets of fields that, equal, nearly always mean one person; for the share of pairs that match.
        recall: share of the true pairs that the rules in `certain` find, as far as one knows.
        thresholds: which pairs are joined, asked about, dropped.
        expiry: when decisions expire.
        desk: how people work at the review desk.
        valuable: condition of people whom two have to decide on; None: nobody.
        schedule: when it runs by itself; None: only when somebody asks.
        weighed: namespaces of identifiers of which two people may each have another and still be joined without asking:
            the score has weighed that. Of all other strong ones that is a veto.
    """

    header: DocumentHeader
    version: int
    node: str
    fields: tuple[MatchField, ...]
    blocking: tuple[tuple[str, ...], ...]
    block_max: int
    certain: tuple[tuple[str, ...], ...]
    recall: float
    thresholds: Thresholds
    expiry: Expiry
    desk: DeskRules
    valuable: Condition | None = None
    schedule: Schedule | None = None
    weighed: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The document's key."""
        return self.header.key

    def field(self, key: str) -> MatchField:
        """A field by key."""
        return next(one for one in self.fields if one.key == key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One outcome of a comparison.

    Attributes:
        label: in words.
        m: probability of it among pairs that are one person.
        u: probability of it among pairs that are two.
    """

    label: str
    m: float
    u: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldModel:
    """The levels of a field, the strongest first; the last is "anything else".

    Attributes:
        key: of the field.
        levels: its outcomes.
        learnt: whether the numbers were estimated from the data; False: they are the built-in ones.
        frequencies: share of people by common value; agreement on these weighs less than on rare ones.
        rare: the share taken for all other values.
    """

    key: str
    levels: tuple[Level, ...]
    learnt: bool = False
    frequencies: Mapping[str, float] = field(default_factory=dict)
    rare: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A trained model: with it and two records a score is the same for ever.

    Attributes:
        prior: probability that two people taken at random are one.
        fields: the compared fields; those without values in the data are left out.
        people: how many people it was trained on.
        notes: what an operator should know about the training.
    """

    prior: float
    fields: tuple[FieldModel, ...]
    people: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one field says about a pair.

    Attributes:
        field: its key.
        a: value of the one with the smaller number; None when there is none.
        b: value of the other.
        level: outcome of the comparison in words.
        bits: weight of evidence: log2 of how much likelier this outcome is for one person than for two.
        agrees: True for the strongest level, False for the weakest, None between or when a value is missing.
        kind: what the field holds.
    """

    field: str
    a: str | None
    b: str | None
    level: str
    bits: float
    agrees: bool | None = None
    kind: str = FieldKind.TEXT.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two people who may be one, as scored.

    Attributes:
        a: the smaller number.
        b: the larger one.
        score: probability that they are one.
        bits: log2 of the odds, all evidence and the prior together.
        evidence: by field.
    """

    a: int
    b: int
    score: float
    bits: float
    evidence: tuple[Evidence, ...]
