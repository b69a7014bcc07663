"""Signing in with a password: throttled, the same for whoever exists and whoever does not."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Clock
from ninefold.governance.calls import CallLimits
from ninefold.governance.model import CallLimit
from ninefold.store import Records

from . import queries
from .model import Refusal, State
from .passwords import Passwords
from .rules import folded
from .sessions import Sessions
from .tables import users

_TRIES: Final = {
    "address": CallLimit(per_second=1 / 2, burst=60),  # everybody behind one address, as an office is
    "pair": CallLimit(per_second=1 / 60, burst=5),  # one login at one address
    "user": CallLimit(per_second=1 / 10, burst=30),  # one login from everywhere
}
"""Limits of attempts, asked in this order: whoever is refused at one address does not use up the login's own."""
_MOST_FAILURES: Final = 100
"""Wrong attempts in a row after which an admin must look (NIST SP 800-63B, 3.2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody who wants in.

    Attributes:
        code: of the second factor; empty for none.
        address: network address it comes from.
        agent: what the browser calls itself.
    """

    login: str
    password: str
    code: str = ""
    address: str = ""
    agent: str = ""


class SignIn:
    """Opens sessions for those who know the password."""

    def __init__(self, records: Records, clock: Clock, passwords: Passwords, sessions: Sessions) -> None:
        self._records = records
        self._clock = clock
        self._passwords = passwords
        self._sessions = sessions
        self._limits = CallLimits(records)

    def with_password(self, attempt: Attempt) -> tuple[str, str] | Refusal:
        """Open a session: its secret and the login. Takes as long for a login that does not exist."""
        login = folded(attempt.login)
        places = _places(login, attempt.address)
        if (wait := self._spend(places)) > 0:
            return Refusal(code="too_many_attempts", retry_seconds=wait)
        with self._records.begin() as conn:
            known = conn.execute(sa.select(users).where(users.c.login == _storable(login))).one_or_none()
        fits = self._passwords.fits(known.password if known is not None else None, attempt.password)
        renewed = (
            self._passwords.hashed(attempt.password)
            if known is not None and fits and self._passwords.outdated(known.password)
            else None
        )
        if known is None:
            return Refusal(code="wrong_credentials")
        with self._records.begin() as conn:
            row = conn.execute(queries.locked(known.login)).one()
            refusal = self._judge(conn, row, fits=fits and row.password == known.password)
            if refusal is not None:
                return refusal
            now = self._clock.now()
            values: dict[str, object] = {"failures": 0, "last_sign_in_at": now}
            if renewed is not None:
                values["password"] = renewed
            conn.execute(sa.update(users).where(users.c.id == row.id).values(values))
            secret = self._sessions.open(
                conn, user=row.id, method="password", address=attempt.address, agent=attempt.agent
            )
        self._limits.release(places["pair"])
        return secret, row.login

    def _judge(self, conn: Connection, row: sa.Row[Any], *, fits: bool) -> Refusal | None:
        if row.state != State.ACTIVE:
            return Refusal(code="wrong_credentials", login=row.login)
        if not fits:
            return self._failed(conn, row)
        return None

    def _failed(self, conn: Connection, row: sa.Row[Any]) -> Refusal:
        failures = row.failures + 1
        state = State.LOCKED if failures >= _MOST_FAILURES else State.ACTIVE
        conn.execute(sa.update(users).where(users.c.id == row.id).values(failures=failures, state=state))
        return Refusal(code="wrong_credentials", login=row.login)

    def _spend(self, places: dict[str, int]) -> float:
        """Count an attempt everywhere; the seconds to wait when there were too many, else 0."""
        for name, limit in _TRIES.items():
            left = self._limits.spend(places[name], limit)
            if not left.allowed:
                return max(left.retry_seconds, 1.0)
        return 0.0


def _storable(login: str) -> str:
    """A login that the database can be asked for: what has characters it cannot hold is nobody's."""
    return login if login.isprintable() and len(login) < 300 else ""


def _places(login: str, address: str) -> dict[str, int]:
    """The numbers under which attempts are counted; far above those of keys, so that both share one table."""
    names = {"pair": f"{login}\0{address}", "user": login, "address": address}
    return {name: _number(f"sign-in\0{name}\0{text}") for name, text in names.items()}


def _number(text: str) -> int:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") >> 2 | 1 << 62
