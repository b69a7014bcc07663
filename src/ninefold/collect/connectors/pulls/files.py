"""File drops: each version of each file once, by the resumable import.

A file is noted when it is first listed, taken once its size and time have stayed the same (or its marker is there), and
imported with a run of its own. The run is named in the transaction that starts it, so a crash finds it again.
"""

from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

import structlog
from sqlalchemy.engine import Connection

from ninefold.base import Error
from ninefold.collect.connectors import book, queries
from ninefold.collect.connectors.model import Counts, DroppedFile, FileState, Plan
from ninefold.collect.connectors.rules import pause_after
from ninefold.collect.connectors.settings import FileDrop, OnError
from ninefold.collect.connectors.taking.house import Attempt, House
from ninefold.collect.imports import ImportRun, RunState

from .places import Place, open_place, wanted

_log = structlog.get_logger("ninefold.connectors")
_CHUNK = 1_000


def take_files(house: House, plan: Plan, attempt: Attempt) -> None:
    """Import the files that are ripe; one that cannot be read does not keep the others from it."""
    drop = plan.connector.settings
    if not isinstance(drop, FileDrop):
        return
    place = open_place(drop, house.secrets)
    note_files(house, plan.connector.key, drop, place)
    now = house.clock.now()
    patience = timedelta(0) if drop.marker else timedelta(seconds=drop.stable_seconds)
    with house.records.begin() as conn:
        rows = conn.execute(queries.ripe_files(plan.connector.key, now, now - patience))
        ripe = [book.file_of(row) for row in rows]
    for file in ripe:
        attempt.check()
        _Taking(house, plan, drop, place).take(file, attempt)


def note_files(house: House, key: str, drop: FileDrop, place: Place) -> None:
    """Note what is there now, and forget what changed or went before it was taken."""
    found = wanted(list(place.files()), drop)
    now = house.clock.now()
    with house.records.begin() as conn:
        conn.execute(queries.forget_unfinished(key, [f"{one.path}|{one.size}|{one.modified}" for one in found]))
        for start in range(0, len(found), _CHUNK):
            part = [(one.path, one.size, one.modified) for one in found[start : start + _CHUNK]]
            conn.execute(queries.saw_files(key, part, now))


class _Taking:
    """The import of one file."""

    def __init__(self, house: House, plan: Plan, drop: FileDrop, place: Place) -> None:
        self.house, self.plan, self.drop, self.place = house, plan, drop, place

    def take(self, file: DroppedFile, attempt: Attempt) -> None:
        """Import a file, or write down why it cannot be."""
        try:
            run = self._import(file, attempt)
        except Error as error:
            if error.retryable:
                raise
            self._set_aside(file, error)
            return
        with self.house.records.begin() as conn:
            state = FileState.DONE if run.state is RunState.DONE else FileState.FAILED
            fault = "" if run.state is RunState.DONE else f"the import was {run.state.value}"
            counts = {"rows": run.rows_done, "accepted": run.events, "rejected": run.rejected}
            conn.execute(queries.change_file(file.id, {"state": state, "error": fault, **counts}))
            attempt.count(
                conn,
                Counts(rows=run.rows_done, accepted=run.events, rejected=run.rejected, skipped=run.skipped),
            )
        if self.drop.bucket:
            self._spool(file).unlink(missing_ok=True)

    def _import(self, file: DroppedFile, attempt: Attempt) -> ImportRun:
        path = self.place.fetch(file.path, self._spool(file))
        run_id = file.import_id
        if run_id is None:

            def note(conn: Connection, run: ImportRun) -> None:
                values = {"state": FileState.IMPORTING, "import_id": run.id, "content_hash": run.file_hash, "error": ""}
                conn.execute(queries.change_file(file.id, values))

            run_id = self.house.imports.start(path, self.plan.mapping.key, also=note).id
        return self.house.imports.run(run_id, progress=lambda _: attempt.check())

    def _set_aside(self, file: DroppedFile, error: Error) -> None:
        connector, tries = self.plan.connector, file.tries + 1
        again = self.drop.on_error is OnError.RETRY
        retry_at: datetime | None = None
        if again:
            retry_at = self.house.clock.now() + pause_after(connector.backoff, f"{connector.key}/{file.id}", tries)
        values = {
            "state": FileState.READY if again else FileState.FAILED, "error": str(error)[:2_000], "tries": tries,
            "retry_at": retry_at, "import_id": None,
        }  # fmt: skip
        with self.house.records.begin() as conn:
            conn.execute(queries.change_file(file.id, values))
        _log.warning("file set aside", connector=connector.key, file=file.path, error=str(error))

    def _spool(self, file: DroppedFile) -> Path:
        name = PurePosixPath(file.path).name
        return self.house.settings.spool / self.plan.connector.key / f"{file.id}-{name}"
