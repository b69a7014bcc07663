"""Records: everything that must be transactional, in PostgreSQL through SQLAlchemy Core.

One request or job is one transaction: ``with records.begin() as conn`` commits at the end or rolls back.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection

from ninefold.base import Error, Kind, unavailable

from .migrate import migrate

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def driver_url(url: str) -> str:
    """A PostgreSQL address in the form that names the driver."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


class Records:
    """The records store.

    Attributes:
        engine: the SQLAlchemy engine; prefer :meth:`begin`.
        url: the address with the driver named.
    """

    def __init__(self, url: str, *, pool_size: int = 12) -> None:
        self.url = driver_url(url)
        self.engine: Engine = sa.create_engine(
            self.url, pool_size=pool_size, max_overflow=8, pool_pre_ping=True, connect_args={"connect_timeout": 10}
        )

        @event.listens_for(self.engine, "connect")
        def _utc(connection: DBAPIConnection, _record: object) -> None:
            cursor = connection.cursor()
            cursor.execute("SET TIME ZONE 'UTC'")
            cursor.close()
            connection.commit()

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect and bring the schema up to date; two processes that start at once do it one after the other."""
        records = cls(url)
        try:
            migrate(records.engine)
        except sa.exc.OperationalError as exc:
            records.close()
            raise unavailable("records_unreachable", f"cannot reach the records database: {exc.orig}") from exc
        return records

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back when it raises."""
        try:
            with self.engine.begin() as conn:
                yield conn
        except sa.exc.OperationalError as exc:
            if exc.connection_invalidated:
                raise unavailable("records_lost", "the records database went away") from exc
            raise

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Try to hold a named lock across processes for the block; yields whether it is held.

        The lock lives in a session of its own, so it goes when the process dies.
        """
        key = sa.func.hashtextextended(name, 0)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            held = bool(conn.scalar(sa.select(sa.func.pg_try_advisory_lock(key))))
            try:
                yield held
            finally:
                if held:
                    conn.execute(sa.select(sa.func.pg_advisory_unlock(key)))

    def ping(self) -> None:
        """Raise unavailable unless the database answers."""
        try:
            with self.engine.connect() as conn:
                conn.execute(sa.select(1))
        except sa.exc.SQLAlchemyError as exc:
            raise unavailable("records_unreachable", "the records database does not answer") from exc

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def copy_rows(conn: Connection, table: sa.Table, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Load many rows by COPY inside the caller's transaction (about ten times the speed of INSERT).

    Args:
        conn: the transaction.
        table: the target, also a temporary one.
        columns: names of its columns, in the order of each row.
        rows: values per row; ``None`` is NULL.

    Raises:
        Error: defect when the connection is not psycopg.
    """
    raw = conn.connection.driver_connection
    if raw is None or not hasattr(raw, "cursor"):
        raise Error(Kind.DEFECT, "no_copy", "bulk loading needs a psycopg connection")
    names = ", ".join(table.c[column].name for column in columns)
    with cast("Any", raw).cursor() as cursor, cursor.copy(f"COPY {table.fullname} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
