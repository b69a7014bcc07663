"""THE condition language: one tree for segments, tags, triggers and filters, and the one SQL it compiles to."""

from . import model as tree
from .describe import Language, describe
from .document import parse, parse_filters, to_document
from .model import Catalog, Condition, Lineage, Problem, PropertyFilter, lineage
from .queries import bitmap_select, count, event_filter, members, trait_values
from .reading import AS_STORED, Reading
from .rules import check
from .schema import json_schema
from .service import Explained, Explanation, explain, read_catalog

__all__ = [
    "AS_STORED", "Catalog", "Condition", "Explained", "Explanation", "Language", "Lineage", "Problem", "PropertyFilter",
    "Reading", "bitmap_select", "check", "count", "describe", "event_filter", "explain", "json_schema", "lineage",
    "members", "parse", "parse_filters", "read_catalog", "to_document", "trait_values", "tree",
]
