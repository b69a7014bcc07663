"""Statements of the events store that give rows another number. Pure.

What is copied already is not copied again, so that a move may be repeated after a crash.
"""

from collections.abc import Mapping
from typing import Final

from ninefold.store import Statement

TABLES: Final = ("events", "traits", "trait_changes")
_AT = "toUnixTimestamp64Milli(ts)"
_WITHIN = f"oneid = {{home:UInt32}} AND {_AT} >= {{since:Int64}} AND {_AT} < {{until:Int64}}"
_RENUMBERED = "SELECT * REPLACE (toUInt32({root:UInt32}) AS oneid) FROM"
_NEW = "(message_id, name) NOT IN (SELECT message_id, name FROM events WHERE oneid = {root:UInt32})"
_COUNT: Final = {
    "events": f"SELECT count() FROM events WHERE {_WITHIN}",
    "traits": f"SELECT count() FROM traits WHERE {_WITHIN}",
    "trait_changes": f"SELECT count() FROM trait_changes WHERE {_WITHIN}",
}
# The rows are chosen before their number changes: an alias would be what the test compares.
_COPY: Final = {
    "events": f"INSERT INTO events {_RENUMBERED} (SELECT * FROM events WHERE {_WITHIN}) AS chosen WHERE {_NEW}",
    "traits": f"INSERT INTO traits {_RENUMBERED} (SELECT * FROM traits WHERE {_WITHIN}) AS chosen",
    "trait_changes": f"INSERT INTO trait_changes {_RENUMBERED} (SELECT * FROM trait_changes WHERE {_WITHIN}) AS chosen",
}


def count(table: str, where: Mapping[str, int]) -> Statement:
    """How many rows of a number lie within a span: home, since, until."""
    return Statement(_COUNT[table], where)


def copy(table: str, where: Mapping[str, int], root: int) -> Statement:
    """Write them again under another number; the tables of traits replace by key, events must be there once."""
    return Statement(_COPY[table], {**where, "root": root})


def rest(where: Mapping[str, int]) -> Statement:
    """The test that rows to be moved pass."""
    return Statement(_WITHIN, where)
