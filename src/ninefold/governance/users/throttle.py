"""How often a password or a code may be tried, exact over all processes."""

import hashlib
from typing import Final

from ninefold.governance.calls import CallLimits
from ninefold.governance.model import CallLimit
from ninefold.store import Records

_LIMITS: Final = {
    "address": CallLimit(per_second=1 / 2, burst=60),  # everybody behind one address, as an office is
    "pair": CallLimit(per_second=1 / 60, burst=5),  # one login at one address
    "login": CallLimit(per_second=1 / 10, burst=30),  # one login from everywhere
}
"""Asked in this order: whoever is refused at one address does not use up what the login's owner has elsewhere."""


class Throttle:
    """Counts attempts by login and network address."""

    def __init__(self, records: Records) -> None:
        self._limits = CallLimits(records)

    def spend(self, login: str, address: str) -> float:
        """Count an attempt; the seconds to wait when there were too many, else 0."""
        for name, number in _numbers(login, address).items():
            left = self._limits.spend(number, _LIMITS[name])
            if not left.allowed:
                return max(left.retry_seconds, 1.0)
        return 0.0

    def release(self, login: str, address: str) -> None:
        """Forget the attempts of a login at an address: the last was right."""
        self._limits.release(_numbers(login, address)["pair"])


def _numbers(login: str, address: str) -> dict[str, int]:
    """What is counted, as numbers far above those of keys, with which they share a table."""
    names = {"address": address, "pair": f"{login}\0{address}", "login": login}
    return {name: _number(f"sign-in\0{name}\0{text}") for name, text in names.items()}


def _number(text: str) -> int:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") >> 2 | 1 << 62
