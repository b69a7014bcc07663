"""Hashing of passwords: Argon2id with the parameters that OWASP's Password Storage Cheat Sheet gives first."""

import functools

import argon2

from .rules import LONGEST, plain

_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # 19 MiB, some 20 ms


class Passwords:
    """Hashes passwords and checks them; every call takes tens of milliseconds of one processor."""

    @staticmethod
    def hashed(password: str) -> str:
        """The hash to store, with its parameters and salt."""
        return _HASHER.hash(plain(password))

    @staticmethod
    def fits(stored: str | None, password: str) -> bool:
        """Whether a password is the one that was hashed; takes the same time when there is none to compare with."""
        hash_ = stored or _nobody()
        try:
            _HASHER.verify(hash_, plain(password[: LONGEST + 1]))
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
        return stored is not None and len(password) <= LONGEST

    @staticmethod
    def outdated(stored: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return _HASHER.check_needs_rehash(stored)


@functools.cache
def _nobody() -> str:
    """A hash that no password is compared with in earnest."""
    return _HASHER.hash("nobody")
