"""SQL of conditions. Reads values, gives statements; no I/O."""

from .held import trait_differences, trait_values
from .known import Seen, catalog_of, names_seen
from .selects import bitmap_select, count, event_filter, evidence, members, moments, root_of, verdicts
from .times import TIMES_MAX, Timed
from .values import EventValue, event_value, tag_values

__all__ = [
    "TIMES_MAX", "EventValue", "Seen", "Timed", "bitmap_select", "catalog_of", "count", "event_filter", "event_value",
    "evidence", "members", "moments", "names_seen", "root_of", "tag_values", "trait_differences", "trait_values",
    "verdicts",
]
