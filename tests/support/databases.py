"""Databases for tests: made from a template, and given again once they are as new. To make one costs ten times as much.

A database whose tables, columns, rules or functions a test changed is not given again: it is dropped.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import Connection, sql

# What a test may have changed besides rows; tables of other sessions' own (temporary ones) do not count.
_SHAPE = """
WITH lasting AS (
  SELECT oid FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_temp%' AND nspname NOT LIKE 'pg\\_toast\\_temp%'
), ours AS (
  SELECT c.oid, c.relname, c.relnamespace FROM pg_class c JOIN lasting n ON n.oid = c.relnamespace WHERE c.oid >= 16384
)
SELECT md5(concat(
  (SELECT string_agg(concat_ws(' ', oid, relname, relnamespace), ',' ORDER BY oid) FROM ours),
  (SELECT string_agg(concat_ws(' ', attrelid, attnum, attname, atttypid, attnotnull, attisdropped), ','
                     ORDER BY attrelid, attnum) FROM pg_attribute WHERE attrelid IN (SELECT oid FROM ours)),
  (SELECT string_agg(concat_ws(' ', oid, conname, convalidated), ',' ORDER BY oid)
     FROM pg_constraint WHERE oid >= 16384),
  (SELECT string_agg(concat_ws(' ', oid, tgname, tgenabled), ',' ORDER BY oid) FROM pg_trigger WHERE oid >= 16384),
  (SELECT string_agg(concat_ws(' ', oid, adrelid, adnum), ',' ORDER BY oid) FROM pg_attrdef WHERE oid >= 16384),
  (SELECT string_agg(concat_ws(' ', oid, proname, md5(prosrc)), ',' ORDER BY oid) FROM pg_proc WHERE oid >= 16384),
  (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM lasting),
  (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_extension),
  (SELECT string_agg(concat_ws(' ', setrole, setconfig), ',') FROM pg_db_role_setting
     WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
))
"""
# Whatever was ever written, also by a transaction that was rolled back, left a page behind.
_WRITTEN = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 ORDER BY relname
"""
_SEQUENCES = """
SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY sequencename
"""
_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What stands in a database.

    Attributes:
        shape: a digest of its tables and all that belongs to them.
        rows: the tables that are not empty, as COPY writes them.
        sequences: the last number each has given; None when it gave none.
    """

    shape: str
    rows: dict[str, bytes]
    sequences: dict[str, int | None]


class Databases:
    """The databases of a run. One that comes back is handed to the next test when it could be made as new."""

    def __init__(self, url: str, address: Callable[[str], str], template: str) -> None:
        """Args: the server; gives the address of a database of it; the name of the template."""
        self._server = psycopg.connect(url, autocommit=True)
        self._address = address
        self._template = template
        self._free: list[str] = []
        with psycopg.connect(address(template), autocommit=True) as conn:
            self._new = content(conn)

    def take(self) -> str:
        """The name of a database that is as the template."""
        if self._free:
            return self._free.pop()
        name = f"t_{uuid.uuid4().hex[:12]}"
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._server.execute(made.format(sql.Identifier(name), sql.Identifier(self._template)))
        return name

    def give_back(self, name: str) -> None:
        """Make it as new for the next one; drop it when that cannot be."""
        with psycopg.connect(self._address(name), autocommit=True) as conn:
            conn.execute(_OTHERS)
            again = _only(conn, _SHAPE) == self._new.shape
            if again:
                self._renew(conn)
        if again:
            self._free.append(name)
        else:
            self._server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def close(self) -> None:
        self._server.close()

    def _renew(self, conn: Connection) -> None:
        new = self._new
        written = [name for (name,) in conn.execute(_WRITTEN)]
        emptied = [name for name in written if name not in new.rows or _rows(conn, name) != new.rows[name]]
        with conn.transaction():
            conn.execute("SET LOCAL session_replication_role = replica")  # rows come back in any order
            if emptied:
                names = sql.SQL(", ").join(map(sql.Identifier, emptied))
                conn.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))
            for name, rows in new.rows.items():
                if _rows(conn, name) != rows:
                    with conn.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as copy:
                        copy.write(rows)
            for name, last in _sequences(conn).items():
                if last != new.sequences[name]:
                    conn.execute(f"ALTER SEQUENCE {name} RESTART")
                    if new.sequences[name] is not None:
                        conn.execute("SELECT setval(%s, %s)", (name, new.sequences[name]))


def content(conn: Connection) -> Content:
    """All that stands in a database."""
    written = {name: _rows(conn, name) for (name,) in conn.execute(_WRITTEN).fetchall()}
    rows = {name: found for name, found in written.items() if found}
    return Content(shape=_only(conn, _SHAPE), rows=rows, sequences=_sequences(conn))


def _rows(conn: Connection, table: str) -> bytes:
    with conn.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(bytes(part) for part in copy)


def _sequences(conn: Connection) -> dict[str, int | None]:
    return dict(conn.execute(_SEQUENCES).fetchall())


def _only(conn: Connection, query: str) -> str:
    row = conn.execute(query).fetchone()
    assert row is not None
    return str(row[0])
