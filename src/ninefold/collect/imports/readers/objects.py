"""Records of JSON and of databases as columns: nested objects by dotted names, lists as JSON text. Pure.

A column whose values are all numbers, all yes-or-no, all times or all days keeps that type; any other mix is text.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from ninefold.base import clean_text
from ninefold.collect.imports.cells import float_text

_DEEPEST = 16
_EXACT = 2**53  # beyond it a float does not hold every whole number


def flat(record: Mapping[str, object], prefix: str = "", room: int = _DEEPEST) -> dict[str, object]:
    """A record with its nested objects as dotted names.

    >>> flat({"id": 7, "customer": {"email": "a@b.cn"}, "tags": ["x"]})
    {'id': 7, 'customer.email': 'a@b.cn', 'tags': '["x"]'}
    """
    row: dict[str, object] = {}
    for name, value in record.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and room and value:
            row.update(flat(value, f"{key}.", room - 1))
        elif isinstance(value, Mapping | list | tuple):
            row[key] = json_text(value)
        else:
            row[key] = value
    return row


def table_of(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Flat rows as a table with every name that occurs, in the order of first mention."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: column_of([row.get(name) for row in rows]) for name in names})


def column_of(values: Sequence[object]) -> pa.Array:
    """Values as one column, typed when all of them are of one type."""
    kinds = {type(value) for value in values if value is not None}
    if not kinds or kinds == {str}:
        return pa.array([None if v is None else clean_text(str(v)) for v in values], pa.string())
    try:
        if kinds == {bool}:
            return pa.array(values, pa.bool_())
        if kinds == {int}:
            return pa.array(values, pa.int64())
        if kinds <= {int, float} and all(not isinstance(v, int) or abs(v) < _EXACT for v in values):
            return pa.array(values, pa.float64())
        if kinds in ({datetime}, {date}, {Decimal}):
            return _temporal(values, kinds)
    except (pa.ArrowInvalid, OverflowError):
        pass
    return pa.array([None if v is None else clean_text(scalar_text(v)) for v in values], pa.string())


def scalar_text(value: object) -> str:
    """One value as text: numbers written out, yes-or-no as true or false, times as ISO 8601, bytes as UTF-8.

    >>> scalar_text(12.0), scalar_text(True), scalar_text(b"x")
    ('12', 'true', 'x')
    """
    text = value if isinstance(value, str) else str(value)
    match value:
        case bool():
            text = "true" if value else "false"
        case float():
            text = float_text(value)
        case bytes() | bytearray() | memoryview():
            text = bytes(value).decode("utf-8", "replace")
        case datetime() | date():
            text = value.isoformat()
        case Mapping() | list() | tuple():
            text = json_text(value)
    return text


def json_text(value: object) -> str:
    """A value as JSON, with what JSON does not know as text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=scalar_text)


def _temporal(values: Sequence[object], kinds: set[type]) -> pa.Array:
    array = pa.array(values)
    if kinds == {datetime}:
        zones = {v.tzinfo is not None for v in values if isinstance(v, datetime)}
        if len(zones) > 1:
            raise pa.ArrowInvalid("times with and without a zone")
        return array.cast(pa.timestamp("ms", tz="UTC" if zones == {True} else None), safe=False)
    return array
