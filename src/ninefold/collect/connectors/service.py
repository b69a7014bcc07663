"""Connectors: save their documents, run those that are due, and let people see and steer them."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import structlog
from sqlalchemy.engine import Connection

from ninefold.base import Clock, Error, conflict, invalid, missing, refused
from ninefold.collect.imports import Imports, adopt
from ninefold.store import Definition, Records, find_definition, list_definitions, put_definition

from . import book, queries
from .document import parse_connector
from .hooks import Hooks
from .model import DroppedFile, FileState, Plan, Run, Status, Trial
from .mqtt import Subscriptions
from .settings import Connector, MqttSource, RestSource, SqlSource
from .taking.house import ConnectorSettings, House
from .taking.secrets import Secrets
from .trial import try_connector
from .work import run_connector

_log = structlog.get_logger("ninefold.connectors")


class Connectors:
    """All connectors of an installation; safe to use from several threads and processes.

    Attributes:
        house: what every run needs.
        hooks: the desk of webhooks.
    """

    def __init__(
        self,
        records: Records,
        clock: Clock,
        imports: Imports,
        settings: ConnectorSettings,
        environ: Mapping[str, str],
    ) -> None:
        """Wire the connectors.

        Args:
            records: the store that holds the inbox and where each connector stands.
            clock: gives the time.
            imports: imports dropped files.
            settings: of the installation.
            environ: where secrets that are environment variables are looked up.
        """
        self.house = House(
            records=records,
            clock=clock,
            imports=imports,
            secrets=Secrets(environ),
            settings=settings,
            stop=threading.Event(),
        )
        self._records, self._clock = records, clock
        self._lanes: ThreadPoolExecutor | None = None
        self._busy: set[str] = set()
        self._guard = threading.Lock()
        self._subscriptions = Subscriptions(self.house)
        self.hooks = Hooks(self.house)

    def save(self, conn: Connection, document: Mapping[str, object], *, now: datetime, author: str = "") -> Definition:
        """Save a connector document as the next version; a new connector is due at once, unless it runs by hand.

        Raises:
            Error: invalid for a wrong document, missing ``unknown_mapping``.
        """
        adopt(conn, parse_connector(document).mapping, now=now)
        plan = book.planned(conn, document, 0)
        key = plan.connector.key
        before = find_definition(conn, book.KIND, key)
        saved = put_definition(conn, book.KIND, key, document, now=now, author=author)
        if before is None or before.version != saved.version:
            conn.execute(queries.enrol(key, now if _scheduled(plan) else None))
        return saved

    def list(self) -> tuple[Status, ...]:
        """Every connector with where it stands, by key."""
        with self._records.begin() as conn:
            return _statuses(conn, list_definitions(conn, book.KIND))

    def get(self, key: str) -> Status:
        """A connector with where it stands; raises missing ``unknown_connector``."""
        with self._records.begin() as conn:
            plan = book.plan_of(conn, key)
            stands = book.standing_of(conn, key)
            files = _files_by_state(conn).get(key, {})
        return _shown(plan.connector, plan.version, stands, files)

    def runs(self, key: str, *, before: int | None = None, limit: int = 50) -> tuple[Run, ...]:
        """The runs of a connector, newest first; ``before`` is the id of the last one seen."""
        with self._records.begin() as conn:
            book.standing_of(conn, key)
            return tuple(book.run_of(row) for row in conn.execute(queries.runs_of(key, before, limit)))

    def underway(self) -> tuple[Run, ...]:
        """Runs of all connectors that wait or are at work, the oldest first."""
        with self._records.begin() as conn:
            return tuple(book.run_of(row) for row in conn.execute(queries.open_runs()))

    def test(self, key: str) -> Trial:
        """Reach the source and show the first mapped rows; nothing is stored."""
        with self._records.begin() as conn:
            plan = book.plan_of(conn, key)
        return self._tried(plan)

    def test_document(self, document: Mapping[str, object]) -> Trial:
        """The same for a document that is not saved."""
        with self._records.begin() as conn:
            plan = book.planned(conn, document, 0)
        return self._tried(plan)

    def run(self, key: str) -> Run:
        """Run a pull now, to the end of what its source has, in this thread.

        Raises:
            Error: refused ``not_a_pull``, ``connector_paused``; conflict ``connector_running``; what stopped the run.
        """
        self._awake(key)
        return run_connector(self.house, key, "manual")

    def ask(self, key: str) -> Run:
        """Queue a run, for the worker to carry out at once; raises refused ``not_a_pull``, ``connector_paused``."""
        plan = self._awake(key)
        with self._records.begin() as conn:
            return book.queue_run(conn, plan, trigger="manual", span=("", ""), now=self._clock.now())

    def run_of(self, key: str, run_id: int) -> Run:
        """One run; raises missing ``unknown_run``."""
        found = self.runs(key, before=run_id + 1, limit=1)
        if not found or found[0].id != run_id:
            raise missing("unknown_run", f"there is no run {run_id}", field="run", got=run_id)
        return found[0]

    def pause(self, key: str) -> Status:
        """Let a connector rest; a run at work stops after the page at hand."""
        with self._records.begin() as conn:
            book.steer(conn, key, {"paused": True})
        return self.get(key)

    def resume(self, key: str) -> Status:
        """Let a connector go on from where it stands, at once."""
        with self._records.begin() as conn:
            scheduled = _scheduled(book.plan_of(conn, key))
            values = {"paused": False, "failures": 0, "next_at": self._clock.now() if scheduled else None}
            book.steer(conn, key, values)
        return self.get(key)

    def reset(self, key: str, *, confirmed: bool) -> Status:
        """Forget how far a connector has come, so that it reads everything again.

        Rows whose events are known by their message id are recognised and left out; rows without a name of their own
        in the mapping, and changed since, make new events. So it must be confirmed.

        Raises:
            Error: refused ``reset_unconfirmed``, saying what would happen.
        """
        status = self.get(key)
        if not confirmed:
            raise refused(
                "reset_unconfirmed",
                f'resetting "{key}" reads everything again: {status.counts.rows:,} rows so far',
                hint="events that are known by their message id are left out; confirm to go on",
            )
        with self._records.begin() as conn:
            now = self._clock.now() if _scheduled(book.plan_of(conn, key)) else None
            book.steer(conn, key, {"cursor": {}, "failures": 0, "last_error": "", "next_at": now})
            conn.execute(queries.forget_files(key))
        return self.get(key)

    def backfill(self, key: str, start: str, end: str) -> Run:
        """Queue a reading of a part of a source again, beside its cursor.

        Args:
            key: a connector on a database or an API, with a cursor column or a since-parameter.
            start: first value of the cursor, e.g. ``2026-01-01`` or a number; empty for the beginning.
            end: the value before which it ends; empty for no end.
        """
        plan = self._pull_of(key)
        match plan.connector.settings:
            case SqlSource(cursor=cursor) if cursor:
                pass
            case RestSource(since=since) if since:
                pass
            case _:
                raise refused("no_backfill", "only sources with a cursor have a part to read again", hint="reset it")
        if not (start or end):
            raise invalid("no_range", "a backfill needs an end", field="from", allowed="from, to, or both")
        with self._records.begin() as conn:
            return book.queue_run(conn, plan, trigger="backfill", span=(start, end), now=self._clock.now())

    def files(
        self, key: str, *, state: FileState | None = None, before: int | None = None, limit: int = 100
    ) -> tuple[DroppedFile, ...]:
        """Files of a file drop, newest first."""
        with self._records.begin() as conn:
            book.standing_of(conn, key)
            return tuple(book.file_of(row) for row in conn.execute(queries.files_of(key, state, before, limit)))

    def decide(self, key: str, file_id: int, *, retry: bool) -> DroppedFile:
        """Let a file that was set aside be tried again at once, or skip it for good.

        Raises:
            Error: missing ``unknown_file``; conflict ``file_not_failed``.
        """
        now = self._clock.now()
        state = FileState.READY if retry else FileState.SKIPPED
        with self._records.begin() as conn:
            row = conn.execute(queries.decide_file(key, file_id, {"state": state, "retry_at": None})).one_or_none()
            if row is None:
                if conn.execute(queries.one_file(key, file_id)).one_or_none() is None:
                    raise missing("unknown_file", "there is no such file", field="file", got=file_id)
                raise conflict("file_not_failed", "only a file that was set aside is decided upon")
            if retry:
                book.wake(conn, key, now)
            return book.file_of(row)

    def step(self) -> int:
        """Start every pull that is due, each in a lane of its own, and every subscription that does not run.

        Returns:
            How many pulls were started.
        """
        with self._records.begin() as conn:
            due = list(conn.scalars(queries.due(self._clock.now())))
        self._subscriptions.settle(self._subscribed)
        started = 0
        for key in due:
            with self._guard:
                if key in self._busy or self.house.stop.is_set() or len(self._busy) >= self.house.settings.lanes:
                    continue
                self._busy.add(key)
                if self._lanes is None:
                    self._lanes = ThreadPoolExecutor(self.house.settings.lanes, thread_name_prefix="connector")
            self._lanes.submit(self._run_due, key)
            started += 1
        return started

    def close(self) -> None:
        """Let runs stop after the page at hand; they go on in the next process. Doing it twice is harmless."""
        self.house.stop.set()
        if self._lanes is not None:
            self._lanes.shutdown(wait=True)
        self._subscriptions.close()
        self.hooks.stop()

    def _subscribed(self) -> dict[str, bool]:
        """Connectors that listen to a broker, and whether they are paused."""
        return {one.connector.key: one.paused for one in self.list() if isinstance(one.connector.settings, MqttSource)}

    def _run_due(self, key: str) -> None:
        try:
            run_connector(self.house, key, "schedule")
        except Error as error:  # the run and the status say so too
            if error.code == "unknown_connector":
                self._retire(key)
            elif error.code != "connector_running":
                _log.warning("connector failed", connector=key, error=self.house.secrets.blot(str(error)))
        except Exception as exc:  # noqa: BLE001 - whatever it is, the lane must live and say it
            _log.error("connector failed", connector=key, exc_info=exc)
        finally:
            with self._guard:
                self._busy.discard(key)

    def _retire(self, key: str) -> None:
        """A connector whose document is gone is not due any more."""
        with self._records.begin() as conn:
            book.steer(conn, key, {"next_at": None})

    def _pull_of(self, key: str) -> Plan:
        with self._records.begin() as conn:
            plan = book.plan_of(conn, key)
        if not plan.connector.pulls:
            raise refused("not_a_pull", f'connector "{key}" is sent to, it does not fetch')
        return plan

    def _awake(self, key: str) -> Plan:
        plan = self._pull_of(key)
        with self._records.begin() as conn:
            paused = book.standing_of(conn, key).paused
        if paused:
            raise refused("connector_paused", f'connector "{key}" is paused', hint="resume it first")
        return plan

    def _tried(self, plan: Plan) -> Trial:
        try:
            return try_connector(self.house, plan)
        except Error as error:
            error.message = self.house.secrets.blot(error.message)
            raise


def _scheduled(plan: Plan) -> bool:
    schedule = plan.connector.schedule
    return plan.connector.pulls and bool(schedule.every or schedule.cron)


def _files_by_state(conn: Connection) -> dict[str, dict[str, int]]:
    files: dict[str, dict[str, int]] = {}
    for key, state, number in conn.execute(queries.file_states()):
        files.setdefault(key, {})[state] = number
    return files


def _statuses(conn: Connection, definitions: tuple[Definition, ...]) -> tuple[Status, ...]:
    standings, files = book.all_standings(conn), _files_by_state(conn)
    found = []
    for definition in definitions:
        stands = standings.get(definition.key)
        if stands is not None:
            connector = parse_connector(definition.document)
            found.append(_shown(connector, definition.version, stands, files.get(definition.key, {})))
    return tuple(found)


def _shown(connector: Connector, version: int, stands: book.Standing, files: Mapping[str, int]) -> Status:
    return Status(
        connector=connector,
        version=version,
        paused=stands.paused,
        cursor=stands.cursor,
        counts=stands.counts,
        next_at=stands.next_at,
        failures=stands.failures,
        last_error=stands.last_error,
        newest=stands.newest,
        success_at=stands.success_at,
        files=files,
    )
