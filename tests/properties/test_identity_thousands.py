"""Thousands of random histories at once: the derivation is pure, so all of them are derived as parts of one ledger."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from tests.properties.histories import examples

from ninefold.identity.model import NamespaceRule
from ninefold.identity.rules.derive import Meetings, derive
from ninefold.identity.rules.encode import Ints
from ninefold.identity.ruleset import Period, Shared

HISTORIES = examples(2_000)
NODES, PAIRS = 9, 12
RULES = [
    NamespaceRule(name="login", priority=1, cap=1, strong=True, storm_limit=10),
    NamespaceRule(name="phone", priority=2, cap=2, strong=True, storm_limit=10, period=Period.MONTH),
    NamespaceRule(name="card", priority=3, cap=1, strong=True, storm_limit=10, immutable=True),
    NamespaceRule(name="cookie", priority=8, cap=3, strong=False, storm_limit=10),
    NamespaceRule(name="tablet", priority=9, cap=9, strong=False, storm_limit=10, shared=Shared.LAST_LOGIN),
    NamespaceRule(name="kiosk", priority=9, cap=9, strong=False, storm_limit=10, shared=Shared.REFUSE),
]
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Histories:
    """Many histories side by side; identifiers of one never meet those of another."""

    known: Meetings
    home: Ints


def histories(seed: int, *, must: float = 0.1) -> Histories:
    """Random ones: who met when and last, what operators said, what is blocked, which spans are over."""
    rng = np.random.default_rng(seed)
    size = HISTORIES * NODES
    home = np.repeat(np.arange(HISTORIES), NODES)
    place = rng.integers(0, NODES, (HISTORIES, PAIRS, 2)) + np.arange(HISTORIES)[:, None, None] * NODES
    ends = np.sort(place.reshape(-1, 2), axis=1)
    ends = np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0)
    apart = rng.integers(0, NODES, (HISTORIES // 4, 2)) + rng.integers(0, HISTORIES, (HISTORIES // 4, 1)) * NODES
    apart = apart[apart[:, 0] != apart[:, 1]]
    seen = rng.integers(0, 60, len(ends)) * DAY_MS
    space = rng.integers(0, len(RULES), size)
    value = home * 1000 + space * 10 + rng.integers(0, 4, size)
    known = Meetings(
        space=space, value=value, tie=np.arange(size), usable=rng.random(size) > 0.05, a=ends[:, 0], b=ends[:, 1],
        seen_ms=seen, must=rng.random(len(ends)) < must, apart=apart, rules=RULES,
        first_ms=rng.integers(0, 60, size) * DAY_MS, last_ms=seen + rng.integers(0, 9, len(ends)) * DAY_MS,
        ended=rng.random(size) < 0.05,
    )  # fmt: skip
    return Histories(known=known, home=home)


def same_groups(one: Ints, other: Ints) -> bool:
    """Whether two labellings say the same."""
    pairs = np.unique(np.stack([one, other], axis=1), axis=0)
    return len(pairs) == len(np.unique(one)) == len(np.unique(other))


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_things_are_listed_never_counts(seed: int) -> None:
    known = histories(seed).known
    rng = np.random.default_rng(100 + seed)
    number = rng.permutation(len(known.space))  # the new number of each identifier
    back, order = np.argsort(number), rng.permutation(len(known.a))
    other = replace(
        known, space=known.space[back], value=known.value[back], tie=known.tie[back], usable=known.usable[back],
        first_ms=known.first_ms[back], ended=known.ended[back], a=number[known.b][order], b=number[known.a][order],
        seen_ms=known.seen_ms[order], must=known.must[order], last_ms=known.last_ms[order],
        apart=number[known.apart][::-1],
    )  # fmt: skip
    one, two = derive(known), derive(other)
    assert same_groups(one.label, two.label[number])
    assert np.array_equal(one.reason[order], two.reason)


@pytest.mark.parametrize("seed", range(3))
def test_no_person_crosses_a_cannot_link_or_another_history(seed: int) -> None:
    made = histories(seed)
    label = derive(made.known).label
    apart = made.known.apart
    assert (label[apart[:, 0]] != label[apart[:, 1]]).all()
    assert len(np.unique(np.stack([label, made.home], axis=1), axis=0)) == len(np.unique(label))


@pytest.mark.parametrize("seed", range(3))
def test_a_must_link_never_pushes_anything_out_of_anybody(seed: int) -> None:
    known = histories(seed, must=0.2).known
    before = derive(replace(known, must=np.zeros_like(known.must))).label
    after = derive(known).label
    assert len(np.unique(np.stack([before, after], axis=1), axis=0)) == len(np.unique(before))


@pytest.mark.parametrize("seed", range(3))
def test_merge_then_unmerge_is_the_identity_in_every_history(seed: int) -> None:
    """Two people of each history become one by a must-link, and every pair across is said to be two again."""
    known = histories(seed, must=0.0).known
    rng = np.random.default_rng(200 + seed)
    before = derive(known).label
    one, other = rng.integers(0, NODES, (2, HISTORIES)) + np.arange(HISTORIES) * NODES
    chosen = (before[one] != before[other]) & known.usable[one] & known.usable[other]
    one, other = one[chosen], other[chosen]
    extra = len(one)
    never = np.full(extra, np.iinfo(np.int64).max)
    merged = derive(
        replace(
            known, a=np.append(known.a, one), b=np.append(known.b, other), seen_ms=np.append(known.seen_ms, never),
            last_ms=np.append(known.last_ms, -never), must=np.append(known.must, np.ones(extra, dtype=np.bool_)),
        )
    ).label  # fmt: skip
    assert len(np.unique(np.stack([before, merged], axis=1), axis=0)) == len(np.unique(before))
    assert (merged[one] == merged[other]).mean() > 0.5  # the others hold immutable cards, or are kept apart
    across = (merged[known.a] == merged[known.b]) & (before[known.a] != before[known.b])
    said = np.concatenate([known.apart, np.stack([known.a[across], known.b[across]], axis=1),
                           np.stack([one, other], axis=1)])  # fmt: skip
    assert same_groups(derive(replace(known, apart=said)).label, before)
