"""OneID once more, written for clarity instead of speed: all events so far, one identifier, one link at a time.

It knows no storms and no blocked values. The tests compare the real resolution with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ninefold.identity import IdentityRules
from tests.identity.batches import Event

Identifier = tuple[str, str]


@dataclass
class Reference:
    """Who owns which identifier, under some rules: forgets nothing, and begins anew with every batch."""

    rules: IdentityRules
    owner: dict[Identifier, int | None] = field(default_factory=dict)
    met: dict[tuple[Identifier, Identifier], int] = field(default_factory=dict)
    centres: set[Identifier] = field(default_factory=set)

    def _strength(self, one: Identifier) -> tuple[int, str, str]:
        return (self.rules.of(one[0]).priority, *one)

    def _of(self, event: Event) -> list[Identifier]:
        listed = [
            (name, one) for name, value in event.items() for one in ([value] if isinstance(value, str) else value)
        ]
        first = sorted(dict.fromkeys(listed), key=lambda one: self._strength(one)[:2])  # stable: as listed
        return first[: self.rules.identifiers_per_event]

    def _clash(self, ours: set[Identifier], theirs: set[Identifier], *, strong: bool) -> bool:
        for name in {name for name, _ in ours} & {name for name, _ in theirs}:
            rule = self.rules.of(name)
            if rule.strong and not strong:
                return True
            if sum(one[0] == name for one in ours | theirs) > rule.cap:
                return True
        return False

    def _turn(
        self, link: tuple[Identifier, Identifier]
    ) -> tuple[bool, int, tuple[int, str, str], tuple[int, str, str]]:
        strong = all(self.rules.of(name).strong for name, _ in link)
        return (not strong, self.met[link], self._strength(link[0]), self._strength(link[1]))

    def resolve(self, events: Sequence[Event], ts_ms: Sequence[int]) -> list[int]:
        """The person of each event, 0 for none."""
        named = [self._of(event) for event in events]
        for identifiers, ts in zip(named, ts_ms, strict=True):
            self.owner.update(dict.fromkeys(identifiers))
            self.centres.update(identifiers[:1])
            for other in identifiers[1:]:
                lo, hi = sorted((identifiers[0], other), key=self._strength)
                self.met[lo, hi] = min(ts, self.met.get((lo, hi), ts))
        clusters = {one: {one} for one in self.owner}
        for lo, hi in sorted(self.met, key=self._turn):
            ours, theirs = clusters[lo], clusters[hi]
            if hi not in ours and not self._clash(ours, theirs, strong=not self._turn((lo, hi))[0]):
                both = ours | theirs
                clusters.update(dict.fromkeys(both, both))
        distinct = {id(cluster): cluster for cluster in clusters.values()}.values()
        for person, cluster in enumerate(distinct, start=1):
            self.owner.update(dict.fromkeys(cluster, person if cluster & self.centres else None))
        return [(self.owner[identifiers[0]] or 0) if identifiers else 0 for identifiers in named]
