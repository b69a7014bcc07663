"""Candidates, models and runs in the records store. Each verb works in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import conflict, missing
from ninefold.store import copy_rows

from .engine import model_from_json, model_to_json
from .model import MatchingRules, Model
from .queries import candidates as sql
from .rules import checked, evidence_json, pairs_of
from .tables import match_candidates, matching_models, matching_runs

UNDER_WAY = ("queued", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a matching document, and how far it is.

    Attributes:
        id: its number.
        key: the document.
        scope: ``all`` scores everybody, ``new`` those who are new or changed since the last run.
        state: queued, running, done or failed.
        stage: what it is at while it runs: reading, learning, scoring or joining.
        retrain: whether it learns a new model first.
        document_version: version of the document.
        model: number of the model, None before it is known.
        parts: into how many parts the work is divided; each is committed by itself.
        parts_done: how many are done.
        people: people with key fields.
        pairs: pairs scored at least `review`.
        opened: of them put into the queue anew.
        joined: of them joined without asking.
        refused: of them sure enough to be joined, but something spoke against it: they are asked about.
        expired: decisions that expired.
        superseded: candidates given up: one person by other means, or not found any more.
        marks: up to where it saw changes.
        error: why it failed.
        requested_by: who asked for it.
        requested_at: when.
        started_at: when it began.
        done_at: when it ended.
    """

    id: int
    key: str
    scope: str
    state: str
    stage: str
    retrain: bool
    document_version: int
    model: int | None
    parts: int
    parts_done: int
    people: int
    pairs: int
    opened: int
    joined: int
    refused: int
    expired: int
    superseded: int
    marks: Mapping[str, int]
    error: str
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    done_at: datetime | None


def queue_run(conn: Connection, values: Mapping[str, object]) -> Run:
    """Write down a run to be done.

    Raises:
        Error: conflict, when one of the same document is under way.
    """
    r = matching_runs.c
    fresh = pg.insert(matching_runs).values(marks={}, **values).on_conflict_do_nothing().returning(*r)
    row = conn.execute(fresh).mappings().one_or_none()  # of two at the same moment an index lets one through
    if row is None:
        busy = conn.scalar(sa.select(r.id).where(r.key == values["key"], r.state.in_(UNDER_WAY)))
        raise conflict("run_under_way", f"run {busy} of this document is under way", hint="wait until it is done")
    return Run(**row)


def get_run(conn: Connection, run: int, key: str = "") -> Run:
    """A run; raises missing."""
    row = conn.execute(sa.select(matching_runs).where(matching_runs.c.id == run)).mappings().one_or_none()
    if row is None or key not in {"", row["key"]}:
        raise missing("unknown_run", "there is no such run", field="run", got=run)
    return Run(**row)


def list_runs(conn: Connection, key: str = "", *, limit: int = 20, state: str = "") -> tuple[Run, ...]:
    """Runs, newest first."""
    r = matching_runs.c
    wanted = sa.select(matching_runs).order_by(r.id.desc()).limit(limit)
    if key:
        wanted = wanted.where(r.key == key)
    if state:
        wanted = wanted.where(r.state == state)
    return tuple(Run(**row) for row in conn.execute(wanted).mappings())


def open_runs(conn: Connection) -> tuple[Run, ...]:
    """Runs that wait or are at work, oldest first."""
    r = matching_runs.c
    rows = conn.execute(sa.select(matching_runs).where(r.state.in_(UNDER_WAY)).order_by(r.id)).mappings()
    return tuple(Run(**row) for row in rows)


def last_runs(conn: Connection, key: str) -> tuple[Run, ...]:
    """The newest run of a document, the newest that is done, and the newest of everybody; newest first, each once."""
    r = matching_runs.c
    done = sa.and_(r.state == "done", r.key == key)
    newest = [
        sa.select(sa.func.max(r.id)).where(*tests).scalar_subquery()
        for tests in ([r.key == key], [done], [done, r.scope == "all"])
    ]
    rows = conn.execute(sa.select(matching_runs).where(r.id.in_(newest)).order_by(r.id.desc())).mappings()
    return tuple(Run(**row) for row in rows)


def update_run(conn: Connection, run: int, *, add: Mapping[str, int] | None = None, **values: object) -> None:
    """Write how far a run is: values as they are, and counters to be added to."""
    r = matching_runs.c
    grown = {name: r[name] + count for name, count in (add or {}).items()}
    conn.execute(sa.update(matching_runs).where(r.id == run).values({**values, **grown}))


def put_model(conn: Connection, rules: MatchingRules, model: Model, *, now: datetime) -> int:
    """Keep a trained model; its number is its version."""
    values = {"key": rules.key, "document_version": rules.version, "model": model_to_json(model),
              "people": model.people, "trained_at": now}  # fmt: skip
    return int(conn.execute(sa.insert(matching_models).values(values).returning(matching_models.c.id)).scalar_one())


def newest_model(conn: Connection, rules: MatchingRules) -> tuple[int, Model] | None:
    """The newest model of this very version of the document."""
    m = matching_models.c
    wanted = (
        sa.select(m.id, m.model)
        .where(m.key == rules.key, m.document_version == rules.version)
        .order_by(m.id.desc())
        .limit(1)
    )
    row = conn.execute(wanted).one_or_none()
    return (int(row.id), model_from_json(row.model)) if row else None


def get_model(conn: Connection, number: int) -> tuple[datetime, Model]:
    """A model by number, and when it was trained; raises missing."""
    m = matching_models.c
    row = conn.execute(sa.select(m.trained_at, m.model).where(m.id == number)).one_or_none()
    if row is None:
        raise missing("unknown_model", "there is no such model", field="model", got=number)
    return row.trained_at, model_from_json(row.model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """What scored pairs are kept with."""

    rules: MatchingRules
    model: Model
    number: int
    run: int
    valuable: NDArray[np.int64]
    now: datetime


def take_in(conn: Connection, scored: pa.Table, how: Scoring) -> int:
    """Keep scored pairs: new ones as candidates, known ones with their new score. Returns how many are new."""
    if not scored.num_rows:
        return 0
    rules = how.rules
    a, b = scored["a"].to_numpy(), scored["b"].to_numpy()
    precious = (np.isin(a, how.valuable) | np.isin(b, how.valuable)).tolist()
    sample = checked(a, b, rules.desk.check_percent).tolist()
    rows = (
        (
            one.a, one.b, one.score, one.bits, evidence_json(one.evidence),
            [e.field for e in one.evidence if e.agrees], [e.field for e in one.evidence if e.agrees is False],
            precious[k], sample[k],
        )
        for k, one in enumerate(pairs_of(rules, how.model, scored))
    )  # fmt: skip
    sql.STAGE.create(conn)
    copy_rows(conn, sql.STAGE, sql.STAGED, rows)
    stamp = {"by_model": how.number, "by_document": rules.version, "by_run": how.run, "at": how.now}
    conn.execute(sql.RESCORE, stamp)
    fresh = conn.execute(
        sql.INSERT, stamp | {"doc": rules.key, "at_node": rules.node}, execution_options={"preserve_rowcount": True}
    ).rowcount
    sql.STAGE.drop(conn)
    return fresh


def follow(conn: Connection, now: datetime) -> int:
    """Bring the people of candidates up to date after merges; those who are one by other means are not asked about."""
    conn.execute(sql.FOLLOW)
    return conn.execute(sql.SUPERSEDE_ONE, {"at": now}).rowcount


def decided(conn: Connection, key: str, keys: Sequence[str]) -> pa.Table:
    """What was decided, as columns: id, root_a, root_b, and the values of some fields then."""
    rows = conn.execute(sql.DECISIONS, {"doc": key}).all()
    values = [{one["field"]: one for one in row.evidence} for row in rows]
    columns: dict[str, pa.Array] = {
        "id": pa.array([row.id for row in rows], pa.int64()),
        "root_a": pa.array([row.root_a for row in rows], pa.int64()),
        "root_b": pa.array([row.root_b for row in rows], pa.int64()),
    }
    for name in keys:
        for side in ("a", "b"):
            said = [one.get(name, {}).get(side) for one in values]
            columns[f"{name}_{side}"] = pa.array(said, pa.string())
    return pa.table(columns)


def decide(conn: Connection, ids: Iterable[int], **values: object) -> None:
    """Write what became of candidates."""
    conn.execute(sa.update(match_candidates).where(match_candidates.c.id.in_(list(ids))).values(values))
