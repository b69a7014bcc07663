"""An event loop of one's own, so that a channel can keep its connections between batches of blocking callers."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


class Loop:
    """Runs coroutines one after the other on a loop that lives in a thread of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Run a coroutine to its end and give its result; callers take turns."""
        with self._guard:
            loop = self._loop or self._start()
            return asyncio.run_coroutine_threadsafe(work, loop).result()

    def close(self, farewell: Coroutine[object, object, None] | None = None) -> None:
        """Run a last coroutine, if the loop ever ran, and stop; doing it twice is harmless."""
        with self._guard:
            loop, self._loop = self._loop, None
            if loop is None or self._thread is None:
                if farewell is not None:
                    farewell.close()
                return
            if farewell is not None:
                asyncio.run_coroutine_threadsafe(farewell, loop).result()
            asyncio.run_coroutine_threadsafe(_settle(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()
            loop.close()

    def _start(self) -> asyncio.AbstractEventLoop:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"channel-{self._name}", daemon=True)
        self._thread.start()
        return self._loop


async def _settle() -> None:
    """Let closed connections give back their sockets."""
    for _ in range(3):
        await asyncio.sleep(0)
