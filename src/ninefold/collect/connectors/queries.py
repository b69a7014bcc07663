"""Statements of connectors, as SQLAlchemy expressions. No I/O."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.collect.tables import messages

from .model import Counts, Cursor, FileState, RunState
from .tables import connector_files, connector_runs, connectors

QUARANTINE_KIND = "connector"
_COUNTS = ("rows", "accepted", "rejected", "skipped", "duplicates")
_OPEN = (RunState.QUEUED, RunState.RUNNING)


def enrol(key: str, next_at: datetime | None) -> pg.Insert:
    """Give a connector its standing; one that has it keeps its cursor, is due again and stops a run at work."""
    fresh = pg.insert(connectors).values(key=key, next_at=next_at)
    again = {"next_at": next_at, "epoch": connectors.c.epoch + 1, "failures": 0}
    return fresh.on_conflict_do_update(index_elements=[connectors.c.key], set_=again)


def advance(key: str, epoch: int, steps: int, moved: Mapping[str, object], counts: Counts) -> sa.Update:
    """Move a connector on from where it is expected; touches no row when it is elsewhere, or was told to stop."""
    own = connectors.c
    return (
        sa.update(connectors)
        .where(own.key == key, own.epoch == epoch, own.steps == steps, sa.not_(own.paused))
        .values({**moved, "steps": own.steps + 1, **_added(connectors, counts)})
        .returning(own.steps)
    )


def advance_run(run_id: int, counts: Counts, cursor: Cursor | None) -> sa.Update:
    """Add to a run what a page brought; a backfill keeps its own cursor."""
    moved: dict[str, object] = {} if cursor is None else {"cursor": dict(cursor)}
    return (
        sa.update(connector_runs)
        .where(connector_runs.c.id == run_id)
        .values({**moved, **_added(connector_runs, counts)})
    )


def count(key: str, counts: Counts, newest: datetime | None, now: datetime) -> sa.Update:
    """Add what was sent to a connector, which has no cursor to move."""
    own = connectors.c
    return (
        sa.update(connectors)
        .where(own.key == key)
        .values(
            {
                **_added(connectors, counts),
                "newest": sa.func.greatest(own.newest, newest),
                "success_at": now,
                "failures": 0,
                "last_error": "",
            }
        )
    )


def known_messages(hashes: Sequence[UUID]) -> sa.Select[UUID]:
    """Which messages were taken up already."""
    wanted = sa.select(sa.func.unnest(sa.cast(list(hashes), pg.ARRAY(sa.Uuid))).label("hash")).subquery()
    return sa.select(messages.c.hash).join(wanted, wanted.c.hash == messages.c.hash)


def due(now: datetime) -> sa.Select[str]:
    """Connectors that should run now, the longest overdue first."""
    own = connectors.c
    return sa.select(own.key).where(sa.not_(own.paused), own.next_at <= now).order_by(own.next_at)


def standing(key: str) -> sa.Select[tuple[object, ...]]:
    """Where a connector stands."""
    return sa.select(connectors).where(connectors.c.key == key)


def standings() -> sa.Select[tuple[object, ...]]:
    """Where all connectors stand."""
    return sa.select(connectors).order_by(connectors.c.key)


def open_run(key: str) -> sa.Select[tuple[object, ...]]:
    """The oldest run of a connector that was interrupted or waits; those that go on by the cursor before backfills."""
    runs = connector_runs.c
    return (
        sa.select(connector_runs)
        .where(runs.connector == key, runs.state.in_(_OPEN))
        .order_by(runs.trigger == "backfill", runs.id)
        .limit(1)
    )


def open_runs() -> sa.Select[tuple[object, ...]]:
    """Runs of all connectors that wait, are at work, or were so when their process died, the oldest first."""
    return sa.select(connector_runs).where(connector_runs.c.state.in_(_OPEN)).order_by(connector_runs.c.id)


def runs_of(key: str, before: int | None, limit: int) -> sa.Select[tuple[object, ...]]:
    """Runs of a connector, the newest first."""
    runs = connector_runs.c
    query = sa.select(connector_runs).where(runs.connector == key).order_by(runs.id.desc()).limit(limit)
    return query if before is None else query.where(runs.id < before)


def prune_runs(older_than: datetime) -> sa.Delete:
    """Forget runs that ended before a time and brought nothing."""
    runs = connector_runs.c
    return sa.delete(connector_runs).where(runs.finished_at < older_than, runs.rows == 0, runs.error == "")


def saw_files(connector: str, files: Sequence[tuple[str, int, str]], now: datetime) -> pg.Insert:
    """Note files (path, size, time); those that are known with this size and time stay as they are."""
    rows = [
        {"connector": connector, "path": path, "size": size, "modified": modified, "state": FileState.SEEN,
         "seen_at": now}
        for path, size, modified in files
    ]  # fmt: skip
    return pg.insert(connector_files).values(rows).on_conflict_do_nothing()


def forget_unfinished(connector: str, present: Sequence[str]) -> sa.Delete:
    """Forget files that were seen, but changed or vanished before they were taken; ``present`` are path|size|time."""
    files = connector_files.c
    name = sa.func.concat(files.path, "|", files.size, "|", files.modified)
    return sa.delete(connector_files).where(
        files.connector == connector, files.state == FileState.SEEN, name.not_in(present) if present else sa.true()
    )


def ripe_files(connector: str, now: datetime, seen_before: datetime) -> sa.Select[tuple[object, ...]]:
    """Files to take now: interrupted ones, those that stayed unchanged long enough, and those to be tried again."""
    files = connector_files.c
    return (
        sa.select(connector_files)
        .where(
            files.connector == connector,
            sa.or_(
                files.state == FileState.IMPORTING,
                sa.and_(files.state == FileState.SEEN, files.seen_at <= seen_before),
                sa.and_(files.state == FileState.READY, sa.or_(files.retry_at.is_(None), files.retry_at <= now)),
            ),
        )
        .order_by(files.path, files.id)
    )


def files_of(connector: str, state: str | None, before: int | None, limit: int) -> sa.Select[tuple[object, ...]]:
    """Files of a file drop, the newest first."""
    files = connector_files.c
    query = sa.select(connector_files).where(files.connector == connector).order_by(files.id.desc()).limit(limit)
    query = query if state is None else query.where(files.state == state)
    return query if before is None else query.where(files.id < before)


def file_states() -> sa.Select[str, str, int]:
    """How many files of each connector are in each state."""
    files = connector_files.c
    return sa.select(files.connector, files.state, sa.func.count()).group_by(files.connector, files.state)


def change_file(file_id: int, values: Mapping[str, object]) -> sa.Update:
    """Change a file's row."""
    files = connector_files.c
    return sa.update(connector_files).where(files.id == file_id).values(dict(values)).returning(*files)


def decide_file(connector: str, file_id: int, values: Mapping[str, object]) -> sa.Update:
    """Change a file that was set aside; touches no row when it was not."""
    files = connector_files.c
    return (
        sa.update(connector_files)
        .where(files.id == file_id, files.connector == connector, files.state == FileState.FAILED)
        .values(dict(values))
        .returning(*files)
    )


def one_file(connector: str, file_id: int) -> sa.Select[int]:
    """Whether a connector has a file."""
    files = connector_files.c
    return sa.select(files.id).where(files.id == file_id, files.connector == connector)


def forget_files(connector: str) -> sa.Delete:
    """Forget all files of a file drop."""
    return sa.delete(connector_files).where(connector_files.c.connector == connector)


def counts_of(row: sa.RowMapping) -> Counts:
    """The counts out of a row of connectors or runs."""
    return Counts(**{name: int(row[name]) for name in _COUNTS})


def _added(table: sa.Table, counts: Counts) -> dict[str, object]:
    return {name: table.c[name] + getattr(counts, name) for name in _COUNTS}
