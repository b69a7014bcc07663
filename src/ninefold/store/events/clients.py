"""Clients of the events store: made, lent to one thread at a time, and their failures put into our words."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.exceptions import Error as DriverError
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from ninefold.base import Error, Kind, conflict, unavailable

from .address import Address

# What a call of the driver may raise when the store, not the program, is at fault.
FAULTS = (ClickHouseError, HTTPError, OSError)

_UNREACHABLE = "events_unreachable"

_LACKING = ("UNKNOWN_TABLE", "UNKNOWN_DATABASE")
_TOO_HEAVY = ("TIMEOUT_EXCEEDED", "TOO_SLOW", "MEMORY_LIMIT_EXCEEDED", "TOO_MANY_ROWS", "TOO_MANY_BYTES",
              "TOO_MANY_ROWS_OR_BYTES", "QUERY_WAS_CANCELLED")  # fmt: skip
_BUSY = ("TOO_MANY_SIMULTANEOUS_QUERIES", "TOO_MANY_PARTS", "TABLE_IS_READ_ONLY", "KEEPER_EXCEPTION", "NETWORK_ERROR",
         "SOCKET_TIMEOUT", "ALL_CONNECTION_TRIES_FAILED", "NO_REPLICA_HAS_PART", "ABORTED", "SERVER_OVERLOADED",
         "RECEIVED_ERROR_FROM_REMOTE_IO_SERVER")  # fmt: skip
_LOGIN = ("AUTHENTICATION_FAILED", "REQUIRED_PASSWORD", "WRONG_PASSWORD", "UNKNOWN_USER", "ACCESS_DENIED")
# The engine's names of failures, to our kind, code, words and hint.
_WORDS: dict[str, tuple[Kind, str, str, str]] = {
    **dict.fromkeys(_LACKING, (Kind.MISSING, "unknown_table", "the events store lacks a table or database", "")),
    **dict.fromkeys(
        _TOO_HEAVY,
        (Kind.UNAVAILABLE, "query_too_heavy", "the query took too much time or memory", "narrow the time window"),
    ),
    **dict.fromkeys(_BUSY, (Kind.UNAVAILABLE, _UNREACHABLE, "the events store is busy", "")),
    **dict.fromkeys(_LOGIN, (Kind.REFUSED, "events_login", "the events store refuses this login", "check events_url")),
    "NOT_ENOUGH_SPACE": (Kind.UNAVAILABLE, "events_disk_full", "the disk of the events store is full", "free space"),
}


class Clients:
    """A pool without a limit: as many clients as there are threads at work at once.

    The embedded engine lives as long as one client of it does, so one is kept until the end.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._idle: list[Client] = []
        self._guard = threading.Lock()
        self._closed = False

    @contextmanager
    def lend(self) -> Iterator[Client]:
        """A client for this thread alone; thrown away when the block fails, since its connection may be broken."""
        with self._guard:
            if self._closed:
                raise unavailable("events_closed", "the events store was closed")
            client = self._idle.pop() if self._idle else None
        client = client or self.connect(self._address.database)
        try:
            yield client
        except BaseException:
            if self._address.folder:  # there is no connection to break; the engine must stay open
                self._give_back(client)
            else:
                _close(client)
            raise
        self._give_back(client)

    def connect(self, database: str) -> Client:
        """A new client on a database.

        Raises:
            Error: conflict when the folder of the embedded engine is in use; unavailable or refused for a server.
        """
        address = self._address
        try:
            if address.folder:
                _check_free(Path(address.folder))
                settings = {"max_memory_usage": str(_memory_share()), **address.settings}
                return clickhouse_connect.get_client(
                    interface="chdb", path=address.folder, database=database, settings=settings
                )
            return clickhouse_connect.get_client(
                dsn=address.server, database=database, settings=dict(address.settings), autogenerate_session_id=False,
                connect_timeout=10, send_receive_timeout=address.timeout_seconds, dedicated_pool=True,
            )  # fmt: skip
        except FAULTS as exc:
            if address.folder:
                raise _not_opened(address.folder, exc) from exc
            raise refine(exc) from exc

    def close(self) -> None:
        """Close what is idle now, and the rest when it is given back."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for client in idle:
            _close(client)

    def _give_back(self, client: Client) -> None:
        with self._guard:
            if not self._closed:
                self._idle.append(client)
                return
        _close(client)


def refine(exc: Exception) -> Error:
    """The failure of a call in our words, with kind and code a caller can act on."""
    text = str(exc)
    name, code = (exc.name or "", exc.code) if isinstance(exc, DriverError) else ("", None)
    if name in _WORDS:
        kind, own, words, hint = _WORDS[name]
        return Error(kind, own, words, hint=hint, got=text, retryable=kind is Kind.UNAVAILABLE)
    if any(isinstance(cause, ReadTimeoutError) for cause in _causes(exc)):
        return unavailable("events_slow", "the events store did not answer in time", hint="see timeout_seconds")
    if code is None:
        return unavailable(_UNREACHABLE, f"the events store does not answer: {text[:300]}")
    return Error(Kind.DEFECT, "events_query_failed", text[:2000])


def worth_repeating(error: Error) -> bool:
    """Whether the same call may succeed at once: a broken connection or a busy server, not a heavy query."""
    return error.code == _UNREACHABLE


def never_sent(error: Error) -> bool:
    """Whether the call surely never reached the server, so that repeating it is safe whatever it does."""
    return any(isinstance(cause, NewConnectionError | ConnectTimeoutError) for cause in _causes(error))


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while exc is not None and seen < 12:
        yield exc
        reason = getattr(exc, "reason", None)
        if isinstance(reason, BaseException):
            yield reason
        exc, seen = exc.__cause__ or exc.__context__, seen + 1


@cache
def _memory_share() -> int:
    """Bytes one query may use: half of what this machine, or the container, has; the engine then goes to disk."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # no such file, or the word "max"
            limits.append(int(Path(file).read_text(encoding="ascii")))
    return min(limits) // 2


def _check_free(folder: Path) -> None:
    """Raise conflict when another process has the engine's folder open (the engine itself would only fail)."""
    try:
        with (folder / "status").open("rb") as status:
            fcntl.flock(status, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        lines = (folder / "status").read_text(encoding="utf-8", errors="replace").splitlines()
        pid = next((line.removeprefix("PID:").strip() for line in lines if line.startswith("PID:")), "unknown")
        if pid != str(os.getpid()):
            raise _in_use(folder, f"process {pid}") from exc
    except OSError:
        return  # a new folder, or one the engine will complain about itself


def _in_use(folder: Path, who: str) -> Error:
    return conflict(
        "events_in_use",
        f"the events folder {folder} is in use by {who}",
        hint="one process at a time may hold an embedded events folder",
        retryable=True,
    )


def _not_opened(folder: str, exc: Exception) -> Error:
    text = str(exc)
    if "already initialized with path" in text:
        return conflict("one_events_folder", f"this process has another events folder open, so not {folder}",
                        hint="close the other one first")  # fmt: skip
    if isinstance(exc, DriverError) and exc.name in _LACKING:
        return refine(exc)
    return unavailable("events_not_opened", f"cannot open the events folder {folder}: {text[:300]}",
                       hint="is it writable, with free space, and held by no other process?")  # fmt: skip


def _close(client: Client) -> None:
    with suppress(Exception):
        client.close()
