"""Rows into events: mapped a chunk at a time, judged by the tracking plan, the bad ones put aside and read again."""

from .again import RowReader
from .chunks import map_chunk, row_named
from .entries import row_entries, row_of
from .folding import MOST_LINES, Cells, filled, folded
from .mapped import BlockedRow, Mapped, judged_rows

__all__ = [
    "MOST_LINES", "BlockedRow", "Cells", "Mapped", "RowReader", "filled", "folded", "judged_rows", "map_chunk",
    "row_entries", "row_named", "row_of",
]
