"""Cells as text, numbers, money and yes/no, a whole column at a time.

Pure. Every reader gives the values (null = empty) and a mask of the cells that hold something it cannot read.
What spreadsheets do to cells is undone where nothing is lost: ``="0012"``, ``'0012``, ``13800138000.0``, ``1.38E+10``.
"""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ninefold.base import Error, minor_digits, minor_units

Mask = NDArray[np.bool_]

TRUE_WORDS = ("true", "1", "yes", "y", "t", "on", "是", "有", "真", "√")
FALSE_WORDS = ("false", "0", "no", "n", "f", "off", "否", "无", "假", "×")
LONGEST_CELL = 32_767
"""Characters of a cell; the most that a spreadsheet can hold."""

_EXACT_FLOAT = 1e15  # spreadsheets keep 15 digits, so a longer number has lost some
_SYMBOLS = str.maketrans(dict.fromkeys("¥￥$€£元圓円₩ \u00a0\u202f'’", ""))
_WIDE = str.maketrans("０１２３４５６７８９．，－＋（）％", "0123456789.,-+()%")
_SCIENTIFIC = re.compile(r"([+-]?)(\d)(?:\.(\d*))?[eE]\+(\d{2,3})")
_PLAIN_MONEY = r"^[+-]?\d{1,12}(\.\d{1,3})?$"


@dataclass(frozen=True, slots=True)
class Read:
    """A column that was read: values with nulls for empty cells, and which cells could not be read."""

    values: pa.Array
    bad: Mask


def as_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column as one plain array: chunks joined, dictionaries and large or view strings resolved."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return array.cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if b is None else b.decode("utf-8", "replace") for b in array.to_pylist()], pa.string())
    return array


def is_text(array: pa.Array) -> bool:
    """Whether cells are text, so that their meaning has to be read out of it."""
    return bool(pa.types.is_string(array.type) or pa.types.is_null(array.type))


def no_bad(length: int) -> Mask:
    """A mask without a bad cell."""
    return np.zeros(length, dtype=np.bool_)


def mask_of(array: pa.Array) -> Mask:
    """A boolean array as a mask; null is false."""
    return np.asarray(pc.fill_null(array, fill_value=False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def texts(array: pa.Array, empty: pa.Array) -> pa.Array:
    """Cells as text: outer white space, NUL and spreadsheet wrappers gone, empty texts null.

    Args:
        array: a column of any type, from :func:`as_array`.
        empty: the texts that mean "no value".
    """
    kind = array.type
    if pa.types.is_string(kind):
        return _clean(array, empty)
    if pa.types.is_floating(kind):
        return pa.array([None if v is None or math.isnan(v) else float_text(v) for v in array.to_pylist()], pa.string())
    if pa.types.is_null(kind) or pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_temporal(kind):
        return array.cast(pa.string())
    if pa.types.is_decimal(kind):
        return pa.array([None if v is None else format(v.normalize(), "f") for v in array.to_pylist()], pa.string())
    return pa.array([None if v is None else _json(v) for v in array.to_pylist()], pa.string())


def identifier_texts(array: pa.Array, empty: pa.Array) -> Read:
    """Cells as identifiers: like :func:`texts`, with numbers written out in full.

    Bad are numbers that a spreadsheet has cut (``1.38001E+10`` stands for no phone number) and over-long cells.
    """
    values = texts(array, empty)
    lengths = pc.utf8_length(values)
    bad = mask_of(pc.greater(lengths, 1024))
    suspects = mask_of(pc.match_substring_regex(values, r"^[+-]?(\d{5,}\.0|\d(\.\d*)?[eE]\+\d{2,3})$"))
    if suspects.any():
        written = values.to_pylist()
        for i in np.flatnonzero(suspects):
            whole = _whole_number(written[i])
            bad[i] |= whole is None
            written[i] = whole or written[i]
        values = pa.array(written, pa.string())
    return Read(values, bad)


def too_long(values: pa.Array) -> Mask:
    """Which texts are longer than a cell may be."""
    return mask_of(pc.greater(pc.utf8_length(values), LONGEST_CELL))


def translate(values: pa.Array, pairs: tuple[tuple[str, str], ...]) -> pa.Array:
    """Texts replaced by what the mapping says they stand for; others stay."""
    if not pairs:
        return values
    index = pc.index_in(values, value_set=pa.array([raw for raw, _ in pairs], pa.string()))
    found = pc.take(pa.array([stored for _, stored in pairs], pa.string()), index)
    return pc.coalesce(found, values)


def numbers(array: pa.Array, empty: pa.Array) -> Read:
    """Cells as float64; thousands separators, currency and percent signs and full-width digits are understood."""
    if not is_text(array):
        values = array.cast(pa.float64(), safe=False)
        finite = pc.is_finite(values)
        return Read(pc.if_else(finite, values, None), mask_of(pc.and_(pc.invert(finite), pc.invert(pc.is_nan(values)))))
    values = texts(array, empty)
    try:
        parsed = values.cast(pa.float64())
        if pc.all(pc.fill_null(pc.is_finite(parsed), fill_value=True)).as_py():
            return Read(parsed, no_bad(len(array)))
    except pa.ArrowInvalid:
        pass
    return each_text(values, _number, pa.float64())


def booleans(array: pa.Array, empty: pa.Array) -> Read:
    """Cells as yes or no, in the words of :data:`TRUE_WORDS` and :data:`FALSE_WORDS`."""
    if pa.types.is_boolean(array.type):
        return Read(array, no_bad(len(array)))
    lower = pc.utf8_lower(texts(array, empty))
    true = pc.is_in(lower, value_set=pa.array(TRUE_WORDS))
    known = pc.or_(true, pc.is_in(lower, value_set=pa.array(FALSE_WORDS)))
    return Read(pc.if_else(known, true, None), mask_of(pc.and_(pc.is_valid(lower), pc.invert(known))))


def money(array: pa.Array, empty: pa.Array, currencies: list[str], *, minor: bool = False, decimal: str = ".") -> Read:
    """Cells as int64 minor units, exactly; half a unit is rounded to even.

    Args:
        array: amounts.
        empty: the texts that mean "no value".
        currencies: ISO 4217 code of each row, or one for all.
        minor: the amounts are in minor units already.
        decimal: the decimal sign of texts.
    """
    digits = {currency: 0 if minor else minor_digits(currency) for currency in set(currencies)}
    if len(set(digits.values())) <= 1:
        return _money(array, empty, next(iter(digits.values()), 2), decimal)
    per_row = np.array([digits[currency] for currency in currencies])
    values, bad = np.zeros(len(array), np.int64), no_bad(len(array))
    valid = no_bad(len(array))
    for count in set(digits.values()):
        here = per_row == count
        part = _money(array.filter(pa.array(here)), empty, count, decimal)
        values[here] = pc.fill_null(part.values, 0).to_numpy(zero_copy_only=False)
        valid[here] = mask_of(pc.is_valid(part.values))
        bad[here] = part.bad
    return Read(pa.array(values, mask=~valid), bad)


def _money(array: pa.Array, empty: pa.Array, digits: int, decimal: str) -> Read:
    if pa.types.is_integer(array.type):
        return _integer_money(array, digits)
    if pa.types.is_floating(array.type):
        return _float_money(array, digits)
    if not is_text(array):
        array = texts(array, empty)
    values = texts(array, empty)
    plain = pc.match_substring_regex(values, _PLAIN_MONEY) if decimal == "." else pa.scalar(value=False)
    if decimal == "." and pc.all(pc.fill_null(plain, fill_value=True)).as_py():
        # At most 12 digits before the point: the error of two roundings stays below half a unit.
        scaled = pc.multiply(values.cast(pa.float64()), float(10**digits))
        exact = pc.round(scaled, round_mode="half_to_even")
        if pc.all(pc.less(pc.abs(pc.subtract(scaled, exact)), 0.4)).as_py() is not False:
            return Read(exact.cast(pa.int64()), no_bad(len(array)))
    return each_text(values, lambda text: _amount(text, digits, decimal), pa.int64())


def _integer_money(array: pa.Array, digits: int) -> Read:
    largest = 9_000_000_000_000_000 // 10**digits
    fits = pc.and_(pc.less_equal(array, largest), pc.greater_equal(array, -largest))
    values = pc.multiply(pc.if_else(fits, array, None).cast(pa.int64()), 10**digits)
    return Read(values, mask_of(pc.invert(fits)))


def _float_money(array: pa.Array, digits: int) -> Read:
    values = array.to_numpy(zero_copy_only=False).astype(np.float64)
    empty = np.isnan(values)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.where(empty, 0.0, values * 10.0**digits)
        rounded = np.rint(scaled)
        unsure = ~(np.abs(scaled - rounded) < 0.4) | ~(np.abs(scaled) < 2.0**50)
    bad = no_bad(len(values))
    minor = np.where(unsure, 0.0, rounded).astype(np.int64)
    for i in np.flatnonzero(unsure):
        exact = _amount(repr(float(values[i])), digits, ".")
        bad[i] = exact is None
        minor[i] = exact or 0
    return Read(pa.array(minor, mask=empty | bad), bad)


def each_text(values: pa.Array, read: Callable[[str], float | None], kind: pa.DataType) -> Read:
    """Read each distinct text once; the slow way for columns that are not plain."""
    coded = values.dictionary_encode()
    found = [read(text) for text in coded.dictionary.to_pylist()]
    result = pc.take(pa.array(found, kind), coded.indices)
    return Read(result, mask_of(pc.and_(pc.is_valid(values), pc.is_null(result))))


def _clean(array: pa.Array, empty: pa.Array) -> pa.Array:
    values = pc.utf8_trim_whitespace(array)
    if _any(pc.match_substring(values, "\x00")):
        values = pc.utf8_trim_whitespace(pc.replace_substring(values, "\x00", ""))
    if _any(pc.starts_with(values, '="')):
        values = pc.replace_substring_regex(values, r'^="([^"]*)"$', r"\1")
    if _any(pc.starts_with(values, "'")):
        values = pc.replace_substring_regex(values, r"^'([+=@\d-])", r"\1")
    return pc.if_else(pc.is_in(values, value_set=empty), None, values)


def _any(condition: pa.Array) -> bool:
    return bool(pc.any(condition).as_py())


def float_text(value: float) -> str:
    """A float as a spreadsheet would show it in full: no ``.0``, and 15 digits for what it cannot hold exactly.

    >>> float_text(13800138000.0), float_text(1.5), float_text(123456789012345678.0)
    ('13800138000', '1.5', '1.23456789012346e+17')
    """
    if math.isinf(value) or abs(value) >= _EXACT_FLOAT:
        return format(value, ".15g")
    return str(int(value)) if value == int(value) else repr(value)


def _whole_number(text: str) -> str | None:
    """A number such as ``1.38E+10`` or ``12.0`` written out, or nothing when digits were lost."""
    match = _SCIENTIFIC.fullmatch(text)
    if match is None:
        return text.partition(".")[0]
    sign, first, rest, exponent = match.group(1), match.group(2), match.group(3) or "", int(match.group(4))
    if len(rest) < exponent or rest[exponent:].strip("0"):
        return None
    return sign.replace("+", "") + first + rest[:exponent]


def _number(text: str) -> float | None:
    plain = text.translate(_WIDE).translate(_SYMBOLS)
    percent = plain.endswith("%")
    plain = plain.removesuffix("%")
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1]
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", plain):
        plain = plain.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", plain):
        return None
    value = float(plain)
    return None if math.isinf(value) else value / 100 if percent else value


def _amount(text: str, digits: int, decimal: str) -> int | None:
    plain = re.sub(r"^[A-Z]{3}|[A-Z]{3}$", "", text.translate(_WIDE).translate(_SYMBOLS))
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1]
    if decimal == ",":
        plain = plain.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", plain):
        plain = plain.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", plain):
        return None
    try:
        return minor_units(Decimal(plain), _currency_with(digits))
    except (Error, InvalidOperation):
        return None


@cache
def _currency_with(digits: int) -> str:
    return {0: "JPY", 3: "KWD"}.get(digits, "CNY")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
