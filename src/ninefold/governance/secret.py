"""Secrets of callers: only hashes are stored, and what was found is believed for seconds, so that not every call asks
the database.
"""

import hashlib
import threading
import time
from typing import Generic, TypeVar

_SECONDS = 5.0  # how long what was revoked may still pass in another process
_MOST = 10_000

Found = TypeVar("Found")


class Memory(Generic[Found]):
    """Remembers what was found under a key, also that nothing was; safe for threads."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Found | None]] = {}
        self._guard = threading.Lock()

    def recall(self, key: str) -> tuple[Found | None] | None:
        """What was found, in a tuple; None when it is not known, or was found too long ago."""
        kept = self._known.get(key)
        return (kept[1],) if kept is not None and time.monotonic() - kept[0] < _SECONDS else None

    def keep(self, key: str, found: Found | None, *, since: float) -> None:
        """Remember; ``since`` is the monotonic time before it was looked up."""
        with self._guard:
            if len(self._known) > _MOST:  # somebody is guessing: forget the misses
                self._known.clear()
            self._known[key] = (since, found)

    def forget(self) -> None:
        """Believe nothing any more: something was changed in this process."""
        with self._guard:
            self._known.clear()


def hashed(secret: str) -> str:
    """The form in which a random secret is stored; it needs no salt, for nobody can guess the secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
