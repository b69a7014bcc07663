"""Repeats of calls: the answer is kept in the transaction of the effect, so that a repeat finds both or neither.

Follows the IETF draft "The Idempotency-Key HTTP Header Field": same key and request, the same answer; same key and
another request, refused; same key while the first is under way, conflict.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import conflict, invalid

from .tables import call_answers

_LONGEST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it was given."""

    status: int
    body: bytes


class Answers:
    """Answers kept for repeats."""

    def __init__(self, *, keep: timedelta = timedelta(hours=24)) -> None:
        """Args: for how long a repeat gets the same answer."""
        self._keep = keep

    @staticmethod
    def read_key(header: str) -> str:
        """The key in a header, with or without the quotes of a structured field; raises invalid."""
        quoted = len(header) > 1 and header[0] == header[-1] == '"'
        key = header[1:-1] if quoted else header
        if not 0 < len(key) <= _LONGEST or not key.isascii() or not key.isprintable():
            raise invalid("bad_idempotency_key", "not an idempotency key", field="Idempotency-Key", got=header,
                          allowed=f"1 to {_LONGEST} printable ASCII characters, such as a UUID")  # fmt: skip
        return key

    def recall(self, conn: Connection, caller: int, key: str, fingerprint: bytes, *, now: datetime) -> Answer | None:
        """The answer to the same call, or None when it is the first; the key is ours until the transaction ends.

        Raises:
            Error: conflict ``request_in_progress``, retryable, while the first is under way; invalid
                ``idempotency_key_reused``, when the key came with another request.
        """
        lock = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(f"call answer/{caller}/{key}", 0))
        if not conn.scalar(sa.select(lock)):
            raise conflict("request_in_progress", "the first call with this idempotency key is still under way",
                           hint="ask again in a second", retryable=True)  # fmt: skip
        c = call_answers.c
        row = conn.execute(sa.select(call_answers).where(c.caller == caller, c.key == key)).one_or_none()
        if row is None:
            return None
        if row.at <= now - self._keep:
            conn.execute(sa.delete(call_answers).where(c.caller == caller, c.key == key))
            return None
        if bytes(row.fingerprint) != fingerprint:
            raise invalid(
                "idempotency_key_reused", "this idempotency key came with another request before",
                field="Idempotency-Key", got=key, allowed="a new key for every new request",
            )  # fmt: skip
        return Answer(status=row.status, body=bytes(row.body))

    @staticmethod
    def keep(conn: Connection, caller: int, key: str, fingerprint: bytes, answer: Answer, *, now: datetime) -> None:
        """Keep the answer of the first call, in the transaction of what it did."""
        values = {"caller": caller, "key": key, "fingerprint": fingerprint, "at": now}
        conn.execute(sa.insert(call_answers).values(**values, status=answer.status, body=answer.body))

    def prune(self, conn: Connection, *, now: datetime) -> int:
        """Forget answers that are too old; how many."""
        return conn.execute(sa.delete(call_answers).where(call_answers.c.at <= now - self._keep)).rowcount
