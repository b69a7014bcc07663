"""Values of survivorship: which of several things said about a trait holds for a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias


class Choice(StrEnum):
    """How one of several candidates is chosen; those that a step ranks alike go on to the next."""

    NEWEST = "newest"  # stated last
    OLDEST = "oldest"  # stated first
    SOURCES = "sources"  # of the source named first
    VERIFIED = "verified"  # confirmed by the same source about the same account
    LONGEST = "longest"  # most characters
    MOST_FREQUENT = "most_frequent"  # said by most candidates
    MIN = "min"  # least number
    MAX = "max"  # greatest number


class Combination(StrEnum):
    """How all candidates make one value."""

    SUM = "sum"
    UNION = "union"  # of lists; what is no list is a list of one


class Per(StrEnum):
    """What counts as one candidate: of each its own latest word."""

    STATEMENT = "statement"  # a source about an account
    SOURCE = "source"  # a source about the person
    ACCOUNT = "account"  # an account, whoever speaks of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of choosing; `sources` only for that choice, best first."""

    choice: Choice
    sources: tuple[str, ...] = ()

    def text(self) -> str:
        """The step in words."""
        return f"sources {', '.join(self.sources)}" if self.sources else self.choice.value.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How the value of a trait comes about.

    Attributes:
        steps: each decides among those whom the steps before rank alike; at the end the newest.
        combine: all candidates make the value, instead.
        per: what a candidate is.
        verified_by: the trait that says ``true`` where a value is confirmed.
        valid_for: what was stated longer ago does not count; None is for ever.
    """

    steps: tuple[Step, ...] = (Step(choice=Choice.NEWEST),)
    combine: Combination | None = None
    per: Per = Per.STATEMENT
    verified_by: str = ""
    valid_for: timedelta | None = None

    @property
    def plain(self) -> bool:
        """Whether simply the last statement holds, of whomever it is."""
        return self.combine is None and self.steps[0].choice is Choice.NEWEST and self.per is Per.STATEMENT

    def text(self) -> str:
        """The rule in words.

        >>> Policy(steps=(Step(choice=Choice.VERIFIED), Step(choice=Choice.NEWEST))).text()
        'verified, then newest'
        """
        what = self.combine.value if self.combine else ", then ".join(step.text() for step in self.steps)
        each = "" if self.per is Per.STATEMENT else f" per {self.per.value}"
        age = f", at most {self.valid_for.days} d old" if self.valid_for else ""
        return what + each + age


NEWEST = Policy()
Alike: TypeAlias = tuple[Policy, bool, tuple[str, ...]]
"""A policy, whether something was ever added to the traits, and the traits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The policies in force.

    Attributes:
        traits: by trait; every other trait has the newest statement.
        changed: traits that numbers or items were added to.
        version: of the document; 0 without one.
    """

    traits: Mapping[str, Policy] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    version: int = 0

    def of(self, key: str) -> Policy:
        """The policy of a trait."""
        return self.traits.get(key, NEWEST)

    def simple(self, key: str) -> bool:
        """Whether the last row about a trait is its value: no policy, and nothing was ever added to it."""
        return key not in self.changed and self.of(key) == NEWEST

    def special(self) -> tuple[Alike, ...]:
        """The traits that are not simply the newest statement."""
        return self.grouped(key for key in {*self.traits, *self.changed} if not self.simple(key))

    def grouped(self, keys: Iterable[str]) -> tuple[Alike, ...]:
        """Traits, those alike together."""
        groups: dict[str, tuple[Policy, bool, list[str]]] = {}
        for key in sorted(set(keys)):
            policy, changed = self.of(key), key in self.changed
            groups.setdefault(f"{policy!r} {changed}", (policy, changed, []))[2].append(key)
        return tuple((policy, changed, tuple(alike)) for policy, changed, alike in groups.values())


PLAIN = Policies()
