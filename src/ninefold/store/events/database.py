"""Events: everything that is counted, in ClickHouse's dialect through one client.

``chdb:///folder`` is ClickHouse inside this process (one folder per process); ``clickhouse://host:8123/db`` is a
server or a cluster. Safe to use from many threads: each has a client of its own.
"""

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, urlsplit

import clickhouse_connect
import pyarrow as pa
import sqlglot.expressions as exp
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

from ninefold.base import Error, Kind, missing, unavailable

from .schema import TABLES, VERSION
from .tables import Table

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL of the events store with the values it is bound to.

    Attributes:
        text: ClickHouse SQL; a value stands as ``{name:Type}``.
        parameters: the values by name.
    """

    text: str
    parameters: Mapping[str, object] = field(default_factory=dict)


def render(expression: exp.Expr, parameters: Mapping[str, object] | None = None) -> Statement:
    """A statement from a sqlglot tree, laid out to be read."""
    return Statement(expression.sql(dialect="clickhouse", pretty=True), dict(parameters or {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Address:
    embedded_path: str = ""
    dsn: str = ""
    database: str = "default"
    cluster: str = ""


def _address(url: str) -> _Address:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if parts.scheme == "chdb":
        return _Address(embedded_path=parts.path, database=query.get("database", ["ninefold"])[0])
    if parts.scheme in {"clickhouse", "clickhouses", "http", "https"}:
        secure = parts.scheme in {"clickhouses", "https"}
        host = parts._replace(scheme="https" if secure else "http", path="", query="").geturl()
        return _Address(dsn=host, database=parts.path.strip("/") or "default", cluster=query.get("cluster", [""])[0])
    raise Error(
        Kind.INVALID,
        "bad_events_url",
        "unknown form of events store address",
        field="events_url",
        got=url,
        allowed="chdb:///folder or clickhouse://user:password@host:8123/database[?cluster=name]",
    )


class Events:
    """The events store."""

    def __init__(self, url: str) -> None:
        self._address = _address(url)
        self._local = threading.local()
        self._clients: list[Client] = []
        self._guard = threading.Lock()
        self._closed = False

    @classmethod
    def open(cls, url: str, *, tables: Sequence[Table] = TABLES) -> Self:
        """Connect, make the database and whatever tables are missing."""
        events = cls(url)
        events._make_database()
        for table in tables:
            cluster = events._address.cluster
            for ddl in table.cluster(cluster) if cluster else table.single():
                events.command(Statement(ddl))
        events._stamp_version()
        return events

    def query(self, statement: Statement) -> pa.Table:
        """The rows of a SELECT as an Arrow table; repeated when the connection breaks, since reading is harmless."""
        client = self._client()
        for attempt in range(_ATTEMPTS):
            try:
                return client.query_arrow(statement.text, parameters=dict(statement.parameters), use_strings=True)
            except OperationalError as exc:
                if attempt + 1 == _ATTEMPTS:
                    raise unavailable("events_unreachable", "the events store does not answer") from exc
            except ClickHouseError as exc:
                raise _refined(exc) from exc
        raise AssertionError

    def scalar(self, statement: Statement) -> object:
        """The first value of the first row, or None when there is no row."""
        table = self.query(statement)
        return table.column(0)[0].as_py() if table.num_rows else None

    def count(self, statement: Statement) -> int:
        """The first value of the first row as an integer; 0 when there is no row."""
        value = self.scalar(statement)
        return int(value) if isinstance(value, int | float) else 0

    def command(self, statement: Statement) -> None:
        """Run a statement without result: DDL, or INSERT ... SELECT."""
        try:
            self._client().command(statement.text, parameters=dict(statement.parameters))
        except OperationalError as exc:
            raise unavailable("events_unreachable", "the events store does not answer") from exc
        except ClickHouseError as exc:
            raise _refined(exc) from exc

    def insert(self, table: str, rows: pa.Table, *, token: str = "") -> None:
        """Append rows; with a token the same rows may be sent again and count once.

        Args:
            table: name of the table.
            rows: columns by name; absent ones take their default.
            token: names this very set of rows for ever, e.g. the batch id. Without one a broken connection is not
                retried, since the rows may have arrived.
        """
        if rows.num_rows == 0:
            return
        settings = {"insert_deduplication_token": token} if token else {}
        attempts = _ATTEMPTS if token else 1
        for attempt in range(attempts):
            try:
                self._client().insert_arrow(table, rows, settings=settings)
                return
            except OperationalError as exc:
                if attempt + 1 == attempts:
                    raise unavailable("events_unreachable", "the events store does not answer") from exc
            except ClickHouseError as exc:
                raise _refined(exc) from exc

    def ping(self) -> None:
        """Raise unavailable unless the store answers."""
        self.query(Statement("SELECT 1"))

    def close(self) -> None:
        """Close all clients; doing it twice is harmless."""
        with self._guard:
            self._closed = True
            clients, self._clients = self._clients, []
        for client in clients:
            with suppress(Exception):
                client.close()

    def _client(self) -> Client:
        client: Client | None = getattr(self._local, "client", None)
        if client is None:
            client = self._connect(self._address.database)
            self._local.client = client
        return client

    def _connect(self, database: str) -> Client:
        if self._closed:
            raise unavailable("events_closed", "the events store was closed")
        address = self._address
        try:
            if address.embedded_path:
                client = clickhouse_connect.get_client(dsn=f"chdb://{address.embedded_path}", database=database)
            else:
                client = clickhouse_connect.get_client(
                    dsn=address.dsn, database=database, autogenerate_session_id=False, connect_timeout=10
                )
        except ClickHouseError as exc:
            raise unavailable(
                "events_unreachable",
                f"cannot open the events store: {str(exc)[:300]}",
                hint="one process may hold an embedded events folder at a time",
            ) from exc
        with self._guard:
            self._clients.append(client)
        return client

    def _make_database(self) -> None:
        name = self._address.database
        on = f" ON CLUSTER `{self._address.cluster}`" if self._address.cluster else ""
        client = self._connect("default")
        client.command(f"CREATE DATABASE IF NOT EXISTS `{name}`{on}")

    def _stamp_version(self) -> None:
        self.command(
            Statement(
                "CREATE TABLE IF NOT EXISTS schema_versions (version UInt32, applied_at DateTime DEFAULT now()) "
                "ENGINE = ReplacingMergeTree(applied_at) ORDER BY version"
            )
        )
        found = self.count(Statement("SELECT max(version) FROM schema_versions"))
        if found > VERSION:
            raise Error(
                Kind.CONFLICT,
                "newer_schema",
                f"the events store was written by a newer Ninefold (schema {found}; this one knows {VERSION})",
                hint="upgrade Ninefold, or open another data folder",
            )
        if found < VERSION:
            self.command(
                Statement("INSERT INTO schema_versions (version) VALUES ({version:UInt32})", {"version": VERSION})
            )


def _refined(exc: ClickHouseError) -> Error:
    text = str(exc)
    if "UNKNOWN_TABLE" in text:
        return missing("unknown_table", "the events store lacks a table", got=text[:200])
    if "TIMEOUT_EXCEEDED" in text or "MEMORY_LIMIT_EXCEEDED" in text:
        return unavailable("query_too_heavy", "the query took too much time or memory", hint="narrow the time window")
    return Error(Kind.DEFECT, "events_query_failed", text[:2000])
