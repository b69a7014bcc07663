"""Definitions are documents: segments, tags, campaigns, mappings, channels, rules - versioned, never overwritten.

Saving the same content again makes no new version. Retiring hides a definition; its versions stay.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import did_you_mean, invalid, missing

from .records import metadata

definitions = sa.Table(
    "definitions",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("document", pg.JSONB, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("retired_at", sa.DateTime(timezone=True)),
)

Document = Mapping[str, Any]
T = TypeVar("T")

_MARK = sa.text(
    """
    SELECT count(*), max(created_at), count(retired_at), max(retired_at) FROM definitions
    WHERE kind = ANY (CAST(:kinds AS text[]))
    """
)

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One version of a document."""

    kind: str
    key: str
    version: int
    document: Document
    content_hash: str
    author: str
    created_at: datetime
    retired_at: datetime | None = None


def content_hash(document: Document) -> str:
    """A hash of what a document says, whatever the order of its keys.

    Raises:
        Error: invalid ``bad_document`` for what JSON cannot hold.

    >>> content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    True
    """
    try:
        text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        if _NUL.search(text):
            raise ValueError("a NUL character in a text")
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    except (TypeError, ValueError, RecursionError) as exc:
        raise invalid(
            "bad_document", f"the document holds what JSON cannot: {exc}", allowed="text, numbers, lists and mappings"
        ) from exc


def put_definition(
    conn: Connection, kind: str, key: str, document: Document, *, now: datetime, author: str = ""
) -> Definition:
    """Save a document as the next version; the present version when nothing changed.

    Two operators who save at once get two versions one after the other, never a lost one.
    """
    conn.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"definition/{kind}/{key}", 0))))
    fresh = content_hash(document)
    latest = _latest(conn, kind, key)
    if latest is not None and latest.content_hash == fresh and latest.retired_at is None:
        return latest
    version = latest.version + 1 if latest else 1
    row = conn.execute(
        sa.insert(definitions)
        .values(
            kind=kind,
            key=key,
            version=version,
            document=dict(document),
            content_hash=fresh,
            author=author,
            created_at=now,
        )
        .returning(*definitions.c)
    ).one()
    return _definition(row)


def find_definition(conn: Connection, kind: str, key: str, version: int | None = None) -> Definition | None:
    """The named version of a definition, or its newest one that is not retired; None when there is none."""
    if version is None:
        latest = _latest(conn, kind, key)
        return None if latest is None or latest.retired_at else latest
    row = conn.execute(
        sa.select(definitions).where(
            definitions.c.kind == kind, definitions.c.key == key, definitions.c.version == version
        )
    ).one_or_none()
    return _definition(row) if row else None


def get_definition(conn: Connection, kind: str, key: str, version: int | None = None) -> Definition:
    """Like :func:`find_definition`, but raises missing, naming the nearest key, when there is none."""
    found = find_definition(conn, kind, key, version)
    if found is None and version is not None and (newest := _latest(conn, kind, key)):
        raise missing(
            f"unknown_{kind}", f'{kind} "{key}" has no version {version}', field="version", got=version,
            hint=f"its newest version is {newest.version}",
        )  # fmt: skip
    if found is None:
        keys = [definition.key for definition in list_definitions(conn, kind)]
        raise missing(
            f"unknown_{kind}",
            f'there is no {kind} "{key}"',
            field=kind,
            got=key,
            hint=did_you_mean(key, keys) or (f"known: {', '.join(keys[:10])}" if keys else f"no {kind} is defined yet"),
        )
    return found


def list_definitions(conn: Connection, kind: str) -> tuple[Definition, ...]:
    """The newest versions of all definitions of a kind that are not retired, by key."""
    newest = (
        sa.select(definitions)
        .where(definitions.c.kind == kind)
        .ext(pg.distinct_on(definitions.c.kind, definitions.c.key))
        .order_by(definitions.c.kind, definitions.c.key, definitions.c.version.desc())
        .subquery()
    )
    rows = conn.execute(sa.select(newest).where(newest.c.retired_at.is_(None)).order_by(newest.c.key))
    return tuple(_definition(row) for row in rows)


def definitions_mark(conn: Connection, kinds: Sequence[str]) -> str:
    """A text that changes whenever a definition of these kinds is saved or retired; one cheap look."""
    return "/".join(map(str, conn.execute(_MARK, {"kinds": list(kinds)}).one()))


class Remembered(Generic[T]):
    """What is made of definitions of some kinds, kept in memory for as long as none of them changes."""

    def __init__(self, kinds: Sequence[str], make: Callable[[Connection], T]) -> None:
        """Args: the kinds; what reads them and makes the value, which must not be changed by anybody."""
        self._kinds = tuple(kinds)
        self._make = make
        self._held: tuple[str, T] | None = None

    def of(self, conn: Connection) -> T:
        """The value as of now, for one cheap look."""
        mark, held = definitions_mark(conn, self._kinds), self._held
        if held is None or held[0] != mark:  # read after the look: a change in between is read again next time
            held = self._held = (mark, self._make(conn))
        return held[1]


def definition_history(conn: Connection, kind: str, key: str) -> tuple[Definition, ...]:
    """All versions of a definition, newest first."""
    rows = conn.execute(
        sa.select(definitions)
        .where(definitions.c.kind == kind, definitions.c.key == key)
        .order_by(definitions.c.version.desc())
    )
    return tuple(_definition(row) for row in rows)


def retire_definition(conn: Connection, kind: str, key: str, *, now: datetime) -> Definition:
    """Hide a definition; saving it again brings it back as a new version."""
    current = get_definition(conn, kind, key)
    row = conn.execute(
        sa.update(definitions)
        .where(definitions.c.kind == kind, definitions.c.key == key, definitions.c.version == current.version)
        .values(retired_at=now)
        .returning(*definitions.c)
    ).one()
    return _definition(row)


def _latest(conn: Connection, kind: str, key: str) -> Definition | None:
    row = conn.execute(
        sa.select(definitions)
        .where(definitions.c.kind == kind, definitions.c.key == key)
        .order_by(definitions.c.version.desc())
        .limit(1)
    ).one_or_none()
    return _definition(row) if row else None


def _definition(row: sa.Row[Any]) -> Definition:
    return Definition(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public accessor has an underscore
