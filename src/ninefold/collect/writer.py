"""Group commit: one thread writes what many requests accept, in as few transactions as possible.

While one transaction commits, the next group gathers; nothing waits on purpose. Whoever submits learns of the commit,
or of its failure, through a future of their own event loop.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import sqlalchemy as sa
import structlog

from ninefold.base import Error, unavailable
from ninefold.store import Records

from .items import keep_items
from .tables import inbox, quarantine

_GROUP_ROWS = 512
_GROUP_BYTES = 16 * 1024 * 1024
_log = structlog.get_logger(__name__)

Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one request adds: at most one inbox row, and its quarantined events.

    Attributes:
        inbox: values of the inbox row, if any event was accepted.
        quarantine: values of quarantine rows.
        items: values of statements about things.
        size: bytes of both, for the bound of the queue.
    """

    inbox: Row | None
    quarantine: Sequence[Row] = ()
    items: Sequence[Row] = ()
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Waiting:
    entry: Entry
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[None]" = field(compare=False)


class Writer:
    """The thread that appends to the inbox."""

    def __init__(self, records: Records, *, max_waiting_bytes: int = 64 * 1024 * 1024) -> None:
        """Prepare; :meth:`start` starts the thread.

        Args:
            records: where to write.
            max_waiting_bytes: entries beyond this are refused, so that memory stays bounded when the database is slow.
        """
        self._records = records
        self._max_waiting_bytes = max_waiting_bytes
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._open = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; a second time does nothing."""
        with self._changed:
            if self._open:
                return
            self._open = True
            self._thread = threading.Thread(target=self._run, name="inbox-writer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Refuse new entries, commit what waits, end the thread."""
        with self._changed:
            self._open = False
            self._changed.notify()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    async def write(self, entry: Entry) -> None:
        """Add an entry; returns when it is committed.

        Raises:
            Error: unavailable, when too much waits already, the writer is stopped, or the database refuses.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._changed:
            if not self._open:
                raise unavailable("collector_stopped", "the collector is shutting down")
            if self._waiting and self._waiting_bytes + entry.size > self._max_waiting_bytes:
                raise unavailable("inbox_overloaded", "the inbox cannot keep up", hint="send again later")
            self._waiting.append(_Waiting(entry, loop, future))
            self._waiting_bytes += entry.size
            self._changed.notify()
        await future

    def _run(self) -> None:
        while group := self._next_group():
            self._settle(group, self._commit(group))

    def _next_group(self) -> list[_Waiting]:
        """The next entries to commit together; empty when the writer is stopped and nothing waits."""
        group: list[_Waiting] = []
        size = 0
        with self._changed:
            while self._open and not self._waiting:
                self._changed.wait()
            while self._waiting and len(group) < _GROUP_ROWS and size < _GROUP_BYTES:
                waiting = self._waiting.popleft()
                size += waiting.entry.size
                group.append(waiting)
            self._waiting_bytes -= size
        return group

    def _commit(self, group: list[_Waiting]) -> list[Error | None]:
        """Commit a group; the fate of each entry, ``None`` when it is durable.

        A lost connection is tried once more. Should the first commit have reached the disk, the entries are there
        twice, and the events are dropped as duplicates by their message ids.
        """
        try:
            try:
                self._insert(group)
            except (Error, sa.exc.OperationalError):
                self._insert(group)
        except Exception as exc:  # noqa: BLE001 - whatever it was, the thread must live and every submitter must learn
            if len(group) > 1 and not isinstance(exc, (Error, sa.exc.OperationalError)):
                # One entry that cannot be written must not fail the others.
                return list(chain.from_iterable(self._commit([one]) for one in group))
            _log.warning("inbox_write_failed", entries=len(group), error=str(exc))
            return [unavailable("inbox_unavailable", "the inbox cannot be written")] * len(group)
        return [None] * len(group)

    def _insert(self, group: list[_Waiting]) -> None:
        rows = [waiting.entry.inbox for waiting in group if waiting.entry.inbox is not None]
        bad = list(chain.from_iterable(waiting.entry.quarantine for waiting in group))
        stated = list(chain.from_iterable(waiting.entry.items for waiting in group))
        with self._records.begin() as conn:
            if rows:
                conn.execute(sa.insert(inbox), rows)
            if bad:
                conn.execute(sa.insert(quarantine), bad)
            if stated:
                keep_items(conn, stated)

    @staticmethod
    def _settle(group: list[_Waiting], fates: list[Error | None]) -> None:
        """Tell every submitter in its own event loop, with one wake-up per loop."""
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[None], Error | None]]] = {}
        for waiting, fate in zip(group, fates, strict=True):
            by_loop.setdefault(waiting.loop, []).append((waiting.future, fate))
        for loop, settled in by_loop.items():
            try:
                loop.call_soon_threadsafe(_tell, settled)
            except RuntimeError:  # the loop is closed: nobody listens any more
                continue


def _tell(settled: list[tuple["asyncio.Future[None]", Error | None]]) -> None:
    for future, fate in settled:
        if future.done():  # the client went away
            continue
        if fate is None:
            future.set_result(None)
        else:
            future.set_exception(fate)
