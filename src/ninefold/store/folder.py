"""The data folder of an embedded installation: one process may hold it at a time.

The lock belongs to the operating system, so it goes when its holder dies, however it dies. The file says who
holds it, for a message a person can act on.
"""

import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO

from ninefold.base import conflict, unavailable

_LOOKS, _LOOK_SECONDS = 5, 0.05


class DataFolder:
    """A locked data folder.

    Attributes:
        path: the folder; ``records`` and ``events`` inside belong to the two stores.
    """

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def hold(cls, path: Path, *, holder: str) -> "DataFolder":
        """Make the folder when needed and lock it for this process.

        Args:
            path: the folder.
            holder: what this process is, shown to whoever comes second, e.g. ``ninefold serve``.

        Raises:
            Error: conflict ``folder_in_use`` when another process holds it; unavailable when it cannot be written.
        """
        path = path.expanduser().resolve()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)  # customer data is nobody else's to read
            lock = (path / "ninefold.lock").open("a+", encoding="utf-8")
        except OSError as exc:
            raise unavailable("folder_unwritable", f"cannot write to the data folder {path}: {exc.strerror}") from exc
        if not _locked(lock):
            who = _holder(lock)
            lock.close()
            raise conflict(
                "folder_in_use",
                f"the data folder {path} is in use by {who}",
                hint="stop that process, or name another data folder; commands speak to a running server by themselves",
                retryable=True,
            )
        folder = cls(path, lock)
        folder.announce(holder)
        return folder

    def announce(self, holder: str, *, url: str = "") -> None:
        """Write into the lock file who holds the folder and where it listens."""
        self._lock.seek(0)
        self._lock.truncate()
        self._lock.write(json.dumps({"pid": os.getpid(), "holder": holder, "url": url}))
        self._lock.flush()

    def release(self) -> None:
        """Give the folder back; doing it twice is harmless."""
        if not self._lock.closed:
            self._lock.close()


def running_server(path: Path) -> str:
    """The address of the server that holds a data folder, or nothing when none does."""
    file = path.expanduser() / "ninefold.lock"
    try:
        with file.open("r", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return str(_facts(lock).get("url", ""))
    except OSError:
        return ""
    return ""


def _locked(lock: IO[str]) -> bool:
    """Take the lock; whoever only looks whether a server runs holds it for an instant, so once is not enough."""
    for _ in range(_LOOKS):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOOK_SECONDS)
        else:
            return True
    return False


def _facts(lock: IO[str]) -> dict[str, object]:
    lock.seek(0)
    try:
        facts = json.loads(lock.read())
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _holder(lock: IO[str]) -> str:
    facts = _facts(lock)
    where = f" at {facts['url']}" if facts.get("url") else ""
    return f"{facts.get('holder', 'another process')}{where} (process {facts.get('pid', 'unknown')})"
