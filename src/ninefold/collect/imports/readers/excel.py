"""Workbooks (xlsx, xls, xlsb, ods) through calamine; every cell as the text a person sees in it.

Formulas give their stored results; error cells are empty. Numbers that a spreadsheet has cut to 15 digits are
written with an exponent, so that the reading of identifiers recognises and refuses them.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from ninefold.base import did_you_mean, invalid
from ninefold.collect.imports.cells import float_text
from ninefold.collect.imports.model import FileRule

from .table import CHUNK_ROWS, Chunk, cells_json, unique_headers

Cell = int | float | str | bool | time | date | datetime | timedelta


class ExcelTable:
    """One sheet of a workbook; see :class:`Table`."""

    format = "excel"
    encoding = ""
    delimiter = ""
    closed = True

    def __init__(self, path: Path, rule: FileRule) -> None:
        self._rule = rule
        try:
            workbook = CalamineWorkbook.from_path(path)
            names = workbook.sheet_names
            if rule.sheet and rule.sheet not in names:
                raise invalid(
                    "unknown_sheet",
                    "the workbook has no such sheet",
                    field="file.sheet",
                    got=rule.sheet,
                    allowed=", ".join(names),
                    hint=did_you_mean(rule.sheet, names),
                )
            self._sheet: CalamineSheet = workbook.get_sheet_by_name(rule.sheet or _first_filled(workbook))
        except CalamineError as exc:
            raise invalid(
                "bad_workbook", "the workbook cannot be read", field="path", got=path.name, hint=str(exc)
            ) from exc
        header = next((cells for row, cells in self._rows() if row == rule.header_row), None)
        if header is None or not any(header):
            raise invalid(
                "empty_file",
                "the sheet has no header row",
                field="file.header_row",
                got=f"{self._sheet.total_height} rows",
                allowed="the number of the row with the column names",
            )
        while header and not header[-1]:
            header.pop()
        self.headers = unique_headers(header)
        end = self._sheet.end
        self.rows_total = max(end[0] + 1 - rule.header_row, 0) if end else 0

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Row numbers and cells as text."""
        for number, cells in enumerate(self._sheet.iter_rows(), 1):
            yield number, [cell if isinstance(cell, str) else cell_text(cell) for cell in cells]

    def chunks(self, skip: int = 0, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Chunks of at most ``size`` rows; see :class:`Table`."""
        width, first = len(self.headers), self._rule.header_row + skip + 1
        numbers: list[int] = []
        rows: list[list[str]] = []
        records = 0
        for number, cells in self._rows():
            if number < first:
                continue
            records += 1
            if any(cells):
                numbers.append(number)
                rows.append((cells + [""] * (width - len(cells)))[:width])
            if records == size:
                yield self._chunk(numbers, rows, records)
                numbers, rows, records = [], [], 0
        if records:
            yield self._chunk(numbers, rows, records)

    def _chunk(self, numbers: list[int], rows: list[list[str]], records: int) -> Chunk:
        columns = zip(*rows, strict=True) if rows else ([] for _ in self.headers)
        table = pa.table({h: pa.array(c, pa.string()) for h, c in zip(self.headers, columns, strict=True)})
        return Chunk(
            table=table,
            rows=np.array(numbers, np.int64),
            blank=records - len(rows),
            records=records,
            raw=lambda index: cells_json(rows[index]),
        )


def _first_filled(workbook: CalamineWorkbook) -> str:
    """The first sheet that has cells; cover sheets of exports are often empty."""
    for name in workbook.sheet_names:
        if workbook.get_sheet_by_name(name).total_height:
            return name
    return workbook.sheet_names[0]


def cell_text(cell: Cell) -> str:
    """A cell as text: dates in ISO form, whole numbers without a point.

    >>> cell_text(13800138000.0), cell_text(datetime(2026, 1, 2, 3, 4)), cell_text(True)
    ('13800138000', '2026-01-02 03:04:00', 'true')
    """
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return float_text(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="milliseconds" if cell.microsecond else "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
