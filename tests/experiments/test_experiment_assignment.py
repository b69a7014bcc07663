"""Hold-outs are sticky, fair and checked."""

import numpy as np
import pytest

from ninefold.base import Error
from ninefold.experiments import assign, sample_ratio

PEOPLE = np.arange(1, 200_001, dtype=np.uint32)


def test_arms_do_not_depend_on_company_or_order() -> None:
    whole = assign(PEOPLE, key="spring", salt_version=1, holdout=2000)
    shuffled = np.random.default_rng(3).permutation(len(PEOPLE))
    again = assign(PEOPLE[shuffled], key="spring", salt_version=1, holdout=2000)
    assert np.array_equal(whole.control[shuffled], again.control)
    one = assign(PEOPLE[7:8], key="spring", salt_version=1, holdout=2000)
    assert one.bucket[0] == whole.bucket[7]


def test_the_share_is_kept_and_salts_are_independent() -> None:
    first = assign(PEOPLE, key="spring", salt_version=1, holdout=1000).control
    second = assign(PEOPLE, key="spring", salt_version=2, holdout=1000).control
    assert abs(first.mean() - 0.1) < 0.003
    assert abs((first & second).mean() - 0.01) < 0.001


def test_a_larger_share_keeps_those_already_held_out() -> None:
    small = assign(PEOPLE, key="spring", salt_version=1, holdout=500).control
    large = assign(PEOPLE, key="spring", salt_version=1, holdout=1500).control
    assert not (small & ~large).any()


def test_none_and_all() -> None:
    assert not assign(PEOPLE, key="a", salt_version=1, holdout=0).control.any()
    assert assign(PEOPLE, key="a", salt_version=1, holdout=10_000).control.all()
    with pytest.raises(Error, match="hold-out"):
        assign(PEOPLE, key="a", salt_version=1, holdout=10_001)


def test_a_fair_draw_is_not_flagged_and_a_leak_is() -> None:
    control = int(assign(PEOPLE, key="a", salt_version=1, holdout=1000).control.sum())
    assert not sample_ratio(control, len(PEOPLE) - control, holdout=1000).flagged
    leaky = sample_ratio(control, int((len(PEOPLE) - control) * 0.95), holdout=1000)
    assert leaky.flagged
    assert leaky.p_value is not None
    assert leaky.p_value < 0.001


def test_chi_square_by_hand() -> None:
    # (550-500)^2/500 + (450-500)^2/500 = 10 -> p = 0.0015654
    check = sample_ratio(550, 450, holdout=5000)
    assert check.p_value == pytest.approx(0.0015654, abs=1e-7)
    assert check.expected_control == 500


def test_small_arms_use_the_exact_test() -> None:
    assert sample_ratio(0, 20, holdout=1000).p_value == pytest.approx(2 * 0.9**20)
    assert sample_ratio(1, 9, holdout=1000).p_value == 1.0
    assert sample_ratio(8, 2, holdout=1000).flagged


def test_without_a_hold_out_there_is_nothing_to_check() -> None:
    assert sample_ratio(0, 0, holdout=1000).reason == "empty"
    fine = sample_ratio(0, 900, holdout=0)
    assert (fine.reason, fine.p_value, fine.flagged) == ("no_holdout", None, False)
    assert sample_ratio(3, 900, holdout=0).flagged
    with pytest.raises(Error):
        sample_ratio(-1, 5, holdout=100)
    with pytest.raises(Error):
        sample_ratio(1, 5, holdout=-1)
