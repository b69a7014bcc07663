"""The speed of identifiers, against counting by hand; and what looks made up."""

import doctest

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from ninefold.identity.rules import breaker
from ninefold.identity.rules.breaker import HOUR_MS, Meets, busiest, looks_made_up, too_fast
from ninefold.identity.ruleset import Velocity


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-50, 50)), max_size=30), st.integers(1, 40))
def test_busiest_equals_counting_from_every_moment(moments: list[tuple[int, int]], window: int) -> None:
    group, at = (np.array([moment[k] for moment in moments], dtype=np.int64) for k in range(2))
    found = dict(zip(*(column.tolist() for column in busiest(group, at, window)), strict=True))
    assert found == {
        one: max(sum(1 for g, t in moments if g == one and start <= t < start + window)
                 for g, start in moments if g == one)
        for one in {g for g, _ in moments}
    }  # fmt: skip


def test_speed_is_counted_per_namespace_of_the_people_met() -> None:
    limits = (Velocity(), Velocity(per_hour=3), Velocity(per_day=4))
    at = [0, 1, 2, 3, 0, 1, 0, HOUR_MS * 5, HOUR_MS * 10, HOUR_MS * 20, HOUR_MS * 23]
    found = too_fast(
        Meets(
            ident=np.array([1, 1, 1, 1, 0, 0, 2, 2, 2, 2, 2]),
            space=np.array([0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1]),
            at_ms=np.array(at),
        ),
        np.array([0, 1, 2]),
        limits,
    )
    assert (found.ident.tolist(), found.space.tolist(), found.count.tolist()) == ([2], [1], [5])


@pytest.mark.parametrize(
    "value", ["test", "TEST01", "aaa", "000", "kiosk-7", "shop@example.com", "收银台3", "123456789"]
)
def test_made_up(value: str) -> None:
    assert looks_made_up(value)


@pytest.mark.parametrize("value", ["anna.berg@example.com", "oX8fk-22aa", "M10293", "6d92078a-8246", "+8613812345601"])
def test_not_made_up(value: str) -> None:
    assert not looks_made_up(value)


def test_examples() -> None:
    assert doctest.testmod(breaker).failed == 0
