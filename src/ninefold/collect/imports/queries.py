"""Statements of the file import, as SQLAlchemy expressions. No I/O."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from ninefold.collect.tables import quarantine

from .model import RunState
from .tables import import_errors, import_runs

QUARANTINE_KIND = "import"


def row_message_id(mapping: str, file_hash: str, row: int) -> str:
    """The name of a row of a file under a mapping; the same however often the file is imported.

    >>> row_message_id("orders", "0123456789abcdef0123", 17)
    'orders:0123456789abcdef:17'
    """
    return f"{mapping}:{file_hash[:16]}:{row}"


def advance(run_id: int, cursor: int, counts: dict[str, int]) -> sa.Update:
    """Move the cursor of a running import on from where it is expected; touches no row when it is elsewhere."""
    runs = import_runs.c
    moved = {runs[name]: runs[name] + count for name, count in counts.items()}
    return (
        sa.update(import_runs)
        .where(runs.id == run_id, runs.rows_done == cursor, runs.state == RunState.RUNNING)
        .values(moved)
        .returning(*runs)
    )


def open_entries(source: str, message_ids: Sequence[str]) -> sa.Select[str]:
    """Which of some rows are in quarantine already and open."""
    held = quarantine.c
    return sa.select(held.message_id).where(
        held.source == source, held.message_id.in_(message_ids), held.replayed_at.is_(None)
    )


def rows_done_before(run_id: int) -> sa.Select[int]:
    """Rows of a finished import of the same content under the same version of the mapping, where there is one."""
    this, earlier = import_runs.alias("this"), import_runs.alias("earlier")
    return (
        sa.select(earlier.c.rows_done)
        .join(
            this,
            sa.and_(
                this.c.id == run_id,
                earlier.c.id != run_id,
                earlier.c.mapping == this.c.mapping,
                earlier.c.mapping_version == this.c.mapping_version,
                earlier.c.file_hash == this.c.file_hash,
            ),
        )
        .where(earlier.c.state == RunState.DONE)
        .limit(1)
    )


def _entry_id(runs: sa.FromClause, faults: sa.FromClause) -> sa.ColumnElement[str]:
    """The message id of a bad row's entry; runs of older releases did not note it."""
    named = sa.func.concat(runs.c.mapping, ":", sa.func.left(runs.c.file_hash, 16), ":", faults.c.row_number)
    return sa.func.coalesce(sa.func.nullif(faults.c.message_id, ""), named)


def settle(run_id: int, now: datetime) -> sa.Update:
    """Mark the quarantine entries of earlier imports of the same file that this run has accepted."""
    this, earlier = import_runs.alias("this"), import_runs.alias("earlier")
    fault, again = import_errors.alias("fault"), import_errors.alias("again")
    held = quarantine.c
    row_id = _entry_id(earlier, fault)
    still_bad = sa.exists().where(again.c.run_id == run_id, again.c.row_number == fault.c.row_number)
    return (
        sa.update(quarantine)
        .values(replayed_at=now)
        .where(
            this.c.id == run_id,
            earlier.c.mapping == this.c.mapping,
            earlier.c.file_hash == this.c.file_hash,
            earlier.c.id != run_id,
            fault.c.run_id == earlier.c.id,
            held.source == earlier.c.source,
            held.message_id == row_id,
            held.kind == QUARANTINE_KIND,
            held.replayed_at.is_(None),
            ~still_bad,
        )
    )


def errors_of(run_id: int) -> sa.Select[int, str, str, str, str, str, bytes | None]:
    """The rejected rows of a run with their raw text, in the order of the file."""
    fault, runs, held = import_errors.c, import_runs.c, quarantine.c
    row_id = _entry_id(import_runs, import_errors)
    raw = (
        sa.select(held.raw)
        .where(held.source == runs.source, held.message_id == row_id, held.kind == QUARANTINE_KIND)
        .order_by(held.id.desc())
        .limit(1)
        .correlate(import_runs, import_errors)
        .scalar_subquery()
    )
    return (
        sa.select(fault.row_number, fault.field, fault.code, fault.got, fault.allowed, fault.message, raw.label("raw"))
        .join(import_runs, runs.id == fault.run_id)
        .where(fault.run_id == run_id)
        .order_by(fault.row_number)
    )


def faults_of(run_id: int) -> sa.Select[str, str, int]:
    """How often each fault occurred in a run, the most frequent first."""
    fault, times = import_errors.c, sa.func.count().label("times")
    return (
        sa.select(fault.code, fault.field, times)
        .where(fault.run_id == run_id)
        .group_by(fault.code, fault.field)
        .order_by(times.desc(), fault.code)
    )


def latest_runs(limit: int) -> sa.Select[tuple[object, ...]]:
    """The newest runs."""
    return sa.select(import_runs).order_by(import_runs.c.id.desc()).limit(limit)


def open_runs() -> sa.Select[tuple[object, ...]]:
    """Runs that are queued, at work, or were so when their process died, the oldest first."""
    states = (RunState.QUEUED, RunState.RUNNING)
    return sa.select(import_runs).where(import_runs.c.state.in_(states)).order_by(import_runs.c.id)
