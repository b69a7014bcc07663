"""What every reader gives: a table of a file with its headers, read in chunks that know their row numbers.

Readers open files for reading and do nothing else. The cursor counts data records from the start of the file, blank and
broken ones included, so that a read can go on where another stopped.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ninefold.collect.imports.model import Rejected

CHUNK_ROWS = 10_000
ROW_ID = "$id"
"""Column of a chunk that names each row at its source, where that is no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Consecutive rows of a file.

    Attributes:
        table: the readable rows, one column per header; text columns for text files and workbooks.
        rows: row numbers of the table's rows as a spreadsheet shows them, shape (n,).
        broken: rows that could not be read as rows.
        blank: rows without any content.
        repaired: rows that hold bytes of another encoding and were read all the same.
        records: data records of the chunk = readable + broken + blank.
        raw: the raw text of a row by its position in the table.
    """

    table: pa.Table
    rows: NDArray[np.int64]
    broken: tuple[Rejected, ...] = ()
    blank: int = 0
    repaired: int = 0
    records: int
    raw: Callable[[int], str]


class Table(Protocol):
    """A file that is read row by row.

    Attributes:
        headers: column names, repaired so that each is present once.
        format: ``csv``, ``excel``, ``parquet`` or ``jsonl``.
        encoding: of a text file.
        delimiter: of a text file.
        rows_total: data rows; an estimate for text files.
        closed: no row has other columns than the headers say.
    """

    headers: tuple[str, ...]
    format: str
    encoding: str
    delimiter: str
    rows_total: int
    closed: bool

    def chunks(self, skip: int = 0, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Chunks of at most ``size`` records, from the record after the first ``skip`` data records."""
        ...


def unique_headers(cells: Sequence[str]) -> tuple[str, ...]:
    """Column names from the cells of a header: trimmed, empty ones numbered, repeats told apart.

    >>> unique_headers(["phone", " phone", ""])
    ('phone', 'phone#2', 'column_3')
    """
    names = [" ".join(cell.replace("\ufeff", "").split()) or f"column_{i}" for i, cell in enumerate(cells, 1)]
    seen: Counter[str] = Counter()
    taken = set(names)
    unique = []
    for name in names:
        seen[name] += 1
        fresh = name
        while seen[name] > 1 and (fresh := f"{name}#{seen[name]}") in taken:
            seen[name] += 1
        taken.add(fresh)
        unique.append(fresh)
    return tuple(unique)


def cells_json(cells: Sequence[object]) -> str:
    """The raw text of a row that has no text of its own: its cells as a JSON list."""
    return json.dumps(list(cells), ensure_ascii=False, default=str)
