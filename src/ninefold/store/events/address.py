"""Addresses of the events store, and what every session of it is told."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from ninefold.base import Error, Kind

# One meaning of time, text and durability, whatever the server's own defaults are.
_SETTINGS = {
    "session_timezone": "UTC",
    "output_format_arrow_string_as_string": "1",
    "async_insert": "0",  # acknowledged means stored, and tokens hold; servers queue inserts otherwise
    "insert_deduplicate": "1",
    "mutations_sync": "2",
}
_EMBEDDED = {"output_format_arrow_compression_method": "none"}
_CLUSTER = {"distributed_foreground_insert": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the events store is.

    Attributes:
        folder: of the embedded engine; empty for a server.
        server: address of a server, without database; empty for the embedded engine.
        database: the database of the tables.
        cluster: name of the cluster whose tables are distributed, or nothing.
        timeout_seconds: how long one request to a server may take.
        settings: ClickHouse settings of every session.
    """

    folder: str = ""
    server: str = ""
    database: str = "default"
    cluster: str = ""
    timeout_seconds: int = 300
    settings: dict[str, str] = field(default_factory=dict)


def parse_address(url: str) -> Address:
    """An address from a URL; what the query string holds besides the known names are ClickHouse settings.

    >>> parse_address("clickhouse://me:secret@db:8123/brand?cluster=main&max_threads=4").settings["max_threads"]
    '4'
    """
    parts = urlsplit(url)
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    cluster, database = given.pop("cluster", ""), given.pop("database", "")
    timeout = given.pop("timeout_seconds", "300")
    folder = unquote(parts.path)
    if not timeout.isdecimal() or (parts.scheme == "chdb" and (parts.netloc or "?" in folder or not folder)):
        raise _wrong(url)
    if parts.scheme == "chdb":
        settings = {**_SETTINGS, **_EMBEDDED, **given}
        return Address(folder=folder, database=database or "ninefold", settings=settings)
    if parts.scheme not in {"clickhouse", "clickhouses", "http", "https"} or not parts.hostname:
        raise _wrong(url)
    secure = parts.scheme in {"clickhouses", "https"}
    return Address(
        server=parts._replace(scheme="https" if secure else "http", path="", query="", fragment="").geturl(),
        database=unquote(parts.path).strip("/") or database or "default",
        cluster=cluster,
        timeout_seconds=int(timeout),
        settings={**_SETTINGS, **(_CLUSTER if cluster else {}), **given},
    )


def embedded_url(folder: Path, *, database: str = "ninefold") -> str:
    """The address of the embedded engine on a folder, whatever characters its path has.

    >>> embedded_url(Path("/data/my brand"))
    'chdb:///data/my%20brand?database=ninefold'
    """
    return f"chdb://{quote(str(folder.expanduser().resolve()))}?database={quote(database, safe='')}"


def _wrong(url: str) -> Error:
    return Error(
        Kind.INVALID,
        "bad_events_url",
        "unknown form of events store address",
        field="events_url",
        got=url,
        allowed="chdb:///folder (no ? in it) or clickhouse://user:password@host:8123/database[?cluster=name]",
    )
