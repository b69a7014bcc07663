"""Deterministic keys and sticky buckets: the same input gives the same answer on every machine, for ever.

Randomness is not here; identifiers that must be unguessable are made where they are issued.
"""

import hashlib
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUCKETS = 10_000


def _digest(parts: tuple[str | int, ...]) -> bytes:
    hasher = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = str(part).encode("utf-8", "surrogatepass")
        hasher.update(len(raw).to_bytes(4, "big"))
        hasher.update(raw)
    return hasher.digest()


def stable_key(*parts: str | int) -> str:
    """A 32-character key for a tuple of parts; ("a", "bc") and ("ab", "c") differ.

    >>> stable_key("campaign", 7) == stable_key("campaign", "7")
    True
    >>> stable_key("a", "bc") == stable_key("ab", "c")
    False
    """
    return _digest(parts).hex()


def stable_uuid(*parts: str | int) -> UUID:
    """The same key in the form of a UUID, for columns of that type."""
    return UUID(bytes=_digest(parts))


def bucket(salt: str, ids: "NDArray[np.integer]") -> "NDArray[np.int64]":
    """Sticky buckets 0..9999 of many ids under a salt: uniform, and independent between salts.

    The finaliser is SplitMix64 (Steele, Lea, Flood 2014) over the id mixed with a 64-bit hash of the salt.

    Args:
        salt: e.g. campaign key and salt version; another salt gives an independent assignment.
        ids: dense person ids, shape (n,).

    Returns:
        Buckets, shape (n,), each 0..9999. A hold-out of 10 % is ``bucket(...) < 1000``.
    """
    import numpy as np  # noqa: PLC0415 - keeps numpy out of the start of every command

    seed = np.uint64(int.from_bytes(_digest((salt,))[:8], "big"))
    with np.errstate(over="ignore"):
        x = ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + seed
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return (x % np.uint64(BUCKETS)).astype(np.int64)
