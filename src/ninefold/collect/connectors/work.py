"""Runs one connector: page by page, each in one transaction with the cursor behind it.

A crash at any point loses no row, for the cursor stands before it, and doubles none, for its rows have their names.
"""

from contextlib import closing
from datetime import datetime, timedelta

import structlog
from sqlalchemy.engine import Connection

from ninefold.base import Error, conflict

from . import book, queries
from .model import Counts, Cursor, Page, Plan, Run, RunState
from .pulls.opening import open_pull
from .pulls.pull import Later, Window
from .rules import next_due, pause_after
from .settings import FileDrop
from .taking.house import Halted, House, Interrupted
from .taking.intake import hand_over, map_rows

_log = structlog.get_logger("ninefold.connectors")


def run_connector(house: House, key: str, trigger: str) -> Run:
    """Run a pull to the end of what its source has now.

    Raises:
        Error: conflict ``connector_running`` when another thread or process is at it; whatever stopped the run, after
            it was written down.
    """
    with house.records.hold(f"connector/{key}") as held:
        if not held:
            raise conflict("connector_running", f'connector "{key}" is running already', retryable=True)
        with house.records.begin() as conn:
            plan = book.plan_of(conn, key)
            stands = book.standing_of(conn, key)
            run = book.begin_run(conn, plan, trigger=trigger, now=house.clock.now())
        return _Attempt(house, plan, stands, run).carry_out()


class _Attempt:
    """One try of a run."""

    def __init__(self, house: House, plan: Plan, stands: book.Standing, run: Run) -> None:
        self.house, self.plan, self.stands, self.run = house, plan, stands, run
        self.steps = stands.steps

    def carry_out(self) -> Run:
        try:
            self._fetch()
        except Interrupted:
            return self.run
        except Halted:
            return self._end(RunState.STOPPED, "")
        except Later as later:
            self._failed(later.error, timedelta(seconds=later.seconds))
            raise later.error from later
        except Error as error:
            self._failed(error, None)
            raise
        except Exception as exc:
            self._failed(exc, None)
            _log.exception("connector failed", connector=self.plan.connector.key)
            raise
        return self._succeeded()

    def _fetch(self) -> None:
        settings = self.plan.connector.settings
        if isinstance(settings, FileDrop):
            from .pulls.files import take_files  # noqa: PLC0415 - pyarrow's file systems are heavy

            take_files(self.house, self.plan, self)
            return
        window = Window(start=self.run.range_from, end=self.run.range_to) if self._backfills else None
        with self.house.records.begin() as conn:
            cursor = book.backfill_cursor(conn, self.run.id) if self._backfills else self.stands.cursor
        with closing(open_pull(settings, self.house.secrets)) as pull:
            for page in pull.pages(cursor, window):
                self._take(page)

    @property
    def _backfills(self) -> bool:
        return self.run.trigger == "backfill"

    def check(self) -> None:
        """Raise when the run may not go on."""
        if self.house.stop.is_set():
            raise Interrupted
        with self.house.records.begin() as conn:
            now = book.standing_of(conn, self.plan.connector.key)
        if now.paused or now.epoch != self.stands.epoch:
            raise Halted

    def _take(self, page: Page) -> None:
        if self.house.stop.is_set():
            raise Interrupted
        house, now = self.house, self.house.clock.now()
        mapped = map_rows(house, self.plan, page.chunk, now)
        with house.records.begin() as conn:
            taken = hand_over(conn, self.plan, page.chunk, mapped, now)
            self._advance(conn, taken.counts, taken.newest, page.cursor)

    def count(self, conn: Connection, counts: Counts, newest: datetime | None = None) -> None:
        """Add what a part of the run brought, in the transaction that hands it over; raises when it may not go on."""
        self._advance(conn, counts, newest, None)

    def _advance(self, conn: Connection, counts: Counts, newest: datetime | None, cursor: Cursor | None) -> None:
        moved: dict[str, object] = {}
        if cursor is not None and not self._backfills:
            moved["cursor"] = dict(cursor)
        if newest is not None and (self.stands.newest is None or newest > self.stands.newest):
            moved["newest"] = newest
        key = self.plan.connector.key
        steps = conn.scalar(queries.advance(key, self.stands.epoch, self.steps, moved, counts))
        if steps is None:
            raise Halted
        conn.execute(queries.advance_run(self.run.id, counts, cursor if self._backfills else None))
        self.steps = int(steps)

    def _succeeded(self) -> Run:
        now = self.house.clock.now()
        connector = self.plan.connector
        with self.house.records.begin() as conn:
            done = book.end_run(conn, self.run.id, RunState.DONE, error="", now=now)
            waiting = conn.execute(queries.open_run(connector.key)).one_or_none() is not None
            next_at = now if waiting else next_due(connector.schedule, now)
            book.succeed(conn, connector.key, self.stands.epoch, next_at=next_at, now=now)
            return done

    def _end(self, state: RunState, error: str) -> Run:
        with self.house.records.begin() as conn:
            return book.end_run(conn, self.run.id, state, error=error, now=self.house.clock.now())

    def _failed(self, fault: Exception, pause: timedelta | None) -> None:
        connector, now = self.plan.connector, self.house.clock.now()
        words = self.house.secrets.blot(str(fault) or type(fault).__name__)
        wait = pause or pause_after(connector.backoff, connector.key, self.stands.failures + 1)
        with self.house.records.begin() as conn:
            book.fail(conn, connector.key, error=words, next_at=now + wait)
            passing = isinstance(fault, Error) and fault.retryable
            if not (self._backfills and passing):  # else the backfill stays open and is carried on
                book.end_run(conn, self.run.id, RunState.FAILED, error=words, now=now)
