"""The two stores: records (transactional, PostgreSQL) and events (counted, ClickHouse's dialect)."""

from .definitions import (
    Definition,
    Document,
    Remembered,
    content_hash,
    definition_history,
    definitions_mark,
    find_definition,
    get_definition,
    list_definitions,
    put_definition,
    retire_definition,
)
from .events import TABLES, Column, Events, Statement, Table, embedded_url, render
from .folder import DataFolder, running_server
from .records import EmbeddedPostgres, Records, copy_rows, metadata
from .sealing import Seal

__all__ = [
    "TABLES", "Column", "DataFolder", "Definition", "Document", "EmbeddedPostgres", "Events", "Records", "Remembered",
    "Seal", "Statement", "Table", "content_hash", "copy_rows", "definition_history", "definitions_mark", "embedded_url",
    "find_definition", "get_definition", "list_definitions", "metadata", "put_definition", "render",
    "retire_definition", "running_server",
]
