"""Keeping and loading the policies in force."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from ninefold.store import find_definition, put_definition

from . import queries
from .document import KIND, parse_policies
from .model import Policies


def load(conn: Connection) -> Policies:
    """The policies in force, and which traits are added to."""
    return replace(stated(conn), changed=added_to(conn))


def stated(conn: Connection) -> Policies:
    """The policies of the document in force alone."""
    found = find_definition(conn, KIND, "default")
    return parse_policies(found.document, version=found.version) if found else Policies()


def added_to(conn: Connection) -> frozenset[str]:
    """The traits to which something was ever added."""
    return frozenset(conn.execute(queries.KNOWN).scalars())


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
