"""Parquet files, batch by batch; columns keep their types."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ninefold.base import invalid

from .table import CHUNK_ROWS, Chunk, cells_json, unique_headers


class ParquetTable:
    """A Parquet file; see :class:`Table`. Rows are numbered from 1: there is no header row."""

    format = "parquet"
    encoding = ""
    delimiter = ""
    closed = True

    def __init__(self, path: Path) -> None:
        try:
            self._file = pq.ParquetFile(path, memory_map=True)
        except (pa.ArrowInvalid, OSError) as exc:
            raise invalid("bad_parquet", "the Parquet file cannot be read", field="path", got=path.name) from exc
        self.headers = unique_headers(self._file.schema_arrow.names)
        self.rows_total = int(self._file.metadata.num_rows)

    def chunks(self, skip: int = 0, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Chunks of at most ``size`` rows; whole row groups before the cursor are not read. See :class:`Table`."""
        groups = list(range(self._file.num_row_groups))
        number = 0
        while groups and number + (rows := self._file.metadata.row_group(groups[0]).num_rows) <= skip:
            number += rows
            groups.pop(0)
        for batch in self._file.iter_batches(size, row_groups=groups):
            table = pa.Table.from_batches([batch]).rename_columns(list(self.headers))
            fresh = table.slice(max(skip - number, 0))
            number += table.num_rows
            if fresh.num_rows:
                yield _chunk(fresh, number - fresh.num_rows + 1)


def _chunk(table: pa.Table, first: int) -> Chunk:
    return Chunk(
        table=table,
        rows=np.arange(first, first + table.num_rows, dtype=np.int64),
        records=table.num_rows,
        raw=lambda index: cells_json(list(table.slice(index, 1).to_pylist()[0].values())),
    )
