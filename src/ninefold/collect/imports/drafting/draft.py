"""A first draft of the mapping of a file, from its headers and the values of its first rows.

The draft is for a person to look at: every column has a note that says what it was taken for and why. Nothing is
stored. Headers alone never decide for a phone number or e-mail: values must look like it, too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ninefold.base import Error, stable_key
from ninefold.collect.imports.cells import as_array, is_text, numbers, texts
from ninefold.collect.imports.model import (
    EMPTY_TEXTS,
    AmountRule,
    CellType,
    FileRule,
    Identifier,
    Mapping,
    TimeRule,
    Value,
)
from ninefold.collect.imports.readers import Chunk, Table, open_table
from ninefold.collect.imports.ready import recognise
from ninefold.collect.imports.times import instants

from .words import CLOSED_STATES, Meaning, Part, meaning_of

_SAMPLE_ROWS = 1_000
_HEADER_ROWS = 12
_PHONE = r"^(\+?86[- ]?)?1[3-9]\d{9}$|^\+\d{8,15}$"
_EMAIL = r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$"
_LOOKS = {"phone": _PHONE, "email": _EMAIL}
_PATTERNS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y",
             "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d-%m-%Y %H:%M", "%d-%m-%Y", "%d %b %Y")  # fmt: skip
_DECIMAL_COMMA = r"^-?(\d{1,3}(\.\d{3})+|\d+),\d{1,2}$"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@cache
def _empty() -> pa.StringArray:
    """Cells that mean "no value"; made when first used, since making an array loads pandas where it is installed."""
    return pa.array(EMPTY_TEXTS, pa.string())


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnNote:
    """What a column was taken for, why, and some of its values."""

    column: str
    taken_for: str
    why: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A draft of a mapping and the reasons for it.

    Attributes:
        mapping: the draft; ``None`` when no column names a person.
        notes: one per column, in the order of the file.
        warnings: what a person should look at.
    """

    mapping: Mapping | None
    notes: tuple[ColumnNote, ...]
    warnings: tuple[str, ...]


def guess(path: Path, rule: FileRule | None = None) -> Guess:
    """Draft a mapping for a file.

    Args:
        path: the file.
        rule: how to read it, where that is known.

    Raises:
        Error: when the file cannot be read as a table.
    """
    rule, table = _with_header(path, rule or FileRule())
    chunk = next(table.chunks(0, _SAMPLE_ROWS), None)
    draft = _Draft(path, rule, table, chunk)
    found = draft.guess()
    ready = recognise(table.headers)
    if ready is None:
        return found
    said = f'these are the columns of "{ready.name}": the ready mapping {ready.key} reads them'
    return replace(found, mapping=replace(ready, file=draft.rule), warnings=(said, *found.warnings))


def _with_header(path: Path, rule: FileRule) -> tuple[FileRule, Table]:
    """The file, opened at the row that looks most like a header; exports often have a title above it."""
    best = open_table(path, rule)
    best_rule, most = rule, _known(best.headers)
    if rule.header_row != 1 or best.format == "parquet" or most >= 2:
        return rule, best
    for row in range(2, min(_HEADER_ROWS, best.rows_total + 1) + 1):
        candidate = replace(rule, header_row=row)
        try:
            table = open_table(path, candidate)
        except Error:  # an empty row
            continue
        if _known(table.headers) > most:
            best, best_rule, most = table, candidate, _known(table.headers)
    return best_rule, best


def _known(headers: Sequence[str]) -> int:
    return sum(meaning_of(header) is not None for header in headers)


class _Draft:
    """Takes each column for something, then puts the mapping together."""

    def __init__(self, path: Path, rule: FileRule, table: Table, chunk: Chunk | None) -> None:
        self.path, self.table = path, table
        self.rule = replace(rule, format=table.format, encoding=_named(table.encoding), delimiter=table.delimiter)
        self.cells = {name: as_array(chunk.table.column(name)) for name in table.headers} if chunk else {}
        self.values = {name: texts(cells, _empty()) for name, cells in self.cells.items()}
        self.taken: dict[str, tuple[Meaning, str]] = {}
        self.warnings: list[str] = []

    def guess(self) -> Guess:
        for header in self.table.headers:
            meaning, why = self._take(header)
            if meaning is not None:
                self.taken[header] = (meaning, why)
        mapping = self._mapping()
        notes = tuple(self._note(header) for header in self.table.headers)
        return Guess(mapping=mapping, notes=notes, warnings=tuple(self.warnings))

    def _take(self, header: str) -> tuple[Meaning | None, str]:
        values = self.values.get(header)
        if values is None or values.null_count == len(values):
            meaning = meaning_of(header)
            return meaning, "its header; it has no values yet" if meaning else "unknown header, no values"
        meaning = meaning_of(header)
        if meaning and meaning.part is Part.IDENTIFIER:
            return self._take_identifier(header, meaning, values)
        if meaning and meaning.part is Part.TIME and not self._time_format(header):
            self.warnings.append(f'"{header}" is called a time, but its values cannot be read as one: give a format')
        if meaning and meaning.part in {Part.AMOUNT, Part.QUANTITY} and not self._numeric(header):
            return Meaning(part=Part.PROPERTY, name=_name(header)), "its header, but values are no numbers"
        if meaning:
            return meaning, "its header"
        for namespace, pattern in _LOOKS.items():
            if _share(values, pattern) >= 0.8:
                return Meaning(part=Part.IDENTIFIER, name=namespace), f"its values look like {namespace} values"
        return Meaning(part=Part.PROPERTY, name=_name(header)), "nothing better: kept as a property"

    def _take_identifier(self, header: str, meaning: Meaning, values: pa.Array) -> tuple[Meaning, str]:
        masked = _share(values, r"\*")
        if masked > 0.5:
            self.warnings.append(f'"{header}" is masked (138****8000): it names nobody and was left out')
            return Meaning(part=Part.PROPERTY, name=_name(header)), "its header, but its values are masked"
        if self._cut(header):
            self.warnings.append(f'"{header}" holds numbers a spreadsheet has cut (1.38E+10): export it as text')
        look = _LOOKS.get(meaning.name)
        if look and _share(values, look) < 0.3:
            self.warnings.append(f'"{header}" is called {meaning.name}, but few of its values look like it')
        return meaning, "its header"

    def _cut(self, header: str) -> bool:
        return header in self.values and _share(self.values[header], r"^\d(\.\d*)?[eE]\+\d{2}$") > 0

    def _numeric(self, header: str) -> bool:
        read = numbers(self.cells[header], _empty())
        return bool(read.bad.mean() < 0.2) or self._decimal_comma(header)

    def _decimal_comma(self, header: str) -> bool:
        return header in self.values and _share(self.values[header], _DECIMAL_COMMA) >= 0.8

    def _time_format(self, header: str) -> str:
        """The format that reads nearly all sampled values; nothing when none does."""
        cells = self.cells.get(header)
        if cells is None or not is_text(cells) or instants(cells, _empty()).bad.mean() < 0.2:
            return "auto"
        fitting = [pattern for pattern in _PATTERNS if instants(cells, _empty(), format=pattern).bad.mean() < 0.1]
        if len(fitting) > 1:
            self.warnings.append(f'"{header}" may be day-first or month-first: {fitting[0]} was taken')
        return fitting[0] if fitting else ""

    def _note(self, header: str) -> ColumnNote:
        meaning, why = self.taken.get(header, (None, "unknown header, no values"))
        values = self.values.get(header)
        samples = () if values is None else tuple(str(v)[:60] for v in pc.unique(values.drop_null()).to_pylist()[:3])
        label = "" if meaning is None else f"{meaning.part.value} {meaning.name}".strip()
        return ColumnNote(column=header, taken_for=label, why=why, samples=samples)

    def _of(self, part: Part) -> list[tuple[str, str]]:
        return [(header, meaning.name) for header, (meaning, _) in self.taken.items() if meaning.part is part]

    def _mapping(self) -> Mapping | None:
        identifiers = tuple(
            Identifier(namespace=name, column=header, drop_bad=self._cut(header))
            for header, name in self._of(Part.IDENTIFIER)
        )
        if not identifiers:
            self.warnings.append("no column names a person: say which one does")
            return None
        self._warn_of_states()
        chinese = any(_CHINESE.search(header) for header in self.table.headers)
        singles = {part: self._single(part) for part in Part}
        order, product, amount, time = (singles[p] for p in (Part.ORDER, Part.PRODUCT, Part.AMOUNT, Part.TIME))
        event = singles[Part.EVENT] or (Value(constant="Order Completed") if order or (amount and time) else None)
        key = _key(self.path.stem)
        if event is None:
            order = product = amount = singles[Part.QUANTITY] = None
            self._say_of_the_person()
        return Mapping(
            key=key,
            name=self.path.stem,
            source=key,
            file=self.rule,
            zone="Asia/Shanghai" if chinese else "",
            event=event,
            identifiers=identifiers,
            time=self._time(time.column) if time else None,
            amount=self._amount(amount, singles[Part.CURRENCY], chinese=chinese) if amount else None,
            order_id=order,
            product_id=product,
            session_id=singles[Part.SESSION],
            campaign_id=singles[Part.CAMPAIGN],
            quantity=replace(quantity, type=CellType.NUMBER) if (quantity := singles[Part.QUANTITY]) else None,
            properties=self._named(Part.PROPERTY),
            traits=self._named(Part.TRAIT),
            message_id=self._row_key(order, product),
        )

    def _say_of_the_person(self) -> None:
        """Rows that are no events say something of a person: a total spent, not a payment."""
        for header, (meaning, why) in self.taken.items():
            if meaning.part in {Part.ORDER, Part.PRODUCT, Part.AMOUNT, Part.QUANTITY, Part.CURRENCY}:
                self.taken[header] = (Meaning(part=Part.TRAIT, name=_name(header)), f"{why}, of a list of people")

    def _single(self, part: Part) -> Value | None:
        """The first column of a part; further ones become properties."""
        if part in {Part.IDENTIFIER, Part.TRAIT, Part.PROPERTY}:
            return None
        columns = [header for header, _ in self._of(part)]
        for header in columns[1:]:
            why = f'its header, but "{columns[0]}" was taken for the {part.value}'
            self.taken[header] = (Meaning(part=Part.PROPERTY, name=_name(header)), why)
        return Value(column=columns[0]) if columns else None

    def _time(self, column: str) -> TimeRule:
        return TimeRule(columns=(column,), format=self._time_format(column) or "auto")

    def _amount(self, amount: Value, currency: Value | None, *, chinese: bool) -> AmountRule:
        column = currency.column if currency else ""
        return AmountRule(
            column=amount.column,
            currency="CNY" if chinese else "",
            currency_column=column,
            decimal="," if self._decimal_comma(amount.column) else ".",
        )

    def _named(self, part: Part) -> tuple[tuple[str, Value], ...]:
        found: dict[str, Value] = {}
        for header, name in self._of(part):
            unique = name if name not in found else _name(header)
            found[unique if unique not in found else f"{unique}_{len(found)}"] = Value(
                column=header, type=self._type(header, name)
            )
        return tuple(sorted(found.items()))

    def _type(self, header: str, name: str) -> CellType:
        cells = self.cells.get(header)
        if name in {"birthday", "registered_at"}:
            return CellType.DATE if name == "birthday" else CellType.TIME
        if cells is None or not is_text(cells):
            return CellType.AUTO
        meaning = meaning_of(header)
        counted = name in {"discount", "shipping", "age"} or (meaning and meaning.part in {Part.AMOUNT, Part.QUANTITY})
        if counted and self._numeric(header):
            return CellType.NUMBER
        decimal = _share(self.values[header], r"^-?\d+\.\d+$") >= 0.8
        return CellType.NUMBER if decimal else CellType.AUTO

    def _row_key(self, order: Value | None, product: Value | None) -> tuple[str, ...]:
        """The columns that tell rows apart, where they do in the sample; else rows are told apart by their place."""
        for values in ((order,), (order, product)):
            columns = tuple(value.column for value in values if value)
            if not columns or len(columns) < len(values) or not self.values:
                continue
            rows = pa.table({name: self.values[name] for name in columns})
            distinct = rows.group_by(list(columns)).aggregate([]).num_rows
            if distinct == rows.num_rows and all(rows[name].null_count == 0 for name in columns):
                return columns
        return ()

    def _warn_of_states(self) -> None:
        for header, name in self._of(Part.PROPERTY):
            if name == "status" and header in self.values:
                closed = set(pc.unique(self.values[header]).to_pylist()) & set(CLOSED_STATES)
                if closed:
                    states = ", ".join(sorted(closed))
                    self.warnings.append(f'"{header}" holds {states}: add a filter if such rows should not count')


def _named(encoding: str) -> str:
    return "" if encoding == "utf-8" else encoding


def _share(values: pa.Array, pattern: str) -> float:
    filled = len(values) - values.null_count
    hits = pc.sum(pc.match_substring_regex(values, pattern)).as_py() or 0
    return hits / filled if filled else 0.0


def _name(header: str) -> str:
    return re.sub(r"[^\w\u4e00-\u9fff]+", "_", header.strip().lower()).strip("_") or "value"


def _key(stem: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")
    return (plain if plain[:1].isalpha() else f"file_{plain or stable_key(stem)[:8]}")[:63]
