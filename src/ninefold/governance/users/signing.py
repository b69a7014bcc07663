"""Signing in with a password: throttled, the same for whoever exists and whoever does not."""

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Clock
from ninefold.store import Records

from . import queries
from .factors import Factors
from .model import Opened, Refusal, State
from .passwords import Passwords
from .rules import folded
from .sessions import Sessions
from .tables import users
from .throttle import Throttle

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

    def __init__(
        self, records: Records, clock: Clock, passwords: Passwords, sessions: Sessions, factors: Factors
    ) -> None:
        self._records = records
        self._clock = clock
        self._passwords = passwords
        self._sessions = sessions
        self._factors = factors
        self._throttle = Throttle(records)

    def with_password(self, attempt: Attempt) -> tuple[str, str] | Refusal:
        """Open a session: its secret and the login. Takes as long for a login that does not exist."""
        login = folded(attempt.login)
        if (wait := self._throttle.spend(login, attempt.address)) > 0:
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
            refusal = self._judge(conn, row, attempt.code, fits=fits and row.password == known.password)
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
        self._throttle.release(login, attempt.address)
        return secret, row.login

    def check(self, opened: Opened, password: str, address: str) -> Refusal | None:
        """Ask somebody who is signed in for the password again, before a change that whoever sits down at an open
        browser must not make; None when it is right.
        """
        if (wait := self._throttle.spend(opened.principal.name, address)) > 0:
            return Refusal(code="too_many_attempts", retry_seconds=wait)
        with self._records.begin() as conn:
            stored = conn.scalar(sa.select(users.c.password).where(users.c.id == opened.user))
        if not self._passwords.fits(stored, password):
            return Refusal(code="wrong_credentials", login=opened.principal.name)
        self._throttle.release(opened.principal.name, address)
        return None

    def _judge(self, conn: Connection, row: sa.Row[Any], code: str, *, fits: bool) -> Refusal | None:
        if row.state != State.ACTIVE:
            return Refusal(code="wrong_credentials", login=row.login)
        if not fits:
            return self._failed(conn, row)
        if row.totp_on and not code:
            return Refusal(code="code_needed", login=row.login)
        return self._failed(conn, row) if row.totp_on and not self._factors.fits(conn, row, code) else None

    def _failed(self, conn: Connection, row: sa.Row[Any]) -> Refusal:
        failures = row.failures + 1
        state = State.LOCKED if failures >= _MOST_FAILURES else State.ACTIVE
        conn.execute(sa.update(users).where(users.c.id == row.id).values(failures=failures, state=state))
        return Refusal(code="wrong_credentials", login=row.login)


def _storable(login: str) -> str:
    """A login that the database can be asked for: what has characters it cannot hold is nobody's."""
    return login if login.isprintable() and len(login) < 300 else ""
