"""The error report of an import as CSV, for the person who mends the file.

Pure. Cells that a spreadsheet would run as a formula are made plain text.
"""

import csv
import io
from collections.abc import Iterable, Iterator

COLUMNS = ("row", "column", "code", "message", "got", "allowed", "raw")
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(rows: Iterable[dict[str, str]]) -> Iterator[str]:
    """Rejected rows as lines of CSV, header first.

    The first line begins with a byte order mark, without which Excel does not show Chinese text.
    """
    yield "\ufeff" + _line(COLUMNS)
    for row in rows:
        yield _line([_inert(row.get(column, "")) for column in COLUMNS])


def _inert(cell: str) -> str:
    """A cell that no spreadsheet runs (OWASP: CSV injection)."""
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
