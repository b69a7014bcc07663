"""A table or query of a database, read on by a cursor column, streamed, in a session that cannot write."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool

from ninefold.base import Error, Kind, invalid, stable_key, unavailable
from ninefold.collect.connectors.model import Cursor, Page
from ninefold.collect.connectors.settings import SqlSource
from ninefold.collect.connectors.taking.objects import chunk_of, name_of
from ninefold.collect.connectors.taking.secrets import Secrets
from ninefold.collect.imports.readers import ROW_ID
from ninefold.collect.imports.readers.objects import flat, scalar_text

from . import queries
from .pull import Window, check_cursor

Row = Mapping[str, object]


class SqlPull:
    """A database; see :class:`Pull`.

    The cursor of a run that came to its end holds the greatest value; while a run is at work it also holds the last
    row, so that an interrupted run goes on exactly there.
    """

    def __init__(self, source: SqlSource, secrets: Secrets) -> None:
        self._source = source
        self._of = stable_key(source.table, source.query, source.cursor, *source.key)[:16]
        self._engine = _engine(source, secrets)

    def pages(self, cursor: Cursor, window: Window | None) -> Iterator[Page]:
        """Pages of ``chunk_rows`` rows; see :class:`Pull`."""
        source = self._source
        check_cursor(cursor, self._of)
        high = cursor.get("high")
        with _in_our_words(), self._session() as conn:
            found = conn.execute(queries.rows_of(source, self._span(cursor, window))).mappings()
            rows = iter(found)
            while taken := [dict(row) for row in islice(rows, source.chunk_rows)]:
                self._check(taken[0])
                last = taken[-1]
                if source.cursor:
                    high = packed(last[source.cursor])
                at = {"at": [packed(last[name]) for name in (source.cursor, *source.key)]} if source.cursor else {}
                yield Page(chunk=chunk_of([self._named(row) for row in taken]), cursor=self._cursor(high, at))
        if "at" in cursor or high != cursor.get("high"):
            yield Page(chunk=chunk_of([]), cursor=self._cursor(high, {}))

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()

    def _cursor(self, high: object, at: Mapping[str, object]) -> dict[str, object]:
        return {"of": self._of, "high": high, **at}

    def _span(self, cursor: Cursor, window: Window | None) -> queries.Span:
        source = self._source
        start = _typed(window.start) if window else None
        end = _typed(window.end) if window else None
        at, high = cursor.get("at"), cursor.get("high")
        if isinstance(at, list):
            value, *key = (unpacked(one) for one in at)
            if key or isinstance(value, int):
                return queries.Span(after=(value, tuple(key)), end=end)
            return queries.Span(start=value, end=end)  # rows of the same time may follow; known ones are recognised
        if high is None:
            return queries.Span(start=start, end=end)
        value = unpacked(high)
        if not source.overlap_seconds and isinstance(value, int):
            return queries.Span(after=(value, ()))
        return queries.Span(start=set_back(value, source.overlap_seconds))

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        with self._engine.connect() as conn:
            statement = queries.read_only(conn.dialect.name)
            if statement is not None:
                conn.execute(statement)
                conn.commit()
            options = {"stream_results": True, "yield_per": self._source.chunk_rows}
            yield conn.execution_options(**options)
            conn.rollback()

    def _check(self, row: Row) -> None:
        wanted = (*((self._source.cursor,) if self._source.cursor else ()), *self._source.key)
        for name in wanted:
            if name not in row:
                raise invalid(
                    "unknown_column", f"the source has no column {name!r}", field="sql.cursor", got=name,
                    allowed=", ".join(list(row)[:40]),
                )  # fmt: skip

    def _named(self, row: Row) -> dict[str, object]:
        """A row with its name: its key and cursor value, so that a changed row is another one; else its content."""
        source = self._source
        names = (*source.key, *((source.cursor,) if source.cursor else ()))
        whole = source.key or isinstance(row.get(source.cursor), int)
        return {**flat(row), ROW_ID: name_of(row, names if whole else ())}


def packed(value: object) -> list[object]:
    """A cursor value as JSON that keeps its type."""
    match value:
        case bool() | int() | float() | str():
            return ["plain", value]
        case Decimal():
            return ["decimal", str(value)]
        case datetime():
            return ["datetime", value.isoformat()]
        case date():
            return ["date", value.isoformat()]
        case _:
            return ["plain", scalar_text(value)]


def unpacked(value: object) -> object:
    """The value that :func:`packed` packed.

    >>> unpacked(packed(date(2026, 1, 2)))
    datetime.date(2026, 1, 2)
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise Error(Kind.DEFECT, "bad_cursor", "the cursor cannot be read")
    kind, held = value
    match kind:
        case "decimal":
            return Decimal(str(held))
        case "datetime":
            return datetime.fromisoformat(str(held))
        case "date":
            return date.fromisoformat(str(held))
        case _:
            return held


def set_back(value: object, by: float) -> object:
    """A cursor value set back: times by seconds, numbers by the number itself; other texts stay.

    >>> set_back("2026-01-01 00:00:10", 20.0)
    '2025-12-31 23:59:50'
    """
    if not by or isinstance(value, bool):
        return value
    match value:
        case datetime():
            value = value - timedelta(seconds=by)
        case date():
            value = value - timedelta(days=-(-by // 86_400))
        case int() | Decimal():
            value = value - int(by)
        case float():
            value = value - by
        case str():
            value = _text_back(value, by)
    return value


def _text_back(text: str, by: float) -> str:
    """A time that its database keeps as text, in the same form."""
    try:
        moment = datetime.fromisoformat(text) - timedelta(seconds=by)
    except ValueError:
        return text
    if len(text) == 10:
        return (moment - timedelta(days=1)).date().isoformat()
    return moment.isoformat(sep=text[10], timespec="microseconds" if "." in text else "auto")


def _typed(text: str) -> object:
    """An end of a backfill: a whole number as such, all else as text, whose type the database knows."""
    if not text:
        return None
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 19 else text


def _engine(source: SqlSource, secrets: Secrets) -> Engine:
    address = secrets.get(source.url_secret) if source.url_secret else source.url
    try:
        url = sa.make_url(address)
        if source.password is not None:
            url = url.set(password=secrets.get(source.password))
        if url.get_backend_name() == "postgresql" and "+" not in url.drivername:
            url = url.set(drivername="postgresql+psycopg")
        return sa.create_engine(url, poolclass=NullPool)
    except (sa.exc.ArgumentError, ImportError) as exc:
        raise invalid(
            "bad_database", "the database address is wrong, or its driver is not installed", field="sql.url",
            allowed="dialect+driver://user@host/database", hint=type(exc).__name__,
        ) from exc  # fmt: skip


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as exc:
        raise unavailable("database_unreachable", f"the database cannot be read now: {_first_line(exc)}") from exc
    except sa.exc.SQLAlchemyError as exc:
        raise invalid("bad_query", f"the database refuses the query: {_first_line(exc)}", field="sql.query") from exc


def _first_line(exc: sa.exc.SQLAlchemyError) -> str:
    own = getattr(exc, "orig", None) or exc
    return str(own).strip().partition("\n")[0][:300]
