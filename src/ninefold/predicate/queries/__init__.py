"""SQL of conditions. Reads values, gives statements; no I/O."""

from .held import trait_differences, trait_values
from .known import Seen, catalog_of, names_seen
from .selects import bitmap_select, count, event_filter, evidence, members, root_of, verdicts
from .values import EventValue, event_value, tag_values

__all__ = [
    "EventValue", "Seen", "bitmap_select", "catalog_of", "count", "event_filter", "event_value", "evidence", "members",
    "names_seen", "root_of", "tag_values", "trait_differences", "trait_values", "verdicts",
]
