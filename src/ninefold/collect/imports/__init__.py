"""File import: CSV, Excel and Parquet through a mapping document into the inbox; durable and resumable."""

from .document import check_columns, mapping_document, parse_mapping
from .drafting import ColumnNote, Guess, guess
from .model import Context, ImportRun, Mapping, Problem, RunState
from .preview import DryRun, dry_run
from .report import csv_lines
from .service import KIND, Imports, ImportSettings, file_hash

__all__ = [
    "KIND", "ColumnNote", "Context", "DryRun", "Guess", "ImportRun", "ImportSettings", "Imports", "Mapping", "Problem",
    "RunState", "check_columns", "csv_lines", "dry_run", "file_hash", "guess", "mapping_document", "parse_mapping",
]
