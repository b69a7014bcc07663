"""The transactional store: PostgreSQL, embedded by default."""

from .database import Records, copy_rows, metadata
from .embedded import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "Records", "copy_rows", "metadata"]
