"""Limits of calls, exact over all processes: the generic cell rate algorithm in one statement.

GCRA (ITU-T I.371): a call is allowed when the theoretical arrival time lies at most ``burst - 1`` gaps ahead.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from ninefold.governance.model import CallLimit
from ninefold.store import Records

from . import queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left of a limit after a call.

    Attributes:
        allowed: whether the call may go on.
        limit: calls at once.
        remaining: calls that would be allowed at once now.
        reset_seconds: until the whole burst is free again.
        retry_seconds: until the next call is allowed; 0 when it is.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: float
    retry_seconds: float

    @property
    def headers(self) -> dict[str, str]:
        """The headers that tell a client, as most clients know them."""
        said = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(math.ceil(self.reset_seconds)),
        }
        return said if self.allowed else said | {"Retry-After": str(max(1, math.ceil(self.retry_seconds)))}


class CallLimits:
    """The limits of all keys."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def spend(self, caller: int, limit: CallLimit) -> Allowance:
        """Count a call of a key, or say when to come again; in a transaction of its own."""
        gap = 1.0 / limit.per_second
        reach = (limit.burst - 1) * gap
        present = sa.func.clock_timestamp()
        taking = queries.spend(caller, gap=timedelta(seconds=gap), reach=timedelta(seconds=reach), present=present)
        with self._records.begin() as conn:
            ahead = conn.scalar(taking)
            allowed = ahead is not None
            if ahead is None:
                ahead = conn.scalar(queries.ahead(caller, present))
        seconds = max(ahead.total_seconds(), 0.0) if ahead is not None else 0.0
        return Allowance(
            allowed=allowed,
            limit=limit.burst,
            remaining=max(0, math.floor(limit.burst - seconds / gap + 1e-6)) if allowed else 0,
            reset_seconds=seconds,
            retry_seconds=0.0 if allowed else max(seconds - reach, 0.0),
        )

    def release(self, caller: int) -> None:
        """Give the whole burst back."""
        with self._records.begin() as conn:
            conn.execute(queries.release(caller))
