"""The SELECT that reads a database on from a cursor, as a SQLAlchemy expression. No I/O.

The operator's own query stands in it as it was written, as a sub-select; values are always bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from ninefold.collect.connectors.settings import SqlSource

READ_ONLY = {
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""What makes a session unable to write, by dialect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The rows to read: after a position, or from a value on, and before another value.

    Attributes:
        after: cursor value and key of the last row; the key may be empty.
        start: first value.
        end: the value before which to stop.
    """

    after: tuple[object, tuple[object, ...]] | None = None
    start: object = None
    end: object = None


def rows_of(source: SqlSource, span: Span) -> sa.Select[tuple[object, ...]]:
    """The rows of a source in the order of its cursor and key."""
    query = sa.select(sa.text("*")).select_from(_from(source))
    if not source.cursor:
        return query
    cursor: sa.ColumnClause[object] = sa.column(source.cursor)
    keys: list[sa.ColumnClause[object]] = [sa.column(name) for name in source.key]
    query = query.where(cursor.is_not(None)).order_by(cursor, *keys)
    if span.after is not None:
        value, key = span.after
        query = query.where(_after([cursor, *keys[: len(key)]], [value, *key]))
    if span.start is not None:
        query = query.where(cursor >= _bound(span.start))
    return query if span.end is None else query.where(cursor < _bound(span.end))


def read_only(dialect: str) -> sa.TextClause | None:
    """The statement that makes a session unable to write, where one is known."""
    text = READ_ONLY.get(dialect)
    return None if text is None else sa.text(text)


def _from(source: SqlSource) -> sa.FromClause | sa.TextClause:
    if source.table:
        schema, _, name = source.table.rpartition(".")
        return sa.table(name, schema=schema or None)
    own = source.query.replace(":", r"\:")  # a colon is no parameter here
    return sa.text("(" + own + "\n) AS source")


def _after(columns: Sequence[sa.ColumnClause[object]], values: Sequence[object]) -> sa.ColumnElement[bool]:
    """Rows behind a position, column by column, since not every database compares tuples."""
    found: sa.ColumnElement[bool] = columns[-1] > _bound(values[-1])
    for column, value in zip(reversed(columns[:-1]), reversed(values[:-1]), strict=True):
        found = sa.or_(column > _bound(value), sa.and_(column == _bound(value), found))
    return found


def _bound(value: object) -> sa.BindParameter[object]:
    """A value whose type the database infers from the column beside it."""
    return sa.bindparam(None, value, type_=sa.types.NULLTYPE)
