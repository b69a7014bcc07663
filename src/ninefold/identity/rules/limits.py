"""May these two clusters become one? Caps with their windows, the veto of disagreement, shared devices, sizes.

Pure, and a function of the ledger's times only: nothing here depends on when something arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ninefold.identity.model import NamespaceRule, Reason
from ninefold.identity.ruleset import Breaker

_NEVER = 1 << 62


@dataclass(slots=True)
class Cluster:
    """What a growing cluster holds.

    Attributes:
        values: present values by namespace code.
        foes: nodes it may not meet.
        nodes: its identifiers.
        shunned: its shared devices whose owners are not to be guessed.
        grown: whether a must-link made it larger.
        first: when each of its values was seen first with it, in ms; may be empty where no cap has a window. Another
            span of the same value, with somebody else, has a time of its own.
    """

    values: dict[int, set[int]]
    foes: set[int]
    nodes: list[int]
    shunned: set[int] = field(default_factory=set)
    grown: bool = False
    first: dict[int, int] = field(default_factory=dict)

    def absorb(self, other: "Cluster") -> None:
        """Take over what another cluster holds."""
        self.nodes += other.nodes
        self.foes |= other.foes
        self.shunned |= other.shunned
        self.grown |= other.grown
        for space, values in other.values.items():
            held = self.values.setdefault(space, values)
            held |= values
        for value, at in other.first.items():
            self.first[value] = min(at, self.first.get(value, at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The rules, ready to be asked.

    Attributes:
        rules: rule of each namespace code, the strongest first.
        breaker: limits on sizes, None for none.
    """

    rules: Sequence[NamespaceRule]
    breaker: Breaker | None = None

    def clash(self, large: Cluster, small: Cluster, *, strong: bool) -> tuple[Reason, int]:
        """Why two clusters may not become one, and over which namespace: the strongest such, -1 for the whole."""
        if bool(large.shunned) != bool(small.shunned):
            named = self._strongest(small if large.shunned else large)
            if named >= 0:
                return Reason.VETO, named
        for space in sorted(small.values):
            if space not in large.values:
                continue
            here, there = small.values[space], large.values[space]
            if here <= there or there <= here:  # spans of one identifier come together again
                continue
            rule = self.rules[space]
            if not strong and rule.strong:
                return Reason.VETO, space
            if self._count(rule, here | there, large.first, small.first) > rule.most:
                return Reason.CAP, space
        return (Reason.SHAPE, -1) if self._misshapen(large, small, strong=strong) else (Reason.NONE, -1)

    def fixed(self, large: Cluster, small: Cluster) -> tuple[Reason, int]:
        """Why not even an operator makes two clusters one: both hold a value that never changes."""
        for space in sorted(small.values):
            held = large.values.get(space, set()) | small.values[space]
            if self.rules[space].immutable and len(held) > max(len(large.values.get(space, ())),
                                                               len(small.values[space]), 1):  # fmt: skip
                return Reason.CAP, space
        return Reason.NONE, -1

    @staticmethod
    def _count(rule: NamespaceRule, values: set[int], first: Mapping[int, int], also: Mapping[int, int]) -> int:
        """How many of the values a cap counts: all, or as many as were first seen within one window of its period."""
        window = None if rule.immutable else rule.period.ms
        if window is None or len(values) <= rule.most:
            return len(values)
        times = sorted(min(first.get(value, _NEVER), also.get(value, _NEVER)) for value in values)
        most, start = 0, 0
        for end, at in enumerate(times):
            while at - times[start] >= window:
                start += 1
            most = max(most, end - start + 1)
        return most

    def _strongest(self, cluster: Cluster) -> int:
        """The strongest strong namespace of which the cluster holds a value, -1 for none."""
        return min((space for space in cluster.values if self.rules[space].strong), default=-1)

    def _misshapen(self, large: Cluster, small: Cluster, *, strong: bool) -> bool:
        limits = self.breaker
        if limits is None:
            return False
        if len(large.nodes) + len(small.nodes) > limits.identifiers_per_person:
            return True
        return not strong and min(len(large.nodes), len(small.nodes)) >= limits.jump
