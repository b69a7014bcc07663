"""Every constraint on clusters by an example, and all of them at once whatever the numbering."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from ninefold.identity import IdentityRules, Reason, parse_rules
from ninefold.identity.rules.derive import Meetings, derive
from ninefold.identity.ruleset import DAY_MS, Breaker

STRONG, WEAK = {"strength": "strong", "normaliser": "exact"}, {"strength": "weak", "normaliser": "exact"}
RULES = parse_rules(
    {
        "namespaces": {
            "user": {**STRONG, "priority": 1, "cap": 1},
            "card": {**STRONG, "priority": 2, "cap": 1, "immutable": True},
            "mail": {**STRONG, "priority": 3, "cap": 2, "period": "month"},
            "first": {**WEAK, "priority": 20, "cap": 9, "shared": "first_owner"},
            "last": {**WEAK, "priority": 21, "cap": 9, "shared": "last_login"},
            "refuse": {**WEAK, "priority": 22, "cap": 9, "shared": "refuse"},
        }
    }
)
SPACES = ("user", "card", "mail", "first", "last", "refuse")


@dataclass(frozen=True)
class Known:
    """Identifiers as "namespace:value" or "namespace:value#span", and the pairs that met with first and last day."""

    pairs: Sequence[tuple[str, str, int, int]]
    first: Mapping[str, int] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()
    follows: frozenset[tuple[str, str]] = frozenset()
    rules: IdentityRules = RULES
    breaker: Breaker | None = None

    def clusters(self, order: Sequence[int] = ()) -> tuple[set[frozenset[str]], dict[tuple[str, str], Reason]]:
        """The clusters, and why pairs are apart; identifiers are numbered in the given order."""
        names = sorted(
            {end for pair in self.pairs for end in pair[:2]}, key=lambda n: (SPACES.index(n.split(":")[0]), n)
        )
        given = [names[k] for k in order] if len(order) else names
        place = {name: k for k, name in enumerate(given)}
        bare = sorted({name.split("#")[0] for name in names})
        found = derive(
            Meetings(
                space=np.array([SPACES.index(name.split(":")[0]) for name in given]),
                value=np.array([bare.index(name.split("#")[0]) for name in given]),
                tie=np.array([names.index(name) for name in given]),
                usable=np.ones(len(given), dtype=np.bool_),
                a=np.array([place[a] for a, _, _, _ in self.pairs]),
                b=np.array([place[b] for _, b, _, _ in self.pairs]),
                seen_ms=np.array([first for _, _, first, _ in self.pairs]) * DAY_MS,
                must=np.zeros(len(self.pairs), dtype=np.bool_),
                rules=[self.rules.of(name) for name in SPACES],
                first_ms=np.array([self.first.get(name, 0) for name in given]) * DAY_MS,
                last_ms=np.array([last for _, _, _, last in self.pairs]) * DAY_MS,
                ended=np.array([name in self.ended for name in given]),
                follows=np.array([(a, b) in self.follows for a, b, _, _ in self.pairs]),
                breaker=self.breaker,
            )
        )
        groups: dict[int, set[str]] = {}
        for name, label in zip(given, found.label.tolist(), strict=True):
            groups.setdefault(label, set()).add(name)
        verdict = {pair[:2]: Reason(reason) for pair, reason in zip(self.pairs, found.reason.tolist(), strict=True)}
        return {frozenset(group) for group in groups.values()}, verdict


def met(*pairs: str) -> list[tuple[str, str, int, int]]:
    """Pairs written "a b first [last]", in days."""
    return [(a, b, int(days[0]), int(days[-1])) for a, b, *days in (pair.split() for pair in pairs)]


def groups(*clusters: str) -> set[frozenset[str]]:
    return {frozenset(cluster.split()) for cluster in clusters}


TWO_ON_A_DEVICE = ("user:ana {0}:d 1 9", "user:ben {0}:d 2 5", "first:cookie {0}:d 3 3")


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("first", groups("user:ana first:d first:cookie", "user:ben")),
        ("last", groups("user:ana last:d first:cookie", "user:ben")),
        ("refuse", groups("user:ana", "user:ben", "refuse:d first:cookie")),
    ],
)
def test_whose_a_shared_device_is(policy: str, expected: set[frozenset[str]]) -> None:
    found, _ = Known(met(*(pair.format(policy) for pair in TWO_ON_A_DEVICE))).clusters()
    assert found == expected


def test_the_last_login_may_change_hands() -> None:
    pairs = ("user:ana last:d 1 4", "user:ben last:d 2 5")
    assert Known(met(*pairs)).clusters()[0] == groups("user:ben last:d", "user:ana")


def test_a_device_of_one_person_is_refused_to_nobody() -> None:
    """Two accounts' worth of evidence that do not disagree: one person, and the device is theirs."""
    pairs = met("user:ana refuse:d 1", "mail:a refuse:d 2")
    assert Known(pairs).clusters()[0] == groups("user:ana mail:a refuse:d")


def test_a_cookie_with_a_login_keeps_its_person_on_a_refused_device() -> None:
    pairs = met("user:ana refuse:d 1", "user:ben refuse:d 2", "first:c refuse:d 3", "user:ana first:c 4")
    assert Known(pairs).clusters()[0] == groups("user:ana first:c", "user:ben", "refuse:d")


def test_a_cap_counts_within_its_window() -> None:
    pairs = met("user:ana mail:a 0", "user:ana mail:b 10", "user:ana mail:c 31", "user:ana mail:d 35")
    days = {"mail:a": 0, "mail:b": 10, "mail:c": 31, "mail:d": 35}
    found, verdict = Known(pairs, first=days).clusters()
    assert found == groups("user:ana mail:a mail:b mail:c", "mail:d")
    assert verdict["user:ana", "mail:d"] is Reason.CAP


def test_an_immutable_value_stays_even_after_its_end() -> None:
    pairs = met("user:ana card:1 0", "user:ana card:2 10")
    assert Known(pairs, ended=frozenset({"card:1"})).clusters()[0] == groups("user:ana card:1", "card:2")


def test_an_ended_value_makes_room() -> None:
    pairs = met("user:1 card:x 0", "user:2 card:x 10")
    assert Known(pairs, ended=frozenset({"user:1"})).clusters()[0] == groups("user:1 user:2 card:x")


@pytest.mark.parametrize(("owner", "joined"), [("user:ben", False), ("first:phone", True)])
def test_a_later_span_follows_unless_something_speaks_against_it(owner: str, joined: bool) -> None:
    """A number unseen for long: with another account it is the next owner's, alone it is still the old one's."""
    pairs = met("user:ana mail:m 0", f"{owner} mail:m#2 200", "mail:m mail:m#2 0")
    known = Known(pairs, ended=frozenset({"mail:m"}), follows=frozenset({("mail:m", "mail:m#2")}))
    together = groups(f"user:ana mail:m mail:m#2 {owner}")
    assert known.clusters()[0] == (together if joined else groups("user:ana mail:m", f"{owner} mail:m#2"))


def test_a_person_has_a_believable_size() -> None:
    chain = met(*(f"first:{k} first:{k + 1} {k}" for k in range(8)))
    found, verdict = Known(chain, breaker=Breaker(identifiers_per_person=4)).clusters()
    assert max(map(len, found)) == 4
    assert set(verdict.values()) == {Reason.NONE, Reason.SHAPE}


def test_one_weak_link_never_joins_two_large_people() -> None:
    pairs = met(
        *(f"{who} first:{who[-1]}{k} 1" for who in ("user:a", "mail:b") for k in range(4)), "first:a0 first:b0 2"
    )
    assert len(Known(pairs, breaker=Breaker(jump=5)).clusters()[0]) == 2
    assert len(Known(pairs, breaker=Breaker(jump=6)).clusters()[0]) == 1


NAMES = st.tuples(st.sampled_from(SPACES), st.sampled_from("xyz"), st.sampled_from(["", "#2"])).map(
    lambda parts: f"{parts[0]}:{parts[1]}{parts[2]}"
)


@st.composite
def histories(draw: st.DrawFn) -> Known:
    ends = draw(st.sets(st.tuples(NAMES, NAMES).filter(lambda two: two[0] < two[1]), min_size=1, max_size=16))
    day = st.integers(0, 60)
    pairs = [(a, b, first := draw(day), first + draw(day)) for a, b in sorted(ends)]
    names = sorted({end for pair in pairs for end in pair[:2]})
    return Known(
        pairs,
        first={name: draw(day) for name in names},
        ended=frozenset(name for name in names if "#" not in name and f"{name}#2" in names),
        follows=frozenset(pair[:2] for pair in pairs if pair[0].split("#")[0] == pair[1].split("#")[0]),
        breaker=draw(st.none() | st.builds(Breaker, identifiers_per_person=st.integers(2, 9), jump=st.integers(2, 4))),
    )


@given(known=histories(), data=st.data())
def test_no_numbering_and_no_order_changes_anything(known: Known, data: st.DataObject) -> None:
    names = {end for pair in known.pairs for end in pair[:2]}
    order = data.draw(st.permutations(range(len(names))))
    shuffled = Known(
        data.draw(st.permutations(known.pairs)), first=known.first, ended=known.ended, follows=known.follows,
        breaker=known.breaker,
    )  # fmt: skip
    clusters, verdict = known.clusters()
    assert shuffled.clusters(order) == (clusters, verdict)
    for group in clusters:
        assert len({name for name in group if name.startswith("user:") and name not in known.ended}) <= 2
        assert len({name.split("#")[0] for name in group if name.startswith("card:")}) <= 1
        if known.breaker is not None:
            assert len(group) <= max(known.breaker.identifiers_per_person, 1)


def test_when_somebody_else_had_an_address_before_does_not_widen_the_window_of_a_cap() -> None:
    """Of addresses seen within a month a person has two; that one of them was another's long ago changes nothing."""
    ana = met("user:ana mail:x#2 100", "user:ana mail:y 101", "user:ana mail:z 102")
    bob = met("user:bob mail:x#1 0", "user:bob first:d 1", "user:eve first:d 2")
    first = {"mail:x#2": 100, "mail:y": 101, "mail:z": 102, "mail:x#1": 0}
    found, _ = Known(ana + bob, first=first, ended=frozenset({"mail:x#1"})).clusters()
    assert found == groups("user:ana mail:x#2 mail:y", "mail:z", "user:bob mail:x#1 first:d", "user:eve")
