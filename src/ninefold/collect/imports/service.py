"""The file import: starts a run, reads its file chunk by chunk into the inbox, resumes where it stopped.

A chunk is one transaction: its events in the inbox, its bad rows in quarantine, the cursor behind it. So a crash at
any point loses no row and repeats none. The pipeline takes the events from the inbox like all others.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Clock, Error, clean_text, conflict, cycle_search_paused, missing, span, stable_key, to_ms
from ninefold.collect.inbox import append
from ninefold.collect.model import Rejection
from ninefold.collect.plans import Checker, Plans
from ninefold.collect.quarantine import quarantine
from ninefold.store import Records, copy_rows, get_definition

from . import queries
from .document import check_columns, parse_mapping
from .lines import Line, emit_orders, read_lines, stage_lines
from .model import Context, ImportRun, Mapping, Rejected, RunState
from .preview import CheckIdentifier, DryRun, dry_run
from .readers import CHUNK_ROWS, Chunk, open_table
from .rows import RowReader, judged_rows, map_chunk, row_entries, row_of
from .tables import import_errors, import_runs

_ERROR_COLUMNS = ("run_id", "row_number", "field", "code", "got", "allowed", "message", "message_id")

KIND = "mapping"
"""Kind of the definitions that describe files."""

Progress = Callable[[ImportRun], None]
"""Called after each committed chunk."""

Also = Callable[[Connection, ImportRun], None]
"""Writes something more in the transaction that queues a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSettings:
    """Defaults of mappings: the business zone, the currency; and the rows of a chunk."""

    zone: str = "UTC"
    currency: str = "CNY"
    chunk_rows: int = CHUNK_ROWS


class Imports:
    """Imports of files; safe to use from several threads and processes."""

    def __init__(
        self, records: Records, clock: Clock, settings: ImportSettings | None = None, plans: Plans | None = None
    ) -> None:
        """Wire the imports.

        Args:
            records: the store that holds the inbox.
            clock: gives the time.
            settings: defaults of mappings.
            plans: tracking plans that events are judged by.
        """
        self._records, self._clock = records, clock
        self._settings = settings or ImportSettings()
        self._plans = plans

    def checker(self, source: str) -> Checker | None:
        """The tracking plan of a source, if one covers it; not for the event loop."""
        return None if self._plans is None else self._plans.checker_now(source)

    def reader(self) -> RowReader:
        """Reads quarantined rows of imports and connectors again."""
        return RowReader(zone=self._settings.zone, currency=self._settings.currency)

    def try_out(
        self, path: Path, mapping: Mapping, *, rows: int = 1_000, check: CheckIdentifier | None = None
    ) -> DryRun:
        """What an import would make of the first rows of a file; nothing is stored. See :func:`dry_run`."""
        context = self._context("", to_ms(self._clock.now()))
        return dry_run(path, mapping, context, rows=rows, check=check, checker=self.checker(mapping.source))

    def start(self, path: Path, mapping: str, *, version: int | None = None, also: Also | None = None) -> ImportRun:
        """Queue an import of a file.

        Args:
            path: the file; it must stay unchanged until the run is done.
            mapping: key of a stored mapping.
            version: its version; the newest by default.
            also: something that must be written in the same transaction.

        Raises:
            Error: when there is no such mapping or file, or the file is no table or lacks a column.
        """
        path = path.expanduser().absolute()
        with self._records.begin() as conn:
            definition = get_definition(conn, KIND, mapping, version)
        parsed = parse_mapping(definition.document)
        table = open_table(path, parsed.file)
        if table.closed:
            check_columns(parsed, table.headers)
        values = {
            "path": str(path),
            "mapping": mapping,
            "mapping_version": definition.version,
            "source": parsed.source,
            "file_hash": file_hash(path),
            "file_bytes": path.stat().st_size,
            "rows_total": table.rows_total,
            "state": RunState.QUEUED,
            "created_at": self._clock.now(),
        }
        with self._records.begin() as conn:
            run = _run(conn.execute(sa.insert(import_runs).values(values).returning(*import_runs.c)).one())
            if also is not None:
                also(conn, run)
            return run

    def run(self, run_id: int, *, progress: Progress | None = None) -> ImportRun:
        """Carry an import on from its cursor to the end of its file, or until it is cancelled.

        A file that was imported to the end under the same version of the mapping is not read again: all its rows are
        skipped. Under another version it is, and only rows that were rejected before make new events.

        Args:
            run_id: a run that is queued, failed or cancelled, or whose process died. A run that is done stays as it is.
            progress: called after each committed chunk.

        Raises:
            Error: conflict ``import_running`` when another process or thread is at it, ``file_changed`` when the file
                is not the one that was queued; missing ``unknown_import``, ``no_file``. Faults of the file are
                recorded in the run before they are raised.
        """
        with self._records.hold(f"import/{run_id}") as held:
            if not held:
                raise conflict("import_running", f"import {run_id} is running already", retryable=True)
            run = self._begin(run_id)
            if run.state is RunState.DONE:
                return run
            try:
                return self._done_before(run) or self._read(run, progress)
            except Error as error:
                self._mark(run_id, RunState.FAILED, str(error))
                raise

    def cancel(self, run_id: int) -> ImportRun:
        """Stop an import after the chunk at hand; what was handed over stays. Running it again goes on from there."""
        run = self.get(run_id)
        return run if run.state is RunState.DONE else self._mark(run_id, RunState.CANCELLED, "")

    def get(self, run_id: int) -> ImportRun:
        """A run; raises missing ``unknown_import``."""
        with self._records.begin() as conn:
            return _find(conn, run_id)

    def latest(self, limit: int = 100) -> tuple[ImportRun, ...]:
        """The newest runs first."""
        with self._records.begin() as conn:
            return tuple(_run(row) for row in conn.execute(queries.latest_runs(limit)))

    def unfinished(self) -> tuple[int, ...]:
        """Ids of runs that wait or were interrupted, the oldest first; a server resumes them when it starts."""
        return tuple(run.id for run in self.underway())

    def underway(self) -> tuple[ImportRun, ...]:
        """Runs that wait or are at work, the oldest first."""
        with self._records.begin() as conn:
            return tuple(_run(row) for row in conn.execute(queries.open_runs()))

    def errors(self, run_id: int) -> Iterator[dict[str, str]]:
        """The rejected rows of a run in the order of the file: row, column, code, message, got, allowed, raw."""
        with self._records.begin() as conn:
            _find(conn, run_id)
            for row in conn.execution_options(yield_per=1_000).execute(queries.errors_of(run_id)):
                yield {
                    "row": str(row.row_number),
                    "column": row.field,
                    "code": row.code,
                    "message": row.message,
                    "got": row.got,
                    "allowed": row.allowed,
                    "raw": "" if row.raw is None else bytes(row.raw).decode("utf-8", "replace"),
                }

    def faults(self, run_id: int) -> tuple[tuple[str, str, int], ...]:
        """How often each fault occurred: (code, column, rows), the most frequent first."""
        with self._records.begin() as conn:
            _find(conn, run_id)
            return tuple((row.code, row.field, row.times) for row in conn.execute(queries.faults_of(run_id)))

    def _context(self, file_hash_: str, received: int) -> Context:
        settings = self._settings
        return Context(file_hash=file_hash_, received=received, zone=settings.zone, currency=settings.currency)

    def _begin(self, run_id: int) -> ImportRun:
        """Mark a run as running; the time it was first started stays, since rows without a time carry it."""
        with self._records.begin() as conn:
            run = _find(conn, run_id)
            if run.state is RunState.DONE:
                return run
            started = run.started_at or self._clock.now()
            values = {"state": RunState.RUNNING, "error": "", "finished_at": None, "started_at": started}
            query = sa.update(import_runs).where(import_runs.c.id == run_id).values(values).returning(*import_runs.c)
            return _run(conn.execute(query).one())

    def _done_before(self, run: ImportRun) -> ImportRun | None:
        """Skip all rows when this content was imported under this version of the mapping; nothing could change."""
        with self._records.begin() as conn:
            rows = conn.scalar(queries.rows_done_before(run.id))
            if rows is None or run.rows_done:
                return None
            counts = {"rows_done": rows, "rows_total": rows, "skipped": rows}
            values = {**counts, "state": RunState.DONE, "finished_at": self._clock.now()}
            query = sa.update(import_runs).where(import_runs.c.id == run.id).values(values).returning(*import_runs.c)
            return _run(conn.execute(query).one())

    def _read(self, run: ImportRun, progress: Progress | None) -> ImportRun:
        path = Path(run.path)
        with self._records.begin() as conn:
            mapping = parse_mapping(get_definition(conn, KIND, run.mapping, run.mapping_version).document)
        table = open_table(path, mapping.file)
        if file_hash(path) != run.file_hash:
            raise conflict("file_changed", f"{path.name} is not the file that was queued", hint="import it anew")
        if table.closed:
            check_columns(mapping, table.headers)
        context = self._context(run.file_hash, to_ms(run.started_at or self._clock.now()))
        for chunk in table.chunks(run.rows_done, self._settings.chunk_rows):
            with cycle_search_paused(), span("import.chunk", run=run.id, mapping=run.mapping, rows=chunk.records):
                moved = self._hand_over(run, mapping, chunk, context)
            if moved is None:
                return self._stopped(run)
            run = moved
            if progress is not None:
                progress(run)
        while mapping.lines is not None and (moved := self._emit(run, mapping, context)) is not None:
            run = moved
        return self._finish(run)

    def _emit(self, run: ImportRun, mapping: Mapping, context: Context) -> ImportRun | None:
        """The next orders that came together, in one transaction; ``None`` when all are told."""
        checker, now = self.checker(mapping.source), self._clock.now()
        with self._records.begin() as conn:
            found = emit_orders(conn, mapping, context, checker, run_id=run.id)
            if found is None:
                return None
            mapped = found.mapped
            aside = [
                replace(one, problem=replace(one.problem, row=number))
                for one in mapped.aside
                if (number := found.rows[one.problem.row - 1])
            ]
            row = conn.execute(
                queries.advance(run.id, run.rows_done, {"events": -len(aside), "rejected": len(aside)})
            ).one_or_none()
            if row is None:
                raise conflict("import_moved", f"import {run.id} was moved on by another process", retryable=True)
            if mapped.events:
                append(conn, mapped.events, source=mapping.source, kind=queries.QUARANTINE_KIND, now=now)
            around = {name: value for name, value in _around(run, context).items() if name != "file"}
            held = {i: f"{mapping.key}:order:{stable_key(found.chunk.raw(i - 1))}" for i in range(1, found.orders + 1)}
            entries = list(row_entries(mapped, found.chunk, around=around, name=held.__getitem__))
            quarantine(conn, entries, source=mapping.source, kind=queries.QUARANTINE_KIND, received_at=now)
            names = {found.rows[row_of(one) - 1]: one.message_id for one in reversed(entries)}
            self._report(conn, run, aside, names)
            return _run(row)

    def _hand_over(self, run: ImportRun, mapping: Mapping, chunk: Chunk, context: Context) -> ImportRun | None:
        """One chunk in one transaction; ``None`` when the run is no longer ours to move."""
        lines: list[Line] = []
        if mapping.lines is not None:
            lines, mapped = read_lines(mapping, mapping.lines, chunk)
        else:
            mapped = judged_rows(map_chunk(mapping, chunk, context), chunk, self.checker(mapping.source))
        aside = mapped.aside
        counts = {
            "rows_done": chunk.records,
            "events": mapped.accepted,
            "rejected": len(aside),
            "skipped": mapped.skipped,
            "repaired": chunk.repaired,
        }
        now = self._clock.now()
        with self._records.begin() as conn:
            row = conn.execute(queries.advance(run.id, run.rows_done, counts)).one_or_none()
            if row is None:
                return None
            stage_lines(conn, mapping, lines, run.id)
            if mapped.events:
                append(conn, mapped.events, source=mapping.source, kind=queries.QUARANTINE_KIND, now=now)
            if aside:
                name = partial(queries.row_message_id, run.mapping, run.file_hash)
                entries = row_entries(mapped, chunk, around=_around(run, context), name=name)
                self._put_aside(conn, run, mapping.source, list(entries), aside)
            return _run(row)

    def _put_aside(
        self, conn: Connection, run: ImportRun, source: str, entries: Sequence[Rejection], aside: Sequence[Rejected]
    ) -> None:
        """Bad rows into quarantine, except what an earlier import of the file put there; each row into the report."""
        held = set(conn.scalars(queries.open_entries(source, [one.message_id for one in entries])))
        fresh = [one for one in entries if one.message_id not in held]
        quarantine(conn, fresh, source=source, kind=queries.QUARANTINE_KIND, received_at=self._clock.now())
        self._report(conn, run, aside, {row_of(one): one.message_id for one in reversed(entries)})

    @staticmethod
    def _report(conn: Connection, run: ImportRun, aside: Sequence[Rejected], names: dict[int, str]) -> None:
        """Each row that was put aside into the report of its run."""
        rows = [
            (run.id, p.row, *(clean_text(t) for t in (p.column, p.code, p.got, p.allowed, p.message, names[p.row])))
            for p in (one.problem for one in aside)
        ]
        copy_rows(conn, import_errors, _ERROR_COLUMNS, rows)

    def _finish(self, run: ImportRun) -> ImportRun:
        now = self._clock.now()
        values = {"state": RunState.DONE, "finished_at": now, "rows_total": run.rows_done}
        runs = import_runs.c
        with self._records.begin() as conn:
            query = sa.update(import_runs).where(runs.id == run.id, runs.state == RunState.RUNNING).values(values)
            row = conn.execute(query.returning(*runs)).one_or_none()
            if row is None:
                return _find(conn, run.id)
            conn.execute(queries.settle(run.id, now))
            return _run(row)

    def _stopped(self, run: ImportRun) -> ImportRun:
        now = self.get(run.id)
        if now.state is RunState.CANCELLED:
            return now
        raise conflict("import_moved", f"import {run.id} was moved on by another process", retryable=True)

    def _mark(self, run_id: int, state: RunState, error: str) -> ImportRun:
        values = {"state": state, "error": clean_text(error)[:2_000], "finished_at": self._clock.now()}
        runs = import_runs.c
        with self._records.begin() as conn:
            query = sa.update(import_runs).where(runs.id == run_id, runs.state != RunState.DONE).values(values)
            row = conn.execute(query.returning(*runs)).one_or_none()
            return _find(conn, run_id) if row is None else _run(row)


def file_hash(path: Path) -> str:
    """BLAKE2b-128 of a file's content, hexadecimal; raises missing ``no_file``."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except FileNotFoundError as exc:
        raise missing("no_file", "there is no such file", field="path", got=str(path)) from exc


def _around(run: ImportRun, context: Context) -> dict[str, object]:
    """What the quarantine entries of a run say about where they come from."""
    return {
        "import": run.id,
        "file": Path(run.path).name,
        "mapping": run.mapping,
        "version": run.mapping_version,
        "hash": run.file_hash,
        "received": context.received,
    }


def _find(conn: Connection, run_id: int) -> ImportRun:
    row = conn.execute(sa.select(import_runs).where(import_runs.c.id == run_id)).one_or_none()
    if row is None:
        raise missing("unknown_import", f"there is no import {run_id}", field="import", got=run_id)
    return _run(row)


def _run(row: sa.Row[tuple[object, ...]]) -> ImportRun:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public accessor has an underscore
    values.pop("source")
    return ImportRun(**values | {"state": RunState(values["state"])})
