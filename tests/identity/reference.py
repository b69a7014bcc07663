"""OneID once more, written for clarity instead of speed: one event, one identifier, one link at a time.

It knows no storms and no blocked values. The tests compare the real resolution with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ninefold.identity import IdentityRules
from tests.identity.batches import Event

Identifier = tuple[str, str]


@dataclass
class Reference:
    """Who owns which identifier, under some rules."""

    rules: IdentityRules
    owner: dict[Identifier, int | None] = field(default_factory=dict)
    people: int = 0

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

    def resolve(self, events: Sequence[Event], ts_ms: Sequence[int]) -> list[int]:
        """The person of each event, 0 for none."""
        named = [self._of(event) for event in events]
        for one in (one for identifiers in named for one in identifiers):
            self.owner.setdefault(one, None)
        clusters = {one: {one} | {two for two, who in self.owner.items() if who is not None and who == self.owner[one]}
                    for one in self.owner}  # fmt: skip
        links: dict[tuple[Identifier, Identifier], int] = {}
        for identifiers, ts in zip(named, ts_ms, strict=True):
            for other in identifiers[1:]:
                lo, hi = sorted((identifiers[0], other), key=self._strength)
                links[lo, hi] = min(ts, links.get((lo, hi), ts))

        def turn(link: tuple[Identifier, Identifier]) -> tuple[bool, int, tuple[int, str, str], tuple[int, str, str]]:
            strong = all(self.rules.of(name).strong for name, _ in link)
            return (not strong, links[link], self._strength(link[0]), self._strength(link[1]))

        for lo, hi in sorted(links, key=turn):
            ours, theirs = clusters[lo], clusters[hi]
            if hi in ours or self._clash(ours, theirs, strong=not turn((lo, hi))[0]):
                continue
            both = ours | theirs
            clusters.update(dict.fromkeys(both, both))
        for cluster in {id(cluster): cluster for cluster in clusters.values()}.values():
            owners = {who for one in cluster if (who := self.owner[one]) is not None}
            if not owners and not any(identifiers and identifiers[0] in cluster for identifiers in named):
                continue
            self.people += not owners
            self.owner.update(dict.fromkeys(cluster, min(owners, default=self.people)))
        return [(self.owner[identifiers[0]] or 0) if identifiers else 0 for identifiers in named]
