"""Money, keys, buckets and text."""

import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import (
    BUCKETS,
    Error,
    bucket,
    clean_text,
    format_money,
    minor_digits,
    minor_units,
    stable_key,
    stable_uuid,
)

currencies = st.sampled_from(["CNY", "USD", "JPY", "KWD", "cny"])
minors = st.integers(-(10**14), 10**14)


@given(minors, currencies)
def test_money_survives_its_own_text(minor: int, currency: str) -> None:
    text = format_money(minor, currency).partition(" ")[2]
    assert minor_units(text, currency) == minor
    assert minor_units(Decimal(minor).scaleb(-minor_digits(currency)), currency) == minor


@given(st.integers(-(10**9), 10**9))
def test_a_float_of_cents_is_those_cents(cents: int) -> None:
    assert minor_units(cents / 100, "USD") == cents


@pytest.mark.parametrize(
    "amount", ["", "abc", "1.2.3", "nan", "inf", "-Infinity", float("nan"), "1e99", Decimal("NaN"), "9" * 40]
)
def test_what_is_no_amount_is_refused_in_words(amount: str | float | Decimal) -> None:
    with pytest.raises(Error) as wrong:
        minor_units(amount)
    assert wrong.value.code == "bad_amount"


def test_halves_go_to_the_even_cent() -> None:
    assert [minor_units(text, "USD") for text in ("0.005", "0.015", "0.025", "-0.005")] == [0, 2, 2, 0]


parts = st.lists(st.text(max_size=6) | st.integers(-9, 9), max_size=4).map(tuple)


@given(parts, parts)
def test_different_parts_have_different_keys(one: tuple[str | int, ...], other: tuple[str | int, ...]) -> None:
    same = tuple(map(str, one)) == tuple(map(str, other))
    assert (stable_key(*one) == stable_key(*other)) == same
    assert stable_uuid(*one).hex == stable_key(*one)


def test_keys_and_buckets_are_the_same_in_every_process_for_ever() -> None:
    assert stable_key("campaign", 7) == stable_key("campaign", "7")
    code = (
        "import numpy as np; from ninefold.base import *; print(stable_key('a', 'b'), *bucket('spring', np.arange(5)))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert other == [stable_key("a", "b"), *map(str, bucket("spring", np.arange(5)))]
    # Kept numbers: a change of the function would re-assign everybody who is in a running experiment.
    assert bucket("spring", np.arange(5)).tolist() == [666, 9188, 9058, 8132, 8292]


def test_buckets_are_uniform_and_independent_between_salts() -> None:
    ids = np.arange(200_000, dtype=np.uint32)
    one, other = bucket("one", ids), bucket("other", ids)
    assert one.min() >= 0
    assert one.max() < BUCKETS
    for share in (100, 1000, 5000):
        found = (one < share).mean()
        sigma = (share / BUCKETS * (1 - share / BUCKETS) / len(ids)) ** 0.5
        assert abs(found - share / BUCKETS) < 4 * sigma
    counts = np.bincount(one // 100, minlength=100)
    chi2 = ((counts - len(ids) / 100) ** 2 / (len(ids) / 100)).sum()
    assert chi2 < 160  # 99 degrees of freedom: exceeded once in ten thousand
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.01


@given(st.lists(st.integers(0, 2**32 - 1), max_size=20), st.text(max_size=5))
def test_a_bucket_does_not_depend_on_the_company(ids: list[int], salt: str) -> None:
    together = bucket(salt, np.array(ids, dtype=np.uint32))
    alone = [int(bucket(salt, np.array([one], dtype=np.uint64))[0]) for one in ids]
    assert together.tolist() == alone


@given(st.text())
def test_cleaned_text_can_be_stored_and_cleaning_again_changes_nothing(text: str) -> None:
    clean = clean_text(text)
    clean.encode()
    assert "\0" not in clean
    assert clean_text(clean) == clean


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_good_text_is_left_alone(text: str) -> None:
    assert clean_text(text) == text
