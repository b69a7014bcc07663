"""Chooses the reader of a file by what its first bytes say; the suffix only decides what bytes leave open."""

from pathlib import Path

from ninefold.base import invalid, missing
from ninefold.collect.imports.model import FileRule

from .columnar import ParquetTable
from .delimited import DelimitedTable
from .excel import ExcelTable
from .jsonlines import JsonLinesTable
from .table import Table

_OLE = b"\xd0\xcf\x11\xe0"
_JSON_LINES = (".jsonl", ".ndjson", ".json")
_PACKED = (b"\x1f\x8b", b"BZh", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"Rar!")


def open_table(path: Path, rule: FileRule) -> Table:
    """A file as a table of numbered rows.

    Raises:
        Error: missing ``no_file``; invalid ``empty_file``, ``not_a_table``, ``bad_workbook``, ``bad_parquet``.
    """
    if not path.is_file():
        raise missing("no_file", "there is no such file", field="path", got=str(path))
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise invalid("empty_file", "the file is empty", field="path", got=path.name)
    match rule.format or _format_of(start, path):
        case "parquet":
            return ParquetTable(path)
        case "excel":
            return ExcelTable(path, rule)
        case "jsonl":
            return JsonLinesTable(path)
        case _:
            return DelimitedTable(path, rule)


def _format_of(start: bytes, path: Path) -> str:
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith((b"PK\x03\x04", _OLE)):
        return "excel"
    if start.startswith((*_PACKED, b"%PDF")):
        raise invalid(
            "not_a_table",
            "the file is not a table",
            field="path",
            got=path.name,
            allowed="CSV, Excel, Parquet, JSON Lines",
            hint="unpack it first",
        )
    if path.suffix.lower() in _JSON_LINES and start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return "jsonl"
    return "csv"
