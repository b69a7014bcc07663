"""Where connectors stand and what their runs did; rows on their way. No I/O, no clock.

All kinds turn rows into events by the same mapping documents as the file import; what their documents say is in
``settings``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ninefold.collect.imports import Mapping as RowMapping
from ninefold.collect.imports import Problem
from ninefold.collect.imports.readers import Chunk

from .settings import Connector

Cursor = Mapping[str, object]
"""Where a pull stands, as JSON; only the kind that wrote it reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows that were fetched together, and where the next ones begin.

    Attributes:
        chunk: the rows; with the column ``$id`` that names each row at its source.
        cursor: where to go on once these rows are in the inbox.
    """

    chunk: Chunk
    cursor: Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of rows: rows = accepted + rejected + skipped + duplicates.

    Attributes:
        rows: that came in.
        accepted: handed over to the inbox.
        rejected: in quarantine.
        skipped: blank, or left out by a filter of the mapping.
        duplicates: known already by their message id, left out.
    """

    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    duplicates: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """The sum."""
        return Counts(
            rows=self.rows + other.rows,
            accepted=self.accepted + other.accepted,
            rejected=self.rejected + other.rejected,
            skipped=self.skipped + other.skipped,
            duplicates=self.duplicates + other.duplicates,
        )


class RunState(StrEnum):
    """Life of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"  # paused, reset, or the document changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a connector: what started it, what it did.

    Attributes:
        trigger: ``schedule``, ``manual`` or ``backfill``.
        range_from, range_to: of a backfill.
    """

    id: int
    connector: str
    version: int
    trigger: str
    state: RunState
    counts: Counts
    error: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    range_from: str
    range_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a connector stands.

    Attributes:
        connector: its document.
        version: of the document.
        paused: whether it rests until somebody resumes it.
        cursor: where it goes on; empty at the beginning.
        counts: of all runs.
        next_at: when it is due; nothing for those that are sent to.
        failures: failed tries since the last success.
        last_error: what went wrong last; empty after a success.
        newest: time of the newest event so far; the lag is the time since then.
        success_at: end of the last successful run or message.
        files: files by state, for file drops.
    """

    connector: Connector
    version: int
    paused: bool
    cursor: Cursor
    counts: Counts
    next_at: datetime | None
    failures: int
    last_error: str
    newest: datetime | None
    success_at: datetime | None
    files: Mapping[str, int] = field(default_factory=dict)


class FileState(StrEnum):
    """Life of a file of a file drop."""

    SEEN = "seen"  # perhaps still being written
    READY = "ready"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"  # set aside
    SKIPPED = "skipped"  # by decision


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedFile:
    """A file of a file drop; a changed file is another one.

    Attributes:
        path: below the folder or prefix.
        modified: time of its last change, or its entity tag, as text.
        import_id: its import run, whose report lists the rows that failed.
    """

    id: int
    path: str
    size: int
    modified: str
    state: FileState
    seen_at: datetime
    tries: int
    retry_at: datetime | None
    import_id: int | None
    content_hash: str
    rows: int
    accepted: int
    rejected: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a test of a connector found; nothing was stored.

    Attributes:
        headers: fields the source offers.
        rows: rows that were fetched.
        events: the first mapped rows, as plain data.
        problems: rows that would be rejected.
    """

    headers: tuple[str, ...]
    rows: int
    events: tuple[Mapping[str, object], ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A connector with what it needs at run time: its mapping and its version."""

    connector: Connector
    version: int
    mapping: RowMapping
