"""Rows of a file into events, a chunk of columns at a time.

Pure. A cell that cannot be read rejects its row, with the first fault found; a row that a filter leaves out or that
is blank is skipped; every other row becomes exactly one event, in the order of the file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import repeat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ninefold.base import parse_time, stable_key, to_ms
from ninefold.collect.event import NAMES, Event
from ninefold.collect.imports.cells import (
    LONGEST_CELL,
    TRUE_WORDS,
    Mask,
    Read,
    as_array,
    booleans,
    identifier_texts,
    is_text,
    mask_of,
    money,
    no_bad,
    numbers,
    texts,
    too_long,
    translate,
)
from ninefold.collect.imports.model import (
    CellType,
    Context,
    Filter,
    FilterOp,
    Identifier,
    Mapping,
    Problem,
    Rejected,
    Value,
)
from ninefold.collect.imports.readers import ROW_ID, Chunk
from ninefold.collect.imports.times import days, instants, iso_texts
from ninefold.collect.model import Limits

from .mapped import Mapped

_LONGEST_MESSAGE_ID = 200
_LIMITS = Limits()
_ALLOWED = {
    CellType.NUMBER: ("bad_number", "a number, e.g. 1,234.5"),
    CellType.BOOLEAN: ("bad_boolean", f"yes or no, e.g. {', '.join(TRUE_WORDS[:4])}"),
    CellType.TIME: ("bad_time", "a time, e.g. 2026-01-31 18:30:00; others need a format"),
    CellType.DATE: ("bad_date", "a day, e.g. 2026-01-31; others need a format"),
    CellType.TEXT: ("too_long", f"at most {LONGEST_CELL} characters"),
}

Cells = Iterable[object]
Named = tuple[str, pa.Array]


def map_chunk(mapping: Mapping, chunk: Chunk, context: Context) -> Mapped:
    """The events of a chunk of rows.

    Args:
        mapping: checked against the headers of the file.
        chunk: rows.
        context: the file, the time and the defaults of the settings.
    """
    first = _Work(mapping, chunk, context).result()
    if not mapping.also:
        return first
    return _together([first, *(_Work(more, chunk, context).result() for more in mapping.also)], chunk)


def row_named(mapping: Mapping) -> Mapping:
    """A mapping whose rows are known by their name at the source where it names no message id itself."""
    named = mapping if mapping.message_id else replace(mapping, message_id=(ROW_ID,))
    return replace(named, also=tuple(map(row_named, mapping.also)))


def _together(parts: Sequence[Mapped], chunk: Chunk) -> Mapped:
    """The events of several mappings of the same rows. A further event that would have no person is left out."""
    rejected = {one.problem.row: one for one in parts[0].rejected}
    for part in parts[1:]:
        for one in part.rejected:
            if one.problem.code != "no_identifier":
                rejected.setdefault(one.problem.row, one)
    rows = np.concatenate([part.rows for part in parts])
    accepted = len(set(rows.tolist()) - rejected.keys())
    return Mapped(
        events=[event for part in parts for event in part.events],
        rows=rows,
        rejected=tuple(rejected[row] for row in sorted(rejected)),
        accepted=accepted,
        skipped=chunk.records - accepted - len(rejected),
        masked=parts[0].masked,
    )


class _Work:
    """One chunk under one mapping; ``places`` are the positions of the rows at work in the chunk."""

    def __init__(self, mapping: Mapping, chunk: Chunk, context: Context) -> None:
        self.mapping, self.chunk, self.context = mapping, chunk, context
        self.zone = mapping.zone or context.zone
        self.empty = pa.array(mapping.empty or ("",), pa.string())
        self.columns: dict[str, pa.Array] = {}
        self.table = chunk.table
        self.places = np.arange(chunk.table.num_rows)
        self.problems: dict[int, Problem] = {}
        self.masked = 0
        keep = self._kept()
        if not keep.all():
            self.table, self.places, self.columns = self.table.filter(pa.array(keep)), self.places[keep], {}
        self.bad = no_bad(len(self.places))
        self.blank = no_bad(len(self.places))

    def result(self) -> Mapped:
        fields = self._fields()
        good = ~(self.bad | self.blank)
        events = _events(fields, None if good.all() else good)
        rejected = [
            Rejected(problem=problem, raw=self.chunk.raw(int(self.places[i])))
            for i, problem in sorted(self.problems.items())
        ]
        both = sorted((*rejected, *self.chunk.broken), key=lambda one: one.problem.row)
        skipped = self.chunk.records - len(events) - len(both)
        rows = self.chunk.rows[self.places[good]]
        return Mapped(
            events=events, rows=rows, rejected=tuple(both), accepted=len(events), skipped=skipped, masked=self.masked
        )

    def column(self, name: str) -> pa.Array:
        if name not in self.columns:
            present = self.table.column_names  # rows of JSON leave out what they do not have
            header = next((one for one in self.mapping.headers_of(name) if one in present), None)
            self.columns[name] = (
                pa.nulls(self.table.num_rows, pa.string()) if header is None else as_array(self.table.column(header))
            )
        return self.columns[name]

    def reject(self, bad: Mask, column: str, fault: tuple[str, str], message: str = "") -> None:
        """Reject the rows of a mask; the first fault of a row is the one that is told."""
        code, allowed = fault
        for i in np.flatnonzero(bad & ~self.bad & ~self.blank).tolist():
            got = "" if not column else str(self.column(column)[i].as_py() or "")
            self.problems[i] = Problem(
                row=int(self.chunk.rows[self.places[i]]),
                column=column,
                code=code,
                got=got[:200],
                allowed=allowed,
                message=message or f'the cell of column "{column}" cannot be read',
            )
        self.bad |= bad

    def _kept(self) -> Mask:
        keep = np.ones(len(self.places), np.bool_)
        for rule in self.mapping.filters:
            keep &= self._passes(rule)
        return keep

    def _passes(self, rule: Filter) -> Mask:
        values = texts(self.column(rule.column), self.empty)
        match rule.op:
            case FilterOp.PRESENT:
                return mask_of(pc.is_valid(values))
            case FilterOp.ABSENT:
                return mask_of(pc.is_null(values))
            case FilterOp.IS:
                return mask_of(pc.is_in(values, value_set=pa.array(rule.values, pa.string())))
            case FilterOp.IS_NOT:
                return ~mask_of(pc.is_in(values, value_set=pa.array(rule.values, pa.string())))

    def _fields(self) -> dict[str, Cells]:
        """The values of every field of the events, per row at work."""
        mapping, count = self.mapping, len(self.places)
        identifiers = self._identifiers()
        ts = self._instants()
        names = self._event_names()
        amounts, currencies = self._amounts()
        quantity = None if mapping.quantity is None else self._typed(mapping.quantity)[1]
        fields: dict[str, Cells] = {
            "message_id": self._message_ids(),
            "type": repeat("identify" if mapping.event is None else "track", count),
            "name": names,
            "ts": ts,
            "received": repeat(self.context.received, count),
            "source": repeat(mapping.source, count),
            "channel": repeat(mapping.channel, count),
            "identifiers": identifiers,
            "oneid": repeat(0, count),
            "traits": self._traits(),
        }
        texts_, numbers_ = self._properties()
        fields["props"], fields["nums"] = _dicts(texts_, count), _dicts(numbers_, count)
        for name in ("session_id", "order_id", "product_id", "campaign_id"):
            fields[name] = self._key_texts(getattr(mapping, name))
        fields["revenue_minor"], fields["currency"] = amounts, currencies
        fields["quantity"] = repeat(0.0, count) if quantity is None else _filled(quantity, 0.0)
        return fields

    def _identifiers(self) -> Cells:
        pairs: list[Named] = []
        for identifier in self.mapping.identifiers:
            values = self._identifier(identifier)
            pairs.append((identifier.namespace, values))
        nobody = np.logical_and.reduce([mask_of(pc.is_null(values)) for _, values in pairs])
        for i in np.flatnonzero(nobody).tolist():
            cells = self.table.slice(i, 1).to_pylist()[0].values()
            self.blank[i] = not any(str(cell).strip() for cell in cells if cell is not None)
        if nobody.any():
            columns = ", ".join(identifier.column for identifier in self.mapping.identifiers)
            message = "the row names no person"
            self.reject(nobody, "", ("no_identifier", f"a value in at least one of: {columns}"), message)
        if all(values.null_count == 0 for _, values in pairs):
            return zip(*(zip(repeat(name), values.to_pylist(), strict=False) for name, values in pairs), strict=True)
        names = [name for name, _ in pairs]
        rows = zip(*(values.to_pylist() for _, values in pairs), strict=True)
        return [
            tuple((name, value) for name, value in zip(names, row, strict=True) if value is not None) for row in rows
        ]

    def _identifier(self, identifier: Identifier) -> pa.Array:
        read = identifier_texts(self.column(identifier.column), self.empty)
        if read.bad.any() and not identifier.drop_bad:
            allowed = "the whole value as text; a spreadsheet has cut its digits, or it is over 1,024 characters"
            self.reject(read.bad, identifier.column, ("digits_lost", allowed))
        masked = mask_of(pc.match_substring(read.values, "*"))
        gone = masked | read.bad
        self.masked += int(masked.sum())
        return pc.if_else(pa.array(gone), None, read.values) if gone.any() else read.values

    def _instants(self) -> Cells:
        rule = self.mapping.time
        if rule is None:
            return repeat(self.context.received, len(self.places))
        zone = rule.zone or self.zone
        if not rule.columns:
            return repeat(to_ms(parse_time(rule.constant, zone=zone)), len(self.places))
        cells = self.column(rule.columns[0])
        if len(rule.columns) > 1:
            parts = [texts(self.column(name), self.empty) for name in rule.columns]
            cells = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*parts, " ", null_handling="skip"))
        read = instants(cells, self.empty, format=rule.format, zone=zone)
        name = rule.columns[0]
        self.reject(read.bad, name, _ALLOWED[CellType.TIME])
        self.reject(mask_of(pc.is_null(read.values)), name, ("no_time", "a time"), "the row has no time")
        ms = pc.fill_null(read.values, self.context.received)
        first, last = _LIMITS.earliest_ms, self.context.received + _LIMITS.max_ahead_ms
        outside = mask_of(pc.or_(pc.less(ms, first), pc.greater(ms, last)))
        self.reject(outside, name, ("time_out_of_range", "from 2000-01-01 to a day after the import"))
        return list(ms.to_pylist())

    def _event_names(self) -> Cells:
        event = self.mapping.event
        if event is None:
            return repeat(NAMES["identify"], len(self.places))
        if not event.column:
            return repeat(str(event.constant), len(self.places))
        values = translate(texts(self.column(event.column), self.empty), event.values)
        unnamed = mask_of(pc.fill_null(pc.greater(pc.utf8_length(values), 200), fill_value=True))
        self.reject(unnamed, event.column, ("no_event", "the name of an event, at most 200 characters"))
        return list(pc.fill_null(values, "").to_pylist())

    def _amounts(self) -> tuple[Cells, Cells]:
        rule, count = self.mapping.amount, len(self.places)
        if rule is None:
            return repeat(0, count), repeat("", count)
        currency = rule.currency or self.context.currency
        codes = [currency]
        if rule.currency_column:
            given = pc.utf8_upper(texts(self.column(rule.currency_column), self.empty))
            wrong = ~mask_of(pc.fill_null(pc.match_substring_regex(given, "^[A-Z]{3}$"), fill_value=True))
            self.reject(wrong, rule.currency_column, ("bad_currency", "an ISO 4217 code, e.g. CNY"))
            codes = pc.fill_null(given, currency).to_pylist()
        cells = self.column(rule.column)
        read = money(cells, self.empty, codes, minor=rule.minor, decimal=rule.decimal)
        self.reject(read.bad, rule.column, ("bad_amount", "an amount of money, e.g. 1,234.50"))
        amounts = list(pc.fill_null(read.values, 0).to_pylist())
        if read.values.null_count:
            whole = codes if rule.currency_column else codes * count
            given_ = pc.is_valid(read.values).to_pylist()
            return amounts, [code if is_given else "" for code, is_given in zip(whole, given_, strict=True)]
        return amounts, codes if rule.currency_column else repeat(currency, count)

    def _typed(self, value: Value) -> tuple[CellType, pa.Array]:
        """A column's values and what they are; TEXT, NUMBER or BOOLEAN."""
        cells = self.column(value.column)
        kind = _own_type(cells) if value.type is CellType.AUTO else value.type
        result = CellType.TEXT
        match kind:
            case CellType.NUMBER:
                read, result = numbers(cells, self.empty), CellType.NUMBER
            case CellType.BOOLEAN:
                read, result = booleans(cells, self.empty), CellType.BOOLEAN
            case CellType.TIME:
                read = instants(cells, self.empty, format=value.format, zone=self.zone)
                read = Read(iso_texts(read.values), read.bad)
            case CellType.DATE:
                read = days(cells, self.empty, format=value.format)
            case _:
                plain = texts(cells, self.empty)
                read = Read(translate(plain, value.values), too_long(plain))
                kind = CellType.TEXT
        if read.bad.any():
            if not value.drop_bad:
                self.reject(read.bad, value.column, _ALLOWED[kind])
            return result, pc.if_else(pa.array(read.bad), None, read.values)
        return result, read.values

    def _key_texts(self, value: Value | None) -> Cells:
        if value is None or not value.column:
            return repeat("" if value is None or value.constant is None else str(value.constant), len(self.places))
        read = identifier_texts(self.column(value.column), self.empty)
        if not value.drop_bad:
            self.reject(read.bad, value.column, ("digits_lost", "the whole value as text, at most 1,024 characters"))
        return _filled(translate(pc.if_else(pa.array(read.bad), None, read.values), value.values), "")

    def _properties(self) -> tuple[list[tuple[str, list[object]]], list[tuple[str, list[object]]]]:
        """Text and numeric properties by name."""
        texts_: list[tuple[str, list[object]]] = []
        numbers_: list[tuple[str, list[object]]] = []
        for name, value in self.mapping.properties:
            if not value.column:
                target = numbers_ if isinstance(value.constant, float) else texts_
                target.append((name, [_constant_property(value)] * len(self.places)))
                continue
            kind, values = self._typed(value)
            if kind is CellType.BOOLEAN:
                values = values.cast(pa.string())
            (numbers_ if kind is CellType.NUMBER else texts_).append((name, values.to_pylist()))
        return texts_, numbers_

    def _traits(self) -> Cells:
        columns: list[tuple[str, list[object]]] = []
        for name, value in self.mapping.traits:
            if value.column:
                columns.append((name, self._typed(value)[1].to_pylist()))
            else:
                columns.append((name, [value.constant] * len(self.places)))
        return _dicts(columns, len(self.places))

    def _message_ids(self) -> Cells:
        key = self.mapping.key
        if not self.mapping.message_id:
            rows = pa.array(self.chunk.rows[self.places]).cast(pa.string())
            prefix = pa.scalar(f"{key}:{self.context.file_hash[:16]}")
            return list(pc.binary_join_element_wise(prefix, rows, ":").to_pylist())
        parts = [identifier_texts(self.column(name), self.empty).values for name in self.mapping.message_id]
        if len(parts) > 1:
            parts = [pc.replace_substring(pc.replace_substring(part, "%", "%25"), ":", "%3A") for part in parts]
        absent = np.logical_and.reduce([mask_of(pc.is_null(part)) for part in parts])
        self.reject(absent, self.mapping.message_id[0], ("no_message_id", "the value that identifies the row"))
        joined = pc.binary_join_element_wise(
            pa.scalar(key), *(pc.fill_null(part, "") for part in parts), ":", null_handling="replace"
        )
        return [one if len(one) <= _LONGEST_MESSAGE_ID else f"{key}:{stable_key(one)}" for one in joined.to_pylist()]


def _own_type(cells: pa.Array) -> CellType:
    """What a column of a typed file holds."""
    kind = cells.type
    if is_text(cells):
        return CellType.TEXT
    if pa.types.is_boolean(kind):
        return CellType.BOOLEAN
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return CellType.NUMBER
    if pa.types.is_timestamp(kind):
        return CellType.TIME
    return CellType.DATE if pa.types.is_date(kind) else CellType.TEXT


def _constant_property(value: Value) -> object:
    constant = value.constant
    return ("true" if constant else "false") if isinstance(constant, bool) else constant


def _filled(values: pa.Array, fill: str | float) -> list[object]:
    return list(pc.fill_null(values, fill).to_pylist())


def _dicts(columns: Sequence[tuple[str, list[object]]], count: int) -> Cells:
    """One dictionary per row, without the columns that are empty there."""
    if not columns:
        return repeat({}, count)
    names = [name for name, _ in columns]
    rows = list(map(dict, map(partial(zip, names), zip(*(values for _, values in columns), strict=True))))
    for name, values in columns:
        if None in values:
            for row, value in zip(rows, values, strict=True):
                if value is None:
                    del row[name]
    return rows


def _events(fields: dict[str, Cells], good: NDArray[np.bool_] | None) -> list[Event]:
    """Rows of field values as events, by position in the order of the event's fields."""
    columns = [fields[name] for name in Event.__struct_fields__ if name in fields]  # files say nothing in the last
    if good is None:
        return list(map(Event, *columns))
    kept = good.tolist()
    return [Event(*row) for row, keep in zip(zip(*columns, strict=True), kept, strict=True) if keep]
