"""Records: everything that must be transactional, in PostgreSQL through SQLAlchemy Core.

One request or job is one transaction: ``with records.begin() as conn`` commits at the end or rolls back.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Self, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection

from ninefold.base import Error, Kind, invalid, unavailable

from .migrate import migrate

_PASSWORD = re.compile(r"(//[^:/@]*):[^@]*@")
_CONTENTION = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available
_UNSTORABLE = {"", "22001", "22003", "22021", "22P05"}  # NUL in a text, too long, out of range, no character of UTF-8

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
    """A PostgreSQL address in the form that names the driver.

    Raises:
        Error: invalid when it is no address of a PostgreSQL database.
    """
    try:
        parsed = sa.make_url(url.replace("postgres://", "postgresql://", 1))
        if parsed.get_backend_name() == "postgresql":
            return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    except (sa.exc.ArgumentError, ValueError):
        pass
    raise invalid(
        "bad_records_url",
        "unknown form of records database address",
        field="records_url",
        got=_PASSWORD.sub(r"\1:…@", url),
        allowed="postgresql://user:password@host:5432/database",
    )


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Failures that may pass, and values that no column can hold, become errors that say so."""
    try:
        yield
    except sa.exc.TimeoutError as exc:
        raise unavailable("records_busy", "all connections to the records database are in use") from exc
    except sa.exc.DBAPIError as exc:
        state = str(getattr(exc.orig, "sqlstate", None) or "")
        gone = exc.connection_invalidated or (isinstance(exc, sa.exc.OperationalError) and not state)
        if gone or state.startswith(("08", "57P")):
            raise unavailable("records_lost", "the records database went away, or cannot be reached") from exc
        if state.startswith("53"):
            raise unavailable("records_busy", f"the records database lacks means: {exc.orig}") from exc
        if isinstance(exc, sa.exc.DataError) and state in _UNSTORABLE:
            allowed = "texts without NUL, numbers of 64 bits"
            raise invalid("unstorable_value", f"a value cannot be kept: {exc.orig}", allowed=allowed) from exc
        if state in _CONTENTION:
            raise unavailable("records_contention", "others changed the same records at once; try again") from exc
        raise


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
        self._looking = self.engine.execution_options(isolation_level="AUTOCOMMIT")

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
        except BaseException:
            records.close()
            raise
        return records

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back when it raises.

        Raises:
            Error: unavailable when the database goes away, lacks means, or others were in the way; retry the block.
        """
        with _in_our_words(), self.engine.begin() as conn:
            yield conn

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """Statements that read, each by itself and of its own moment: the round trips of a transaction are saved.

        Raises:
            Error: as :meth:`begin` does.
        """
        with _in_our_words(), self._looking.connect() as conn:
            yield conn

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Try to hold a named lock across processes for the block; yields whether it is held.

        The lock lives in a session of its own, so it goes when the process dies or loses the database.
        """
        key = sa.func.hashtextextended(name, 0)
        with _in_our_words(), self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            held = bool(conn.scalar(sa.select(sa.func.pg_try_advisory_lock(key))))
            try:
                yield held
            finally:
                if held:
                    with suppress(sa.exc.DBAPIError):  # with the connection the lock is gone as well
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
        rows: values per row; ``None`` is NULL, a value of a JSON column is a plain Python value.

    Raises:
        Error: defect when the connection is not psycopg.
    """
    raw = conn.connection.driver_connection
    if raw is None or not hasattr(raw, "cursor"):
        raise Error(Kind.DEFECT, "no_copy", "bulk loading needs a psycopg connection")
    quoted = conn.dialect.identifier_preparer
    names = ", ".join(quoted.quote(table.c[column].name) for column in columns)
    command = f"COPY {quoted.format_table(table)} ({names}) FROM STDIN"
    documents = [index for index, column in enumerate(columns) if isinstance(table.c[column].type, sa.JSON)]
    with cast("Any", raw).cursor() as cursor, cursor.copy(command) as copy:
        for row in _with_json(rows, documents) if documents else rows:
            copy.write_row(row)


def _with_json(rows: Iterable[Sequence[object]], documents: Sequence[int]) -> Iterator[Sequence[object]]:
    for row in rows:
        values = list(row)
        for index in documents:
            if values[index] is not None:
                values[index] = json.dumps(values[index], ensure_ascii=False)
        yield values
