"""Attribution: models against plain Python and enumeration, and through the service on a random shop."""

from datetime import timedelta
from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.analysis import Analyses
from ninefold.analysis.attribution import AttributionResult, Model
from ninefold.analysis.attribution.rules import Paths, credited, removals, shares
from tests.support.world import World, day

from .answers import agrees
from .shop import Row, shop

HOUR = 3_600_000


def paths_of(rows: list[tuple[list[int], int, float, int]], ages: list[list[float]] | None = None) -> Paths:
    """Paths of (channels, conversions, worth, lost)."""
    path = [k for k, (channels, *_) in enumerate(rows) for _ in channels]
    flat = [one for channels, *_ in rows for one in channels]
    age = [one for own in ages for one in own] if ages else [0.0] * len(flat)
    return Paths(
        np.array(path, np.int64), np.array(flat, np.int64), np.array(age, np.float64),
        *(np.array([row[k] for row in rows], np.float64) for k in (1, 2, 3)),
    )  # fmt: skip


POSITIONS = [
    (Model.FIRST, [1, 0, 0, 0]), (Model.LAST, [0, 0, 0, 1]), (Model.LINEAR, [0.25] * 4),
    (Model.U, [0.4, 0.1, 0.1, 0.4]), (Model.J, [0.2, 0.1, 0.1, 0.6]), (Model.INVERSE_J, [0.6, 0.1, 0.1, 0.2]),
]  # fmt: skip


@pytest.mark.parametrize(("model", "weights"), POSITIONS)
def test_positions_share_the_credit(model: Model, weights: list[float]) -> None:
    found = shares(paths_of([([0, 1, 2, 3], 1, 1.0, 0)]), model, 1.0)
    assert found.tolist() == pytest.approx(weights)


def test_two_touches_share_as_published() -> None:
    two = paths_of([([0, 1], 1, 1.0, 0)])
    for model, weights in ((Model.U, [0.5, 0.5]), (Model.J, [0.25, 0.75]), (Model.INVERSE_J, [0.75, 0.25])):
        assert shares(two, model, 1.0).tolist() == pytest.approx(weights)
    old = paths_of([([0, 1], 1, 1.0, 0)], ages=[[14.0, 0.0]])
    assert shares(old, Model.DECAY, 7.0).tolist() == pytest.approx([0.2, 0.8])


ROWS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 3), min_size=1, max_size=5), st.integers(0, 3), st.integers(0, 50).map(float),
        st.integers(0, 3),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@given(ROWS)
def test_every_model_adds_up_and_shapley_equals_enumeration(rows: list[tuple[list[int], int, float, int]]) -> None:
    found, _ = credited(paths_of(rows), 4, 1.0)
    conversions = sum(row[1] for row in rows)
    for model, (given_, worth) in found.items():
        if conversions or model is not Model.MARKOV:
            assert given_.sum() == pytest.approx(conversions), model
            assert worth.sum() == pytest.approx(sum(row[2] for row in rows)), model

    def value(members: frozenset[int]) -> int:
        return sum(row[1] for row in rows if set(row[0]) <= members)

    for one in range(4):
        rest = [other for other in range(4) if other != one]
        total = sum(
            factorial(size) * factorial(3 - size) / factorial(4)
            * (value(frozenset(chosen) | {one}) - value(frozenset(chosen)))
            for size in range(4) for chosen in combinations(rest, size)
        )  # fmt: skip
        assert found[Model.SHAPLEY][0][one] == pytest.approx(total)


@given(ROWS)
def test_the_markov_chain_converts_as_often_as_the_data(rows: list[tuple[list[int], int, float, int]]) -> None:
    tries = sum(row[1] + row[3] for row in rows)
    effect, rate = removals(paths_of(rows), 4)
    if tries:
        assert rate == pytest.approx(sum(row[1] for row in rows) / tries)
    assert ((effect >= 0) & (effect <= 1)).all()


def test_a_removed_channel_takes_its_paths_along() -> None:
    """Start to A to conversion, start to B to A to conversion, start to B lost: by hand."""
    effect, rate = removals(paths_of([([0], 1, 1.0, 0), ([1, 0], 1, 1.0, 0), ([1], 0, 0.0, 1)]), 2)
    assert rate == pytest.approx(2 / 3)
    assert effect.tolist() == pytest.approx([1.0, 0.5])


def test_attribution_equals_plain_python(analyses: Analyses, world: World) -> None:
    rows = shop(world, 12)
    own = {"touches": {"event": ["View", "Cart"]}, "channel": "channel", "lookback": "3d", "half_life": "1d"}
    document = {"method": "attribution", "over": {"from": "2026-01-06", "to": "2026-01-20"}, "attribution": own}
    answer = analyses.run(document, now=day(60))
    found = answer.result
    assert isinstance(found, AttributionResult)
    agrees(analyses, document, answer)
    inside = [row for row in rows if 6 <= row.local.day <= 20 and row.local.month == 1]
    orders: dict[str, list[float]] = {}
    starts: dict[str, Row] = {}
    for row in inside:
        key = row.order or str(row.at)
        if row.name == "Order Completed":
            starts.setdefault(key, row)
        if row.amount:
            orders.setdefault(key, []).append(-row.amount if row.name == "Order Refunded" else row.amount)
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    linear: dict[str, float] = {}
    for key, start in starts.items():
        touches = [
            row.channel for row in rows
            if row.name in {"View", "Cart"} and row.channel and row.person == start.person
            and start.at - 72 * HOUR <= row.at < start.at
        ] or ["direct"]  # fmt: skip
        worth = sum(orders[key])
        first[touches[0]] = first.get(touches[0], 0) + worth
        last[touches[-1]] = last.get(touches[-1], 0) + 1
        for touch in touches:
            linear[touch] = linear.get(touch, 0) + 1 / len(touches)
    assert found.conversions == len(starts)
    for channel in found.channels:
        credit = {one.model: one for one in channel.credits}
        assert credit["first"].amount == pytest.approx(first.get(channel.channel, 0))
        assert credit["last"].conversions == pytest.approx(last.get(channel.channel, 0))
        assert credit["linear"].conversions == pytest.approx(linear[channel.channel])
    for model in Model:
        total = sum(one.conversions for channel in found.channels for one in channel.credits if one.model == model)
        assert total == pytest.approx(found.conversions), model


def test_only_the_most_used_channels_stand_by_themselves(analyses: Analyses, world: World) -> None:
    for person, channel in ((1, "a"), (1, "b"), (2, "a"), (3, "c")):
        world.event(person, "View", day(5), channel=channel)
    for person in (1, 3, 4):
        world.order(person, 100, day(5) + timedelta(hours=1))
    world.flush()
    own = {"touches": "View", "most": 1}
    document = {"method": "attribution", "over": "60d", "attribution": own}
    answer = analyses.run(document, now=day(30))
    assert isinstance(answer.result, AttributionResult)
    agrees(analyses, document, answer)
    told = {(one.channel, one.others): (one.conversions, one.people) for one in answer.result.channels}
    assert told == {("a", False): (1, 1), ("", True): (2, 2), ("direct", False): (1, 1)}
    assert answer.result.unconverted == 1
