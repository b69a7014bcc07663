"""Cells of any kind: nothing raises, nothing is invented, what is exact stays exact."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.base import minor_units, parse_time, to_ms
from ninefold.collect.imports.cells import booleans, float_text, identifier_texts, money, numbers, texts, translate
from ninefold.collect.imports.model import EMPTY_TEXTS
from ninefold.collect.imports.times import days, instants, iso_texts

EMPTY = pa.array(EMPTY_TEXTS, pa.string())
anything = st.lists(st.none() | st.text(max_size=20), max_size=12)
numberish = st.lists(st.text(alphabet="0123456789.,-+eE¥% ()", max_size=12), max_size=12)


def strings(*cells: str | None) -> pa.Array:
    return pa.array(cells, pa.string())


@given(anything | numberish)
@settings(max_examples=150)
def test_no_text_breaks_a_reader(cells: list[str | None]) -> None:
    array = pa.array(cells, pa.string())
    plain = texts(array, EMPTY)
    for read in (
        identifier_texts(array, EMPTY),
        numbers(array, EMPTY),
        booleans(array, EMPTY),
        money(array, EMPTY, ["CNY"]),
        money(array, EMPTY, ["JPY"] * len(cells), decimal=","),
        instants(array, EMPTY),
        instants(array, EMPTY, format="excel"),
        instants(array, EMPTY, format="%d/%m/%Y"),
        days(array, EMPTY),
    ):
        assert len(read.values) == len(read.bad) == len(cells)
        for text, value, bad in zip(plain.to_pylist(), read.values.to_pylist(), read.bad, strict=True):
            assert value is None or text is not None  # an empty cell has no value
            assert not bad or text is not None  # and no fault
            assert bad or value is not None or text is None  # what is there is read or told


@given(st.lists(st.floats(width=64) | st.none(), max_size=12))
@settings(max_examples=100)
def test_no_float_breaks_a_reader(cells: list[float | None]) -> None:
    array = pa.array(cells, pa.float64())
    for read in (
        identifier_texts(array, EMPTY),
        numbers(array, EMPTY),
        money(array, EMPTY, ["CNY"]),
        instants(array, EMPTY),
    ):
        assert len(read.values) == len(read.bad) == len(cells)
        assert all(
            value is None or not (isinstance(value, float) and math.isnan(value)) for value in read.values.to_pylist()
        )


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1), st.sampled_from(["CNY", "JPY", "KWD"]))
@settings(max_examples=100)
def test_money_is_exact_as_text_float_and_decimal(minor: list[int], currency: str) -> None:
    digits = {"CNY": 2, "JPY": 0, "KWD": 3}[currency]
    major = [Decimal(m).scaleb(-digits) for m in minor]
    as_text = strings(*(format(m, "f") for m in major))
    as_float = pa.array([float(m) for m in major])
    as_decimal = pa.array(major, pa.decimal128(20, digits))
    for array in (as_text, as_float, as_decimal):
        read = money(array, EMPTY, [currency])
        assert read.values.to_pylist() == minor
        assert not read.bad.any()


@given(st.lists(st.decimals(-(10**6), 10**6, places=4), min_size=1))
@settings(max_examples=100)
def test_money_rounds_like_the_house(amounts: list[Decimal]) -> None:
    read = money(strings(*(format(a, "f") for a in amounts)), EMPTY, ["CNY"])
    assert read.values.to_pylist() == [minor_units(amount, "CNY") for amount in amounts]


def test_money_in_all_its_clothes() -> None:
    cells = strings("¥1,234.50", "(5)", "CNY 7", "１２.5", "1e2", "12,34", "", None, "free", "9" * 20)
    read = money(cells, EMPTY, ["CNY"])
    assert read.values.to_pylist() == [123450, -500, 700, 1250, 10000, None, None, None, None, None]
    assert np.flatnonzero(read.bad).tolist() == [5, 8, 9]
    assert money(strings("1.234,50"), EMPTY, ["EUR"], decimal=",").values.to_pylist() == [123450]
    assert money(pa.array([1234]), EMPTY, ["CNY"], minor=True).values.to_pylist() == [1234]
    assert money(pa.array([10**17, 5]), EMPTY, ["CNY"]).bad.tolist() == [True, False]
    mixed = money(strings("5", "5", "x"), EMPTY, ["JPY", "CNY", "CNY"])
    assert (mixed.values.to_pylist(), mixed.bad.tolist()) == ([5, 500, None], [False, False, True])


def test_identifiers_survive_spreadsheets() -> None:
    cells = strings(
        '="0012"', "'0013", "\t138 ", "13800138000.0", "1.3800138000E+10", "1.38001E+10", "1E3", "a\x00b", "x" * 1025
    )
    read = identifier_texts(cells, EMPTY)
    assert read.values.to_pylist()[:8] == [
        "0012",
        "0013",
        "138",
        "13800138000",
        "13800138000",
        "1.38001E+10",
        "1E3",
        "ab",
    ]
    assert np.flatnonzero(read.bad).tolist() == [5, 8]
    typed = identifier_texts(pa.array([13800138000.0, 1.2345678901234567e17, None]), EMPTY)
    assert typed.values.to_pylist()[0] == "13800138000"
    assert typed.bad.tolist() == [False, True, False]
    assert identifier_texts(pa.array([7, None]), EMPTY).values.to_pylist() == ["7", None]


def test_other_types_as_text() -> None:
    assert texts(pa.array([True, None]), EMPTY).to_pylist() == ["true", None]
    assert texts(pa.array([Decimal("1.50")]), EMPTY).to_pylist() == ["1.5"]
    assert texts(pa.array([["a", "b"]]), EMPTY).to_pylist() == ['["a","b"]']
    assert texts(pa.nulls(2), EMPTY).to_pylist() == [None, None]
    assert float_text(float("inf")) == "inf"


def test_numbers_and_words() -> None:
    read = numbers(strings("1,234.5", "12%", "(3)", "1_0", "inf", "-", "٣"), EMPTY)
    assert read.values.to_pylist() == [1234.5, 0.12, -3.0, None, None, None, 3.0]
    assert read.bad.tolist() == [False, False, False, True, True, False, False]
    assert booleans(strings("是", "NO", "maybe", None), EMPTY).values.to_pylist() == [True, False, None, None]
    assert translate(strings("男", "x", None), (("男", "male"),)).to_pylist() == ["male", "x", None]


TIMES = """2026-01-02 03:04:05|2026/1/2 3:04:05|2026.1.2 03:04:05|2026年1月2日 3时4分5秒|20260102030405|
2026-01-02T03:04:05+08:00|2026-01-01T19:04:05Z|1767294245|1767294245000|1767294245000000|2026-1-2  03:04:05.000"""


@pytest.mark.parametrize("text", TIMES.split("|"))
def test_the_same_instant_in_many_forms(text: str) -> None:
    read = instants(strings(text, None), EMPTY, zone="Asia/Shanghai")
    assert iso_texts(read.values).to_pylist() == ["2026-01-01T19:04:05.000Z", None]


@given(
    st.lists(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)), min_size=1, max_size=30),  # noqa: DTZ001 - local
    st.sampled_from(
        ["UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]
    ),
)
@settings(max_examples=150)
def test_zones_as_the_house_reads_them(moments: list[datetime], zone: str) -> None:
    whole = [moment.replace(microsecond=0) for moment in moments]
    expected = [to_ms(parse_time(moment.isoformat(), zone=zone)) for moment in whole]
    for array in (
        strings(*(moment.isoformat(sep=" ") for moment in whole)),
        strings(*(moment.strftime("%Y/%m/%d %H:%M:%S") for moment in whole)),
        pa.array(whole, pa.timestamp("us")),
    ):
        assert instants(array, EMPTY, zone=zone).values.to_pylist() == expected
    by_pattern = strings(*(moment.strftime("%d.%m.%Y %H:%M:%S") for moment in whole))
    assert instants(by_pattern, EMPTY, format="%d.%m.%Y %H:%M:%S", zone=zone).values.to_pylist() == expected


def test_times_that_are_none() -> None:
    cells = strings("2026-02-30", "31/12/2026", "25:00", "0000-00-00", "99999999999999999999", "12:30")
    assert instants(cells, EMPTY).bad.all()
    assert instants(strings("30/02/2026", "1/2/26"), EMPTY, format="%d/%m/%Y").bad.all()
    assert instants(strings("45292", "soon"), EMPTY, format="epoch_s").values.to_pylist() == [45292000, None]
    assert instants(strings("45292"), EMPTY, format="iso").bad.all()


def test_spreadsheet_days_and_typed_times() -> None:
    noon = to_ms(datetime(2024, 1, 1, 4, tzinfo=UTC))
    assert instants(pa.array([45292.5]), EMPTY, zone="Asia/Shanghai").values.to_pylist() == [noon]
    assert instants(strings("45292.5"), EMPTY, zone="Asia/Shanghai").values.to_pylist() == [noon]
    aware = pa.array([datetime(2024, 1, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))], pa.timestamp("ms", "Asia/Shanghai"))
    assert instants(aware, EMPTY, zone="UTC").values.to_pylist() == [noon]
    assert days(strings("1990/5/6", "x"), EMPTY).values.to_pylist() == ["1990-05-06", None]
    assert days(pa.array([45292]), EMPTY).values.to_pylist() == ["2024-01-01"]
