"""Work for many receivers at once: one piece each at a time, a bounded number in all, and nobody waits for the slow."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Work that is due.

    Attributes:
        key: for whom; one piece at a time.
        troubled: whether the last piece failed. Such ones together get half of the lanes at most, so that receivers
            that hang cannot take all of them.
    """

    key: str
    troubled: bool


class Lanes:
    """A bounded number of threads; a key that is at work is passed over until it is done."""

    def __init__(self, most: int) -> None:
        """Args: pieces at work at once, at least 2."""
        self._most = most
        self._guard = threading.Lock()
        self._busy: dict[str, bool] = {}
        self._running: list[Future[int]] = []
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="ninefold-webhook")

    def run(self, wishes: Sequence[Wish], work: Callable[[str], int], *, patience_seconds: float) -> int:
        """Start what can be started, in the order given, and wait a moment for it.

        Returns:
            The sum of what the pieces returned that ended since the last call.

        Raises:
            Whatever a piece raised that ended since the last call.
        """
        started = [self._pool.submit(partial(self._one, wish.key, work)) for wish in wishes if self._takes(wish)]
        wait(started, timeout=patience_seconds)
        with self._guard:
            self._running += started
            ended = [one for one in self._running if one.done()]
            self._running = [one for one in self._running if one not in ended]
        faults = [fault for one in ended if (fault := one.exception()) is not None]
        if faults:
            raise faults[0]
        return sum(one.result() for one in ended)

    def close(self) -> None:
        """Start nothing more, and wait for what is at work."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _takes(self, wish: Wish) -> bool:
        with self._guard:
            full = len(self._busy) >= self._most
            troubled = wish.troubled and sum(self._busy.values()) >= self._most // 2
            if full or troubled or wish.key in self._busy:
                return False
            self._busy[wish.key] = wish.troubled
            return True

    def _one(self, key: str, work: Callable[[str], int]) -> int:
        try:
            return work(key)
        finally:
            with self._guard:
                del self._busy[key]
