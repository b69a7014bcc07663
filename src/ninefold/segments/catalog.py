"""The names that conditions of segments and tags may use."""

from dataclasses import replace

from sqlalchemy.engine import Connection

from ninefold.predicate import Catalog, Condition, read_catalog, tree
from ninefold.store import Events, list_definitions

SEGMENT = "segment"
TAG = "tag"
UNSEEN = frozenset(("unknown_event", "unknown_trait", "unknown_property"))
"""Problems that more data may cure: nothing by that name has come in yet."""


def known_names(conn: Connection, events: Events, condition: Condition) -> Catalog:
    """The names seen in the data as far as a condition uses them; tags and segments also if they are only defined."""
    seen = read_catalog(events, about=condition)
    tags = {definition.key: frozenset[tree.ValueKind]() for definition in list_definitions(conn, TAG)}
    segments = {definition.key for definition in list_definitions(conn, SEGMENT)}
    return replace(seen, tags={**tags, **seen.tags}, segments=seen.segments | segments)
