"""Rows of other systems over HTTP: files that are sent, connectors that fetch."""

from . import connectors, imports

__all__ = ["connectors", "imports"]
