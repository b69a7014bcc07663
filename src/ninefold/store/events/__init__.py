"""The analytical store: ClickHouse's dialect, embedded by default."""

from .address import embedded_url
from .database import Events, Statement, render
from .schema import TABLES
from .tables import Column, Table

__all__ = ["TABLES", "Column", "Events", "Statement", "Table", "embedded_url", "render"]
