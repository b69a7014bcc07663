"""Where connectors stand and what ran: every verb works inside the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import clean_text, invalid, missing
from ninefold.collect.imports import KIND as MAPPING
from ninefold.collect.imports import parse_mapping
from ninefold.store import Definition, get_definition

from . import queries
from .document import parse_connector
from .model import Counts, Cursor, DroppedFile, FileState, Plan, Run, RunState
from .settings import FileDrop
from .tables import connector_runs, connectors

KIND = "connector"
"""Kind of the definitions of connectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A row of the table of connectors."""

    key: str
    paused: bool
    epoch: int
    steps: int
    cursor: Cursor
    next_at: datetime | None
    failures: int
    last_error: str
    newest: datetime | None
    success_at: datetime | None
    counts: Counts


def plan_of(conn: Connection, key: str) -> Plan:
    """A connector as it is defined now, with its mapping; raises missing."""
    found = get_definition(conn, KIND, key)
    return planned(conn, found.document, found.version)


def planned(conn: Connection, document: Mapping[str, object], version: int) -> Plan:
    """A connector document with its mapping; raises missing or invalid."""
    connector = parse_connector(document)
    mapping: Definition = get_definition(conn, MAPPING, connector.mapping)
    parsed = parse_mapping(mapping.document)
    if parsed.lines is not None and not isinstance(connector.settings, FileDrop):
        raise invalid(
            "lines_need_files", "a mapping that puts rows together to orders reads files only", field="mapping",
            got=connector.mapping, allowed="a mapping without lines", hint="use each, where a record holds its lines",
        )  # fmt: skip
    return Plan(connector=connector, version=version, mapping=parsed)


def find_standing(conn: Connection, key: str) -> Standing | None:
    """Where a connector stands; nothing before its document was saved."""
    row = conn.execute(queries.standing(key)).one_or_none()
    return None if row is None else _standing(row)


def standing_of(conn: Connection, key: str) -> Standing:
    """Where a connector stands; raises missing ``unknown_connector``."""
    found = find_standing(conn, key)
    if found is None:
        raise missing("unknown_connector", f'there is no connector "{key}"', field="connector", got=key)
    return found


def all_standings(conn: Connection) -> dict[str, Standing]:
    """Where all connectors stand, by key."""
    return {one.key: one for one in map(_standing, conn.execute(queries.standings()))}


def begin_run(conn: Connection, plan: Plan, *, trigger: str, now: datetime) -> Run:
    """A run to work on: a waiting backfill or an interrupted run, else a new one."""
    key = plan.connector.key
    held = conn.execute(queries.open_run(key)).one_or_none()
    runs = connector_runs.c
    if held is not None:
        started = sa.func.coalesce(runs.started_at, now)
        again = {"state": RunState.RUNNING, "started_at": started, "error": "", "version": plan.version}
        query = sa.update(connector_runs).where(runs.id == held.id).values(again)
        return run_of(conn.execute(query.returning(*runs)).one())
    values = {
        "connector": key, "version": plan.version, "trigger": trigger, "state": RunState.RUNNING, "created_at": now,
        "started_at": now,
    }  # fmt: skip
    return run_of(conn.execute(sa.insert(connector_runs).values(values).returning(*runs)).one())


def queue_run(conn: Connection, plan: Plan, *, trigger: str, span: tuple[str, str], now: datetime) -> Run:
    """Queue a run by hand, or a backfill from and to."""
    values = {
        "connector": plan.connector.key, "version": plan.version, "trigger": trigger, "state": RunState.QUEUED,
        "range_from": span[0], "range_to": span[1], "created_at": now,
    }  # fmt: skip
    row = conn.execute(sa.insert(connector_runs).values(values).returning(*connector_runs.c)).one()
    wake(conn, plan.connector.key, now)
    return run_of(row)


def backfill_cursor(conn: Connection, run_id: int) -> Cursor:
    """Where a backfill stands."""
    query = sa.select(connector_runs.c.cursor).where(connector_runs.c.id == run_id)
    return dict(conn.execute(query).scalar_one())


def end_run(conn: Connection, run_id: int, state: RunState, *, error: str, now: datetime) -> Run:
    """Write how a run ended."""
    values = {"state": state, "error": clean_text(error)[:2_000], "finished_at": now}
    query = sa.update(connector_runs).where(connector_runs.c.id == run_id).values(values)
    return run_of(conn.execute(query.returning(*connector_runs.c)).one())


def succeed(conn: Connection, key: str, epoch: int, *, next_at: datetime | None, now: datetime) -> None:
    """A run came to its end: forget failures, and say when the next one is due."""
    own = connectors.c
    values = {"failures": 0, "last_error": "", "success_at": now}
    conn.execute(sa.update(connectors).where(own.key == key).values(values))
    conn.execute(sa.update(connectors).where(own.key == key, own.epoch == epoch).values(next_at=next_at))


def fail(conn: Connection, key: str, *, error: str, next_at: datetime | None) -> None:
    """A run failed: say why, and when to try again."""
    values = {
        "failures": connectors.c.failures + 1, "last_error": clean_text(error)[:2_000], "next_at": next_at,
    }  # fmt: skip
    conn.execute(sa.update(connectors).where(connectors.c.key == key).values(values))


def recover(conn: Connection, key: str, *, now: datetime) -> None:
    """What a connector reads from is there again."""
    values = {"failures": 0, "last_error": "", "success_at": now}
    conn.execute(sa.update(connectors).where(connectors.c.key == key).values(values))


def wake(conn: Connection, key: str, now: datetime) -> None:
    """Let a connector be due now."""
    conn.execute(sa.update(connectors).where(connectors.c.key == key).values(next_at=now))


def steer(conn: Connection, key: str, values: Mapping[str, object]) -> Standing:
    """Change a connector's standing in a way that stops a run at work."""
    changed = {**values, "epoch": connectors.c.epoch + 1}
    query = sa.update(connectors).where(connectors.c.key == key).values(changed).returning(*connectors.c)
    row = conn.execute(query).one_or_none()
    return standing_of(conn, key) if row is None else _standing(row)


def run_of(row: sa.Row[tuple[object, ...]]) -> Run:
    """A row of the table of runs."""
    held = row._mapping  # noqa: SLF001 - SQLAlchemy's public accessor has an underscore
    return Run(
        id=held["id"],
        connector=held["connector"],
        version=held["version"],
        trigger=held["trigger"],
        state=RunState(held["state"]),
        counts=queries.counts_of(held),
        error=held["error"],
        created_at=held["created_at"],
        started_at=held["started_at"],
        finished_at=held["finished_at"],
        range_from=held["range_from"],
        range_to=held["range_to"],
    )


def file_of(row: sa.Row[tuple[object, ...]]) -> DroppedFile:
    """A row of the table of files."""
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public accessor has an underscore
    values.pop("connector")
    return DroppedFile(**values | {"state": FileState(values["state"])})


def _standing(row: sa.Row[tuple[object, ...]]) -> Standing:
    held = row._mapping  # noqa: SLF001 - SQLAlchemy's public accessor has an underscore
    return Standing(
        key=held["key"],
        paused=held["paused"],
        epoch=held["epoch"],
        steps=held["steps"],
        cursor=dict(held["cursor"]),
        next_at=held["next_at"],
        failures=held["failures"],
        last_error=held["last_error"],
        newest=held["newest"],
        success_at=held["success_at"],
        counts=queries.counts_of(held),
    )
