"""How fast to rebuild sheets: making events queryable goes first, and no sheet waits for ever."""

from math import inf

ACCOUNTS_AT_ONCE = 4_000
_ACCOUNTS_BESIDE = 1_000
_QUIET_SECONDS = 2.0
_PATIENCE_SECONDS = 5.0


class Pace:
    """Remembers when events waited last, and when a sheet was rebuilt last; seconds of a clock that only runs forward.

    >>> pace = Pace()
    >>> pace.most(busy=False, at=0.0), pace.most(busy=True, at=1.0), pace.most(busy=False, at=2.0)
    (4000, 0, 1000)
    >>> pace.most(busy=True, at=7.0)
    1000
    """

    def __init__(self) -> None:
        self._busy_at = -inf
        self._rebuilt_at = -inf

    def most(self, *, busy: bool, at: float) -> int:
        """How many accounts to rebuild now: all that fit into a step where events rest, none while some wait.

        Shortly after, and beside a load that never ends, steps are small; the latter come every few seconds.
        """
        if busy:
            self._busy_at = at
            if at - self._rebuilt_at < _PATIENCE_SECONDS:
                return 0
        self._rebuilt_at = at
        return _ACCOUNTS_BESIDE if at - self._busy_at < _QUIET_SECONDS else ACCOUNTS_AT_ONCE
