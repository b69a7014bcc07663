"""Lifts against GrowthBook's published vectors, and honesty where there is nothing to say."""

import numpy as np
import pytest

from ninefold.base import Error
from ninefold.experiments import Sample, absolute_lift, compare, increment, relative_lift

CONTROL = Sample(n=3407, total=1396.87, squares=52377.9767)
TREATED = Sample(n=3461, total=2422.7, squares=134698.29)


def rounded(*values: float | None) -> list[float]:
    return [round(value, 5) for value in values if value is not None]


def test_growthbook_relative_vector() -> None:
    lift = relative_lift(CONTROL, TREATED)
    assert rounded(lift.estimate, lift.low, lift.high, lift.error, lift.p_value) == [
        0.70732,
        -0.03526,
        1.44989,
        0.37879,
        0.06191,
    ]


def test_growthbook_absolute_vector() -> None:
    lift = absolute_lift(CONTROL, TREATED)
    assert rounded(lift.estimate, lift.low, lift.high, lift.error, lift.p_value) == [
        0.29,
        0.04538,
        0.53462,
        0.12478,
        0.02016,
    ]


def test_growthbook_proportion_vector() -> None:
    lift = relative_lift(Sample.of_successes(14, 28), Sample.of_successes(16, 30))
    assert rounded(lift.estimate, lift.low, lift.high, lift.p_value) == [0.06667, -0.47767, 0.61101, 0.80707]


def test_samples_of_disjoint_people_add_up() -> None:
    values = np.arange(10, dtype=np.int64)
    assert Sample.of(values[:4]) + Sample.of(values[4:]) == Sample.of(values)
    assert Sample.of(values).variance == pytest.approx(np.var(values, ddof=1))


def test_integers_stay_exact_where_floats_would_cancel() -> None:
    values = np.array([10**12, 10**12 + 1, 10**12 + 2], dtype=np.int64)
    assert Sample.of(values).variance == 1.0


def test_rounding_noise_is_no_variance() -> None:
    assert Sample.of(np.full(10, 0.1)).variance == 0.0


@pytest.mark.parametrize(
    ("control", "treated", "reason", "known"),
    [
        (Sample(n=0, total=0, squares=0), TREATED, "empty_arm", False),
        (CONTROL, Sample(n=0, total=0, squares=0), "empty_arm", False),
        (Sample(n=1, total=2, squares=4), TREATED, "one_member_arm", True),
        (Sample.of_successes(1, 1), Sample.of_successes(3, 9), "one_member_arm", True),
        (Sample(n=5, total=10, squares=20), Sample(n=5, total=15, squares=45), "no_variance", True),
        (Sample.of_successes(0, 100), Sample.of_successes(0, 100), "no_variance", True),
    ],
)
def test_what_cannot_be_known_is_absent(control: Sample, treated: Sample, reason: str, *, known: bool) -> None:
    lift = absolute_lift(control, treated)
    assert lift.reason == reason
    assert (lift.estimate is not None) is known
    assert lift.low is lift.high is lift.error is lift.p_value is None


def test_no_share_of_nothing() -> None:
    both = compare(Sample.of_successes(0, 100), Sample.of_successes(9, 100))
    assert both.relative.reason == "zero_control_mean"
    assert both.relative.estimate is None
    assert both.absolute.p_value is not None
    assert both.absolute.low is not None
    assert both.absolute.low > 0


def test_no_share_of_a_loss() -> None:
    refunds = Sample(n=3, total=-30, squares=500)
    assert relative_lift(refunds, TREATED).reason == "negative_control_mean"


def test_one_arm_without_spread_still_compares() -> None:
    lift = absolute_lift(Sample(n=50, total=0, squares=0), Sample(n=50, total=100, squares=400))
    assert lift.reason == ""
    assert lift.freedom == pytest.approx(49)


def test_a_relative_lift_of_minus_all_has_no_interval() -> None:
    lift = relative_lift(Sample.of_successes(9, 100), Sample.of_successes(0, 100))
    assert (lift.estimate, lift.low, lift.reason) == (-1.0, None, "no_variance")


def test_a_shaky_denominator_is_named() -> None:
    assert relative_lift(Sample.of_successes(2, 1000), Sample.of_successes(5, 1000)).caution == "uncertain_control_mean"
    assert relative_lift(CONTROL, TREATED).caution == ""


def test_increment_is_the_lift_times_the_treated_minus_cost() -> None:
    gain = increment(CONTROL, TREATED, cost=500)
    lift = absolute_lift(CONTROL, TREATED)
    assert gain.total == pytest.approx(0.29 * 3461, abs=0.01)
    assert lift.low is not None
    assert gain.low == pytest.approx(lift.low * 3461)
    assert gain.net == pytest.approx(0.29 * 3461 - 500, abs=0.01)
    assert gain.net_low == pytest.approx(lift.low * 3461 - 500)
    assert increment(Sample(n=0, total=0, squares=0), TREATED, cost=7).net is None


def test_a_wider_confidence_is_a_wider_interval() -> None:
    narrow, wide = (absolute_lift(CONTROL, TREATED, confidence=c) for c in (0.8, 0.99))
    assert narrow.low is not None
    assert wide.low is not None
    assert wide.low < narrow.low
    with pytest.raises(Error, match="confidence"):
        absolute_lift(CONTROL, TREATED, confidence=95)


@pytest.mark.parametrize(
    ("n", "total", "squares"), [(-1, 0, 0), (0, 1, 1), (2, 10, 1), (5, float("nan"), 1), (5, 1, float("inf"))]
)
def test_impossible_statistics_are_refused(n: int, total: float, squares: float) -> None:
    with pytest.raises(Error, match="no set of people"):
        Sample(n=n, total=total, squares=squares)


def test_impossible_proportions_and_mixtures_are_refused() -> None:
    with pytest.raises(Error, match="no set of people"):
        Sample.of_successes(11, 10)
    with pytest.raises(Error, match="cannot be added"):
        Sample.of_successes(1, 2) + Sample(n=2, total=1, squares=1)


def test_no_effect_is_found_about_one_time_in_twenty() -> None:
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(1500):
        a, b = rng.exponential(100, 400), rng.exponential(100, 400)
        p = absolute_lift(Sample.of(a), Sample.of(b)).p_value
        assert p is not None
        found += p < 0.05
    assert 0.035 < found / 1500 < 0.065


def test_the_interval_holds_the_planted_effect() -> None:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(1000):
        a, b = rng.exponential(100, 500), rng.exponential(110, 900)
        lift = relative_lift(Sample.of(a), Sample.of(b))
        assert lift.low is not None
        assert lift.high is not None
        held += lift.low <= 0.10 <= lift.high
    assert 0.93 < held / 1000 < 0.97
