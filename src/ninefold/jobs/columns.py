"""From decoded events to the columns of the events store. Pure; whole batches at once."""

import math
from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ninefold.base import mirrored_ms, to_ms
from ninefold.collect import Event
from ninefold.identity import IdentifierBatch, NewPeople, Redirects

_TIME = pa.timestamp("ms", "UTC")
_TEXTS = (
    "name",
    "message_id",
    "type",
    "source",
    "channel",
    "session_id",
    "order_id",
    "product_id",
    "campaign_id",
    "currency",
)
_PART = 500
CHANGES = ("add", "append")
_FIELDS = attrgetter("ts", "received", "revenue_minor", "quantity", "props", "nums", *_TEXTS)


def event_columns(events: Sequence[Event], oneid: NDArray[np.uint32], *, batch_id: int) -> pa.Table:
    """Rows of the ``events`` table.

    Args:
        events: the batch, n events.
        oneid: the person of each, shape (n,).
        batch_id: the pipeline's batch.
    """
    ts, received, revenue, quantity, props, nums, *texts = _fields(events)
    columns: dict[str, pa.Array] = {
        "oneid": pa.array(oneid, pa.uint32()),
        "ts": pa.array(ts, pa.int64()).cast(_TIME),
        "received_at": pa.array(received, pa.int64()).cast(_TIME),
        "batch_id": pa.array(np.full(len(events), batch_id, np.uint64)),
        "revenue_minor": pa.array(revenue, pa.int64()),
        "quantity": pa.array(quantity, pa.float64()),
        "props": _maps(props, pa.string()),
        "nums": _maps(nums, pa.float64()),
    }
    columns.update((name, _texts(text)) for name, text in zip(_TEXTS, texts, strict=True))
    return pa.table(columns)


def _fields(events: Sequence[Event]) -> tuple[list[Any], ...]:
    """Every field as a list, turned a few hundred events at a time: what is turned stays in the processor's cache."""
    columns: tuple[list[Any], ...] = tuple([] for _ in range(6 + len(_TEXTS)))
    for start in range(0, len(events), _PART):
        for column, part in zip(columns, zip(*map(_FIELDS, events[start : start + _PART]), strict=True), strict=True):
            column.extend(part)
    return columns


def _texts(values: Sequence[str]) -> pa.Array:
    """A column of texts; one that is the same in every row, as many are, costs a comparison per row."""
    if values and values.count(values[0]) == len(values):
        return pa.repeat(pa.scalar(values[0], pa.string()), len(values))
    return pa.array(values, pa.string())


def trait_columns(events: Sequence[Event], oneid: NDArray[np.uint32]) -> pa.Table:
    """Rows of the ``traits`` table: one per trait that an event states. A null trait is stored as deleted.

    What is stated once only stands under a mirrored time, before everything else that is stated of the trait.
    """
    keys: list[str] = []
    values: list[str] = []
    nums: list[float | None] = []
    deleted: list[int] = []
    rows: list[int] = []
    times: list[int] = []
    for row, event in enumerate(events):
        stated = [(key, value, event.ts) for key, value in event.traits.items()]
        if event.once:
            stated += [(key, value, mirrored_ms(event.ts)) for key, value in event.once.items() if value is not None]
        for key, value, at in stated:
            text, number = trait_forms(value)
            rows.append(row)
            times.append(at)
            keys.append(key)
            values.append(text)
            nums.append(number)
            deleted.append(int(value is None))
    index = np.asarray(rows, np.int64)
    received = np.fromiter((event.received for event in events), np.int64, len(events))
    return pa.table(
        {
            "key": pa.array(keys, pa.string()),
            "oneid": pa.array(oneid[index], pa.uint32()),
            "source": pa.array([events[row].source for row in rows], pa.string()),
            "value": pa.array(values, pa.string()),
            "num": pa.array(nums, pa.float64()),
            "deleted": pa.array(deleted, pa.uint8()),
            "ts": pa.array(times, pa.int64()).cast(_TIME),
            "received_at": pa.array(received[index]).cast(_TIME),
        }
    )


def change_columns(events: Sequence[Event], oneid: NDArray[np.uint32]) -> pa.Table:
    """Rows of the ``trait_changes`` table: one per number added and per item appended; other operations are none."""
    rows = [
        (row, place, operation, key, operand)
        for row, event in enumerate(events)
        if event.changes
        for place, (operation, key, operand) in enumerate(event.changes)
        if key and operation in CHANGES
    ]
    index = np.array([row for row, *_ in rows], np.int64)
    ts = np.array([events[row].ts for row, *_ in rows], np.int64)
    received = np.array([events[row].received for row, *_ in rows], np.int64)
    return pa.table(
        {
            "key": pa.array([key for *_, key, _ in rows], pa.string()),
            "oneid": pa.array(oneid[index], pa.uint32()),
            "source": pa.array([events[row].source for row, *_ in rows], pa.string()),
            "message_id": pa.array([events[row].message_id for row, *_ in rows], pa.string()),
            "place": pa.array([place for _, place, *_ in rows], pa.uint16()),
            "operation": pa.array([operation for _, _, operation, *_ in rows], pa.string()),
            "value": pa.array([_item(operand) for *_, operand in rows], pa.string()),
            "num": pa.array([_added(operand) for *_, operand in rows], pa.float64()),
            "ts": pa.array(ts).cast(_TIME),
            "received_at": pa.array(received).cast(_TIME),
        }
    )


def deletions(events: Sequence[Event], oneid: NDArray[np.uint32]) -> tuple[tuple[int, int], ...]:
    """Whose traits are all taken back, and as of which ms: (number, time)."""
    return tuple(
        (int(oneid[row]), event.ts)
        for row, event in enumerate(events)
        if any(operation == "delete" for operation, *_ in event.changes)
    )


def _item(operand: str | float | bool) -> str:  # noqa: FBT001 - an item of a list
    """An item as it stands in a list in JSON; a whole number without a fraction."""
    if isinstance(operand, float) and operand.is_integer() and abs(operand) < 1e15:
        operand = int(operand)
    return msgspec.json.encode(operand).decode()


def _added(operand: str | float | bool) -> float:  # noqa: FBT001 - what is added; a text adds nothing
    number = 0.0 if isinstance(operand, str) else float(operand)
    return number if math.isfinite(number) else 0.0


def identifier_batch(events: Sequence[Event], *, batch_id: int) -> IdentifierBatch:
    """The identifiers of a batch as columns; an event of ours about a known person has none.

    Of an unbind the first one stays; the others are taken away as of its time, and never linked by it.
    """
    counts = np.fromiter((len(event.identifiers) for event in events), np.int64, len(events))
    pairs = list(chain.from_iterable(event.identifiers for event in events))
    return IdentifierBatch(
        row=np.repeat(np.arange(len(events), dtype=np.int64), counts),
        namespace=[pair[0] for pair in pairs],
        value=[pair[1] for pair in pairs],
        ts_ms=np.fromiter((event.ts for event in events), np.int64, len(events)),
        source=[event.source for event in events],
        message_id=[event.message_id for event in events],
        batch_id=batch_id,
        unbind=np.fromiter((event.type == "unbind" for event in events), np.bool_, len(events)),
    )


def person_columns(people: NewPeople) -> pa.Table:
    """Rows of the ``people`` table."""
    return pa.table(
        {
            "oneid": pa.array(people.oneid, pa.uint32()),
            "first_seen": pa.array(people.first_seen_ms, pa.int64()).cast(_TIME),
        }
    )


def redirect_columns(redirects: Redirects) -> pa.Table:
    """Rows of the ``redirects`` table."""
    return pa.table(
        {
            "oneid": pa.array(redirects.oneid, pa.uint32()),
            "root": pa.array(redirects.root, pa.uint32()),
            "version": pa.array(redirects.version, pa.uint64()),
        }
    )


def trait_forms(value: str | float | bool | None) -> tuple[str, float | None]:  # noqa: FBT001 - a trait's own value
    """The text of a trait value and its number, when it has one: a boolean is 1 or 0, a time its milliseconds.

    >>> trait_forms(True), trait_forms(3.0), trait_forms("x"), trait_forms(None)
    (('true', 1.0), ('3', 3.0), ('x', None), ('', None))
    >>> trait_forms("1970-01-01T00:00:01Z")
    ('1970-01-01T00:00:01Z', 1000.0)
    """
    if value is None:
        return "", None
    if isinstance(value, bool):
        return ("true", 1.0) if value else ("false", 0.0)
    if isinstance(value, int | float):
        number = float(value)
        return (str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)), number
    return value, _time_number(value)


def _time_number(text: str) -> float | None:
    if len(text) < 10 or len(text) > 35 or text[4] != "-" or not text[:4].isdecimal():
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = datetime.fromisoformat(f"{text if 'T' in text or ' ' in text else text + 'T00:00:00'}+00:00")
    return float(to_ms(instant))


def _maps(maps: Sequence[dict[str, str]] | Sequence[dict[str, float]], value_type: pa.DataType) -> pa.Array:
    offsets = np.zeros(len(maps) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, maps), np.int32, len(maps)), out=offsets[1:])
    keys = pa.array(list(chain.from_iterable(maps)), pa.string())
    values = pa.array(list(chain.from_iterable(map(dict.values, maps))), value_type)
    return pa.MapArray.from_arrays(pa.array(offsets), keys, values)
