"""Sessions: a random secret in a cookie, of which only the hash is stored.

A session ends at its expiry, when it idles, when it is revoked, and with its owner. Which session a secret opens is
remembered for seconds, like tokens are: a call costs no more with a cookie than with a token.
"""

import hmac
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Clock, missing
from ninefold.governance.model import Principal
from ninefold.governance.scopes import read_scope
from ninefold.governance.secret import Memory, hashed
from ninefold.store import Records

from . import queries
from .model import Opened, Session
from .rules import scope_of
from .tables import sessions

_KEPT = timedelta(days=30)  # for so long sessions that are over are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """How long sessions last: without use, and at all."""

    idle: timedelta = timedelta(hours=2)
    at_most: timedelta = timedelta(hours=24)


def csrf_of(secret: str) -> str:
    """What a page must send in a header to change something: made of the cookie, which other sites cannot read."""
    return hmac.digest(secret.encode("utf-8", "replace"), b"csrf", "sha256").hex()


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(self, records: Records, clock: Clock, lasting: Lasting = Lasting()) -> None:
        self._records = records
        self._clock = clock
        self._lasting = lasting
        self._noted = min(timedelta(minutes=1), lasting.idle / 4)  # how exactly it is kept when one was used last
        self._memory: Memory[sa.Row[Any]] = Memory()

    def open(
        self, conn: Connection, *, user: int = 0, key: int = 0, method: str, address: str = "", agent: str = ""
    ) -> str:
        """Open a session of a user or of a token in the caller's transaction; gives its secret, for the cookie."""
        secret, now = secrets.token_urlsafe(32), self._clock.now()
        conn.execute(
            sa.insert(sessions).values(
                digest=hashed(secret), user_id=user or None, key_id=key or None, method=method, opened_at=now,
                seen_at=now, expires_at=now + self._lasting.at_most, address=address[:100], agent=agent[:300],
            )
        )  # fmt: skip
        return secret

    def opened(self, secret: str) -> Opened | None:
        """The living session of a cookie; None for any other text. Answers from memory mostly."""
        digest, present = hashed(secret), time.monotonic()
        if (remembered := self._memory.recall(digest)) is not None:
            found = self._judged(remembered[0])
            if found is not None or remembered[0] is None:
                return found  # one that seems to idle may have been used in another process
        with self._records.begin() as conn:
            row = conn.execute(queries.opened(digest)).one_or_none()
            found = self._judged(row)
            if row is not None and found is not None and (now := self._clock.now()) - row.seen_at >= self._noted:
                conn.execute(queries.seen(row.id, now))
                row = conn.execute(queries.opened(digest)).one_or_none()
                found = self._judged(row)
        self._memory.keep(digest, row if found is not None else None, since=present)
        return found

    def remembers(self, secret: str) -> bool:
        """Whether :meth:`opened` answers from memory at this moment."""
        return self._memory.recall(hashed(secret)) is not None

    def listed(self, conn: Connection, user: int) -> tuple[Session, ...]:
        """The living sessions of a user, the last used first."""
        now = self._clock.now()
        rows = conn.execute(queries.living(user, now, now - self._lasting.idle))
        return tuple(
            Session(
                id=row.id, opened_at=row.opened_at, seen_at=row.seen_at, expires_at=self._end(row),
                address=row.address, agent=row.agent, method=row.method,
            )
            for row in rows
        )  # fmt: skip

    def end(self, secret: str) -> None:
        """End the session of a cookie; one that is over, or none, is left as it is."""
        with self._records.begin() as conn:
            row = conn.execute(queries.opened(hashed(secret))).one_or_none()
            if row is not None:
                conn.execute(queries.end(row.id, self._clock.now()))
        self._memory.forget()

    def end_one(self, conn: Connection, user: int, session: int) -> None:
        """End a session of a user.

        Raises:
            Error: missing ``unknown_session``, also when it is somebody else's.
        """
        if session not in {one.id for one in self.listed(conn, user)}:
            raise missing("unknown_session", "you have no such session", field="id", got=session)
        conn.execute(queries.end(session, self._clock.now()))
        self._memory.forget()

    def end_all(self, conn: Connection, user: int, *, but: int = 0) -> int:
        """End the sessions of a user, but for one; how many."""
        ended = conn.execute(queries.end_all(user, self._clock.now(), but=but)).rowcount
        self._memory.forget()
        return ended

    def forget(self) -> None:
        """Look up again what is remembered: rights were changed in this process."""
        self._memory.forget()

    def prune(self) -> int:
        """Forget sessions that are long over, and links that open nothing; how many sessions."""
        now = self._clock.now()
        with self._records.begin() as conn:
            conn.execute(queries.prune_links(now))
            return conn.execute(queries.prune(now - _KEPT)).rowcount

    def _end(self, row: sa.Row[Any]) -> datetime:
        """When a session is over if nobody uses it any more."""
        at_most: datetime = row.expires_at
        return min(at_most, self._idle_end(row))

    def _idle_end(self, row: sa.Row[Any]) -> datetime:
        seen_at: datetime = row.seen_at
        return seen_at + self._lasting.idle

    def _judged(self, row: sa.Row[Any] | None) -> Opened | None:
        now = self._clock.now()
        if row is None or now >= self._end(row):
            return None
        roles: Sequence[str] = row.roles or ()
        principal = (
            Principal(name=row.login, scope=scope_of(roles, row.node), key=-row.user_id)  # numbers of keys are above 0
            if row.user_id
            else Principal(name=row.key_name, scope=read_scope(row.scope), key=row.key_id)
        )
        return Opened(
            id=row.id, principal=principal, user=row.user_id or 0, name=row.name or row.key_name, roles=tuple(roles),
            expires_at=min(row.expires_at, now + self._lasting.idle), must_change=bool(row.must_change),
            method=row.method,
        )  # fmt: skip
