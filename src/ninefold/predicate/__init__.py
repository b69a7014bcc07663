"""THE condition language: one tree for segments, tags, triggers and filters, and the one SQL it compiles to."""

from . import model as tree
from .describe import describe
from .document import parse, parse_filters, parse_window, to_document
from .model import Catalog, Condition, Lineage, Problem, PropertyFilter, lineage
from .queries import (
    EventValue,
    bitmap_select,
    count,
    event_filter,
    event_value,
    members,
    tag_values,
    trait_differences,
    trait_values,
)
from .queries import text as writing
from .reading import Reading
from .rules import check
from .schema import json_schema
from .service import Explained, Explanation, Turn, explain, read_catalog, when_next
from .windows import bounds, read_span

__all__ = [
    "Catalog", "Condition", "EventValue", "Explained", "Explanation", "Lineage", "Problem", "PropertyFilter", "Reading",
    "Turn", "bitmap_select", "bounds", "check", "count", "describe", "event_filter", "event_value", "explain",
    "json_schema", "lineage", "members", "parse", "parse_filters", "parse_window", "read_catalog", "read_span",
    "tag_values", "to_document", "trait_differences", "trait_values", "tree", "when_next", "writing",
]
