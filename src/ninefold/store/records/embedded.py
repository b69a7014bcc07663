"""The private PostgreSQL server of an embedded installation: PostgreSQL 18 from a wheel, on a socket of its own.

It lives as long as the process that started it: a watcher stops it when that process dies, however it dies. The
caller holds the data folder's lock, so a server that is found running on the folder belongs to nobody: it is stopped
and started again, and what was committed is there.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from ninefold.base import conflict, unavailable

from .programs import Account, account, admit, launch, programs, run

# All durable: fsync and synchronous_commit stay on.
_SETTINGS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "jit": "off",
    "random_page_cost": "1.1",
    "effective_cache_size": "2GB",
    "maintenance_work_mem": "256MB",
    "work_mem": "32MB",
    # The log tells of the server, never of what stands in a row: statements and values are personal data.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
# Holds a pipe of the process that started the server: it ends when that process does, and then the server is stopped.
_WATCHER = 'read -r _ || kill -INT "$0"'
_SOCKET = ".s.PGSQL.5432"
_SOCKET_PATH_MAX = 100  # bytes; Linux allows 107, macOS 103
_LOG_BYTES_MAX = 5_000_000
_RECOVERY_SECONDS_MAX = 900.0  # replaying 2 GB of log on a slow disk
_LEFTOVERS_SECONDS_MAX = 20.0


class EmbeddedPostgres:
    """A running private server.

    Attributes:
        folder: its data.
        url: connection address of its default database, in libpq form.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        """Start the server on a folder, which is made when missing.

        Args:
            folder: the data of the server; made whole or not at all.
            settings: PostgreSQL settings besides the default ones.

        Raises:
            Error: unavailable ``records_not_started`` with the end of the server's log; conflict when the folder holds
                something else.
        """
        self.folder = folder.expanduser().resolve()
        self._owner = os.getpid()
        self._settings = {**_SETTINGS, **(settings or {})}
        try:
            self._programs = programs(self.folder)
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._account = account(self.folder)
            admit(self._programs / "postgres", self._account)
            admit(self.folder, self._account)
            _clear_leftovers(self.folder)
            if not (self.folder / "PG_VERSION").exists():
                self._make()
            self._sockets = _socket_folder(self._account)
        except OSError as exc:
            raise unavailable("records_not_started", f"cannot prepare {self.folder} for PostgreSQL: {exc}") from exc
        try:
            self._server = self._start()
        except BaseException:
            shutil.rmtree(self._sockets, ignore_errors=True)
            raise
        self._watcher = launch(
            ["/bin/sh", "-c", _WATCHER, str(self._server.pid)], self._account, out=subprocess.DEVNULL
        )
        atexit.register(self.stop)
        self.url = self._address("postgres")

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._server.pid

    @property
    def alive(self) -> bool:
        """Whether the server's process runs."""
        return self._server.poll() is None

    def ensure_database(self, name: str) -> str:
        """The address of a database of this server, which is made when missing."""
        import psycopg  # noqa: PLC0415 - commands without stores need not load it
        from psycopg import sql  # noqa: PLC0415

        with psycopg.connect(self.url, autocommit=True) as conn:
            known = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if known is None:
                conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._address(name)

    def stop(self) -> None:
        """Stop the server and wait for it; open transactions are rolled back. Doing it twice is harmless."""
        if os.getpid() != self._owner:  # a forked child must not stop its parent's server
            return
        atexit.unregister(self.stop)
        _stop_process(self._server)
        if self._watcher.returncode is None:
            with suppress(BrokenPipeError):
                self._watcher.communicate(b"stopped\n")
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _address(self, database: str) -> str:
        # What is named here is not taken from the environment of the process (PGPORT, PGOPTIONS and so on).
        sockets = quote(str(self._sockets), safe="")
        return f"postgresql://postgres@/{quote(database, safe='')}?host={sockets}&port=5432&options=-cTimeZone%3DUTC"

    def _make(self) -> None:
        """Make the data beside its place and move it there, so that a killed start leaves nothing half-made."""
        if self.folder.exists() and any(self.folder.iterdir()):
            raise conflict(
                "records_not_empty",
                f"the folder {self.folder} holds something that is not a PostgreSQL data folder",
                hint="name another data folder",
            )
        draft = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        _give(draft, self._account)
        run(
            [self._programs / "initdb", "-D", draft, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
             "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
            self._account,
        )  # fmt: skip
        draft.replace(self.folder)

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers, however long it must recover."""
        log = _fresh_log(self.folder)
        patience = time.monotonic() + _LEFTOVERS_SECONDS_MAX
        while True:
            begin = log.stat().st_size if log.exists() else 0
            server = self._launch(log)
            if _ready(server, self.folder):
                return server
            _stop_process(server)
            said = log.read_bytes()[begin:].decode(errors="replace")
            # Processes of a server that was killed need a moment to notice it.
            if "is still in use" not in said or time.monotonic() > patience:
                raise unavailable(
                    "records_not_started",
                    f"the embedded PostgreSQL on {self.folder} did not start",
                    hint=f"its log {log} ends: {said.strip()[-600:]}",
                )
            time.sleep(0.2)

    def _launch(self, log: Path) -> subprocess.Popen[bytes]:
        sockets = str(self._sockets).replace('"', '""')
        settings = {**self._settings, "unix_socket_directories": f'"{sockets}"'}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("ab") as out:
            server = launch([self._programs / "postgres", "-D", self.folder, *options], self._account, out=out)
        if server.stdin:
            server.stdin.close()
        return server


def _ready(server: subprocess.Popen[bytes], folder: Path) -> bool:
    """Wait until the server answers; False when it ended instead."""
    deadline = time.monotonic() + _RECOVERY_SECONDS_MAX
    while server.poll() is None and time.monotonic() < deadline:
        facts = _lock_facts(folder)
        if len(facts) >= 8 and facts[0] == str(server.pid) and facts[7].strip() == "ready":
            return True
        time.sleep(0.02)
    return False


def _lock_facts(folder: Path) -> list[str]:
    """The lines of ``postmaster.pid``: process, folder, start, port, socket folder, address, memory, status."""
    try:
        return (folder / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _clear_leftovers(folder: Path) -> None:
    """Stop the server that a killed process left running here, and remove what keeps a new one from starting."""
    lock = folder / "postmaster.pid"
    if not lock.exists():
        return
    facts = _lock_facts(folder)
    pid = int(facts[0]) if facts and facts[0].isdecimal() else 0
    if pid and _is_postgres(pid, folder):
        for sign in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(pid, sign)
            if _gone(pid, seconds=_LEFTOVERS_SECONDS_MAX):
                break
    elif pid == 0 or _exists(pid):
        # Torn by a power cut, or its number belongs to another process now: PostgreSQL would take it for a rival.
        lock.unlink(missing_ok=True)
    sockets = Path(facts[4].strip()) if len(facts) > 4 and facts[4].strip() else None
    if sockets is not None and sockets.name.startswith("ninefold-"):
        shutil.rmtree(sockets, ignore_errors=True)


def _is_postgres(pid: int, folder: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        if Path("/proc/self").exists():
            return False
        asked = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], check=False, capture_output=True)  # noqa: S603, S607 - where there is no /proc
        return b"postgres" in asked.stdout and os.fsencode(folder) in asked.stdout
    return words[0].endswith(b"postgres") and os.fsencode(folder) in words


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _gone(pid: int, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _exists(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _stop_process(server: subprocess.Popen[bytes]) -> None:
    for sign, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
        if server.poll() is not None:
            return
        with suppress(ProcessLookupError):
            server.send_signal(sign)
        with suppress(subprocess.TimeoutExpired):
            server.wait(seconds)


def _fresh_log(folder: Path) -> Path:
    """Where the server writes its log: beside the data; the last one is kept once when it has grown."""
    log = folder.with_name(f"{folder.name}.log")
    with suppress(FileNotFoundError):
        if log.stat().st_size > _LOG_BYTES_MAX:
            log.replace(log.with_name(f"{log.name}.1"))
    return log


def _socket_folder(who: Account) -> Path:
    """A private folder with a short path for the socket (those of data folders may be long or on a network disk)."""
    for base in (Path(tempfile.gettempdir()).resolve(), Path("/tmp")):  # noqa: S108 - mkdtemp makes a private folder
        short = len(os.fsencode(base / "ninefold-12345678" / _SOCKET)) <= _SOCKET_PATH_MAX
        open_to_all = who.uid is None or all(folder.stat().st_mode & 0o001 for folder in (base, *base.parents))
        if short and open_to_all and os.access(base, os.W_OK):
            made = Path(tempfile.mkdtemp(prefix="ninefold-", dir=base))
            _give(made, who)
            return made
    raise unavailable("records_not_started", "there is no temporary folder for the socket of PostgreSQL",
                      hint="set TMPDIR to a folder with a short path that this process can write")  # fmt: skip


def _give(folder: Path, who: Account) -> None:
    if who.uid is not None and who.gid is not None:
        os.chown(folder, who.uid, who.gid)
