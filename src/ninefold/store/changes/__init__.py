"""The log of changes: what changed of whom, in one order that never grows in its middle."""

from .model import Entry, Head, Kind, Position
from .service import Accounts, assign, entries, head, note, prune, told

__all__ = [
    "Accounts", "Entry", "Head", "Kind", "Position", "assign", "entries", "head", "note", "prune", "told",
]  # fmt: skip
