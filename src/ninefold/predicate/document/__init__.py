"""Conditions as documents: the JSON/YAML form read into a tree and written back. Pure."""

from .reading import parse, parse_filters, parse_window
from .writing import to_document

__all__ = ["parse", "parse_filters", "parse_window", "to_document"]
