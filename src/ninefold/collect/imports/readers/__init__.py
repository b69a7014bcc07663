"""Files as numbered rows in chunks of about ten thousand: delimited text, workbooks, Parquet."""

from .opening import open_table
from .table import CHUNK_ROWS, ROW_ID, Chunk, Table

__all__ = ["CHUNK_ROWS", "ROW_ID", "Chunk", "Table", "open_table"]
