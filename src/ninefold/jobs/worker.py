"""Threads that repeat a step: at once while there is work, else after a pause or when woken."""

import threading
from collections.abc import Callable

import structlog

from ninefold.base import Error

_log = structlog.get_logger("ninefold.jobs")
_LONGEST_PAUSE = 30.0


class Worker:
    """One thread that calls ``step`` for ever.

    A step returns how much it did; 0 lets the worker pause. A failing step is logged and tried again with growing
    pauses, for what failed is still there: nothing is skipped.
    """

    def __init__(self, name: str, step: Callable[[], int], *, pause_seconds: float = 0.5) -> None:
        self.name = name
        self._step = step
        self._pause = pause_seconds
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._failures = 0
        self._busy = False
        self._thread = threading.Thread(target=self._run, name=f"ninefold-{name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There is work: do not wait for the end of the pause."""
        self._wake.set()

    def stop(self, *, timeout: float = 20.0) -> None:
        """Finish the present step and end."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def busy(self) -> bool:
        """Whether it is in the middle of a step."""
        return self._busy

    @property
    def failing(self) -> bool:
        """Whether the last step failed."""
        return self._failures > 0

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            pause = self._pause
            self._busy = True
            try:
                done = self._step()
                self._failures = 0
                if done:
                    continue
            except Exception as exc:  # noqa: BLE001 - whatever it is, the worker must live and say it
                self._failures += 1
                pause = min(self._pause * 2**self._failures, _LONGEST_PAUSE)
                known = isinstance(exc, Error)
                _log.error(
                    "step failed",
                    worker=self.name,
                    failures=self._failures,
                    retry_in_seconds=pause,
                    error=str(exc),
                    exc_info=None if known else exc,
                )
            finally:
                self._busy = False
            self._wake.wait(pause)
