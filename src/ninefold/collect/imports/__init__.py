"""File import: CSV, Excel, Parquet and JSON Lines through a mapping document into the inbox; durable and resumable."""

from .document import check_columns, mapping_document, parse_mapping
from .drafting import ColumnNote, Guess, guess
from .lines import forget_lines
from .model import Context, FileRule, ImportRun, Mapping, Problem, RunState
from .preview import DryRun, dry_run
from .readers import open_table
from .ready import adopt, ready_mapping, ready_mappings
from .report import csv_lines
from .service import KIND, Imports, ImportSettings, file_hash

__all__ = [
    "KIND", "ColumnNote", "Context", "DryRun", "FileRule", "Guess", "ImportRun", "ImportSettings", "Imports", "Mapping",
    "Problem", "RunState", "adopt", "check_columns", "csv_lines", "dry_run", "file_hash", "forget_lines", "guess",
    "mapping_document", "open_table", "parse_mapping", "ready_mapping", "ready_mappings",
]
