"""Events: everything that is counted, in ClickHouse's dialect through one client.

``chdb:///folder`` is ClickHouse inside this process (one folder per process); ``clickhouse://host:8123/db`` is a
server or a cluster. Safe to use from many threads.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self, TypeVar

import pyarrow as pa
from clickhouse_connect.driver.client import Client

from ninefold.base import Error, Kind, span, unavailable

from .address import parse_address
from .clients import FAULTS, Clients, never_sent, refine, worth_repeating
from .schema import BATCH_COLUMN, SCHEMA_VERSIONS, TABLES, VERSION
from .streams import stream_embedded, stream_server
from .tables import Table

if TYPE_CHECKING:
    import sqlglot.expressions as exp

_T = TypeVar("_T")
_OF_PEOPLE = "oneid IN (SELECT arrayJoin({people:Array(UInt32)}))"
_PAUSES = (0.0, 0.2, 1.0)  # seconds before each attempt


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL of the events store with the values it is bound to.

    Attributes:
        text: ClickHouse SQL; a value stands as ``{name:Type}``.
        parameters: the values by name. Times are aware, and meant in UTC where the type names no zone.
    """

    text: str
    parameters: Mapping[str, object] = field(default_factory=dict)


def render(expression: "exp.Expr", parameters: Mapping[str, object] | None = None) -> Statement:
    """A statement from a sqlglot tree, laid out to be read."""
    return Statement(expression.sql(dialect="clickhouse", pretty=True), dict(parameters or {}))


class Events:
    """The events store."""

    def __init__(self, url: str) -> None:
        self._address = parse_address(url)
        self._clients = Clients(self._address)

    @classmethod
    def open(cls, url: str, *, tables: Sequence[Table] = TABLES) -> Self:
        """Connect, make the database, and whatever tables and columns are missing.

        Raises:
            Error: conflict when the folder is in use or was written by a newer release; unavailable or refused for a
                server.
        """
        events = cls(url)
        try:
            events.make_database()
            events._bring_up_to_date(tables)
        except BaseException:
            events.close()
            raise
        return events

    def query(self, statement: Statement) -> pa.Table:
        """The rows of a SELECT as an Arrow table; repeated when the connection breaks, since reading is harmless.

        Raises:
            Error: missing for an unknown table; unavailable when the store does not answer or the query is too heavy;
                defect for SQL that is wrong.
        """

        def read(client: Client) -> pa.Table:
            body = client.raw_query(statement.text, _bound(statement), fmt="Arrow")
            return pa.ipc.open_file(body).read_all()

        with span("events.query") as note:
            rows = self._run(read, repeat=True)
            note.add(rows=rows.num_rows)
        return rows

    def stream(self, statement: Statement) -> Iterator[pa.RecordBatch]:
        """The rows of a SELECT in batches, for results larger than memory; never a part of a result as if it were all.

        Not repeated: a failure after the first batch is raised to the reader.
        """
        try:
            with self._clients.lend() as client:
                read = stream_embedded if self._address.folder else stream_server
                yield from read(client, self._address, statement.text, _bound(statement))
        except FAULTS as exc:
            raise refine(exc) from exc

    def scalar(self, statement: Statement) -> object:
        """The first value of the first row, or None when there is no row."""
        table = self.query(statement)
        return table.column(0)[0].as_py() if table.num_rows else None

    def count(self, statement: Statement) -> int:
        """The first value of the first row as an integer; 0 when there is no row."""
        value = self.scalar(statement)
        return int(value) if isinstance(value, int | float) else 0

    def command(self, statement: Statement) -> None:
        """Run a statement without result: DDL, or INSERT ... SELECT. Not repeated: it may have been carried out."""
        self._run(lambda client: client.command(statement.text, _bound(statement)))

    def insert(self, table: str, rows: pa.Table, *, token: str = "") -> None:
        """Append rows; with a token the same rows may be sent again and count once.

        The engine remembers the last 10,000 tokens of a table, but writes token and rows one after the other: a crash
        of the engine between the two loses one of them. Where rows must count exactly once whatever crashes, use
        :meth:`insert_batch`; where a repeat does no harm (tables that replace by key), use no token.

        Args:
            table: name of the table.
            rows: columns by name; absent ones take their default.
            token: names this very set of rows for ever.
        """
        if rows.num_rows == 0:
            return
        settings = {"insert_deduplication_token": token or uuid.uuid4().hex}
        with span("events.insert", table=table, rows=rows.num_rows):
            self._run(lambda client: client.insert_arrow(table, rows, settings=settings), repeat=True)

    def insert_batch(self, table: str, rows: pa.Table, *, batch_id: int) -> None:
        """Append the rows of a batch exactly once, whatever crashed or broke before and however often it is called.

        What the table holds of the batch is counted afterwards; when that is not the batch, its rows are taken out and
        written anew. Two processes must not do it for one batch at the same time.

        Args:
            table: a table with a ``batch_id`` column.
            rows: all rows of the batch, the same ones each time.
            batch_id: its number, as it stands in the column of every row.
        """
        if rows.num_rows == 0:
            return
        token = f"batch-{batch_id}"
        for _ in _PAUSES:
            self.insert(table, rows, token=token)
            found = self.count(Statement(f"SELECT count() FROM {table} WHERE {BATCH_COLUMN} = {{batch:UInt64}}",
                                         {"batch": batch_id}))  # fmt: skip
            if found == rows.num_rows:
                return
            self._delete_batch(table, batch_id)
            token = f"batch-{batch_id}-{uuid.uuid4().hex}"
        raise unavailable(
            "batch_not_stored", f"batch {batch_id} has {rows.num_rows} rows, but the events store shows {found}"
        )

    def delete(self, table: str, test: Statement) -> None:
        """Take rows out for good, and wait until they are; meant for many rows at once, since parts are rewritten.

        Args:
            table: name of the table.
            test: what stands after WHERE, with its values.
        """
        cluster = self._address.cluster
        target = f"{table}_local ON CLUSTER `{cluster}`" if cluster else table
        self.command(Statement(f"ALTER TABLE {target} DELETE WHERE {test.text}", test.parameters))

    def count_people(self, table: str, people: Sequence[int]) -> dict[int, int]:
        """Rows of a table about some people (its column ``oneid``), by number; those of nobody are left out."""
        text = f"SELECT oneid, count() FROM {table} WHERE {_OF_PEOPLE} GROUP BY oneid"
        found = self.query(Statement(text, {"people": list(people)}))
        return dict(zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True))

    def read_people(self, table: str, people: Sequence[int]) -> list[dict[str, object]]:
        """Rows of a table about some people."""
        found = self.query(Statement(f"SELECT * FROM {table} WHERE {_OF_PEOPLE}", {"people": list(people)}))
        rows: list[dict[str, object]] = found.to_pylist()
        return rows

    def delete_people(self, table: str, people: Sequence[int]) -> None:
        """Delete the rows of some people from disk; returns when they are gone. Doing it twice is harmless."""
        if self.count_people(table, people):
            self.delete(table, Statement("oneid IN {people:Array(UInt32)}", {"people": list(people)}))

    def ping(self) -> None:
        """Raise unavailable unless the store answers."""
        self.query(Statement("SELECT 1"))

    def close(self) -> None:
        """Close all clients; doing it twice is harmless."""
        self._clients.close()

    def make_database(self) -> None:
        """Make the database unless it is there."""
        name = self._address.database.replace("`", "")
        on = f" ON CLUSTER `{self._address.cluster}`" if self._address.cluster else ""
        client = self._clients.connect("default")
        try:
            client.command(f"CREATE DATABASE IF NOT EXISTS `{name}`{on}")
            with self._clients.lend():  # from here on the pool keeps the embedded engine open
                pass
        except FAULTS as exc:
            raise refine(exc) from exc
        finally:
            client.close()

    def _run(self, work: Callable[[Client], _T], *, repeat: bool = False) -> _T:
        """Do something with a client, again after a pause when it may be repeated and the connection was at fault."""
        for attempt, pause in enumerate(_PAUSES, start=1):
            time.sleep(pause)
            try:
                return self._try(work)
            except Error as error:
                again = worth_repeating(error) and (repeat or never_sent(error))
                if not again or attempt == len(_PAUSES):
                    raise
        raise AssertionError

    def _try(self, work: Callable[[Client], _T]) -> _T:
        try:
            with self._clients.lend() as client:
                return work(client)
        except FAULTS as exc:
            raise refine(exc) from exc

    def _delete_batch(self, table: str, batch_id: int) -> None:
        self.delete(table, Statement(f"{BATCH_COLUMN} = {{batch:UInt64}}", {"batch": batch_id}))

    def _bring_up_to_date(self, tables: Sequence[Table]) -> None:
        self._make(SCHEMA_VERSIONS)
        found = self.count(Statement("SELECT max(version) FROM schema_versions"))
        if found > VERSION:
            raise Error(
                Kind.CONFLICT,
                "newer_schema",
                f"the events store was written by a newer Ninefold (schema {found}; this one knows {VERSION})",
                hint="upgrade Ninefold, or open another data folder",
            )
        for table in tables:
            self._make(table)
        if found == VERSION:
            return
        for table in tables:
            for ddl in table.add_columns(self._columns(table.name), self._address.cluster):
                self.command(Statement(ddl))
        self.command(Statement("INSERT INTO schema_versions (version) VALUES ({version:UInt32})", {"version": VERSION}))

    def _make(self, table: Table) -> None:
        cluster = self._address.cluster
        for ddl in table.cluster(cluster) if cluster else table.single():
            self.command(Statement(ddl))

    def _columns(self, table: str) -> frozenset[str]:
        found = self.query(
            Statement(
                "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String}",
                {"table": table},
            )
        )
        return frozenset(found.column(0).to_pylist())


def _bound(statement: Statement) -> dict[str, object]:
    return {name: _plain(value) for name, value in statement.parameters.items()}


def _plain(value: object) -> object:
    """Times as UTC text, which every time type reads alike (the driver would use the zone of the server's machine)."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Error(Kind.DEFECT, "naive_time", "a time without a zone was bound to a statement", got=value)
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
