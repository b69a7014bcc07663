"""Which pairs of many may be joined, one after the other: what speaks against each. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ninefold.identity.model import IdentityRules
from ninefold.identity.rules.region import Region

_PRESENT = np.iinfo(np.int64).max
KEPT_APART = "an operator said that these people are not one"
NO_IDENTIFIER = "one of them has no usable identifier by which to link"
TOO_LARGE = "too many identifiers are connected; block the one that connects strangers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """People that are one by now.

    Attributes:
        people: present numbers.
        values: usable values by namespace.
    """

    people: frozenset[int]
    values: Mapping[str, frozenset[str]]


class Sides:
    """The people of a region, joined pair by pair in memory before anything is written."""

    def __init__(self, region: Region, rules: IdentityRules) -> None:
        """Args: whole components, and the rules in force."""
        self._region = region
        self._rules = rules
        self._places: dict[int, list[int]] = defaultdict(list)
        for place, person in enumerate(region.oneid.tolist()):
            if person and region.usable[place] and region.until_ms[place] == _PRESENT:
                self._places[person].append(place)
        apart = region.pairs.cannot
        one, other = region.oneid[region.pairs.a[apart]], region.oneid[region.pairs.b[apart]]
        self._apart = {frozenset(pair) for pair in zip(one.tolist(), other.tolist(), strict=True)}
        self._of: dict[int, Side] = {}

    def side(self, person: int) -> Side:
        """With whom a person is one by now."""
        if person not in self._of:
            values: dict[str, set[str]] = defaultdict(set)
            for place in self._places.get(person, ()):
                values[self._region.name[place]].add(self._region.value[place])
            found = {name: frozenset(some) for name, some in values.items()}
            self._of[person] = Side(people=frozenset({person}), values=found)
        return self._of[person]

    def strongest(self, person: int) -> int | None:
        """The place of the identifier that stands for a person."""
        region = self._region
        places = self._places.get(person, ())
        return min(places, key=lambda k: (self._rules.of(region.name[k]).priority, region.name[k], region.value[k]),
                   default=None)  # fmt: skip

    def against(self, one: int, other: int, *, by_rules: bool, weighed: Collection[str] = ()) -> str:
        """What speaks against joining two people; nothing when they may be joined.

        Args:
            one: a person.
            other: another.
            by_rules: whether caps and vetoes count.
            weighed: namespaces of which a value of its own each is no veto, for somebody weighed that as evidence.
        """
        a, b = self.side(one), self.side(other)
        if any(frozenset((x, y)) in self._apart for x in a.people for y in b.people):
            return KEPT_APART
        if self.strongest(one) is None or self.strongest(other) is None:
            return NO_IDENTIFIER
        return "; ".join(self._broken(a, b, weighed) if by_rules else self._fixed(a, b))

    def join(self, one: int, other: int) -> None:
        """Let two people be one."""
        a, b = self.side(one), self.side(other)
        names = {*a.values, *b.values}
        both = Side(
            people=a.people | b.people,
            values={name: a.values.get(name, frozenset()) | b.values.get(name, frozenset()) for name in names},
        )
        for person in both.people:
            self._of[person] = both

    def _fixed(self, a: Side, b: Side) -> Iterable[str]:
        for name in sorted(set(a.values) & set(b.values)):
            if self._rules.of(name).immutable and a.values[name] != b.values[name]:
                yield f"each has a {name} of its own, and that never changes"

    def _broken(self, a: Side, b: Side, weighed: Collection[str]) -> Iterable[str]:
        for name in sorted(set(a.values) & set(b.values)):
            rule = self._rules.of(name)
            if not rule.takes_part:
                continue
            together = a.values[name] | b.values[name]
            if len(together) > rule.most:
                yield f"cap: a person may have at most {rule.most} {name}"
            elif rule.strong and name not in weighed and not a.values[name] & b.values[name]:
                yield f"veto: each has a {name} of its own"


def numbers_of(pairs: Iterable[Sequence[int]]) -> list[int]:
    """All people of some pairs, each once, ascending."""
    return sorted({int(person) for pair in pairs for person in pair})
