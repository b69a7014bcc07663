"""Keeping and loading the policies in force."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from ninefold.store import find_definition, put_definition

from . import queries
from .document import KIND, parse_policies
from .model import Policies


def load(conn: Connection) -> Policies:
    """The policies in force, and which traits are added to."""
    changed = frozenset(conn.execute(queries.KNOWN).scalars())
    found = find_definition(conn, KIND, "default")
    if found is None:
        return Policies(changed=changed)
    return parse_policies(found.document, changed=changed, version=found.version)


def save(conn: Connection, document: Mapping[str, Any], *, now: datetime, author: str = "") -> None:
    """Check a document and keep it as the next version: in force at once, for everything that was ever stated.

    Raises:
        Error: invalid.
    """
    parse_policies(document)
    put_definition(conn, KIND, "default", document, now=now, author=author)


def note_changed(conn: Connection, keys: Collection[str]) -> None:
    """Remember that something is added to traits; from then on they are replayed."""
    if wanted := sorted(key for key in keys if key):
        conn.execute(queries.NOTE_CHANGED, {"keys": wanted})
