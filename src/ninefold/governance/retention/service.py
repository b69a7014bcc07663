"""The verbs of retention: keep the rules, hold people, carry rules out step by step.

A run is written down before anything is touched, with everything that decides what it takes. So a crash at any point
leaves a run that goes on, takes the same rows, and counts them once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import Clock, conflict, invalid, missing
from ninefold.store import Records, find_definition, put_definition

from .model import Aging, Bound, Hold, Rule, Run, RunState
from .rules import KIND, in_force, parse_retention
from .tables import legal_holds, retention_runs


class Retention:
    """Rules, legal holds and runs."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def save(self, conn: Connection, document: Mapping[str, Any], *, now: datetime, author: str = "") -> None:
        """Check a document of kind ``retention`` and keep it as the next version."""
        parse_retention(document)
        put_definition(conn, KIND, "default", document, now=now, author=author)

    def rules(self, conn: Connection) -> tuple[tuple[Rule, ...], int]:
        """The rules in force, and the version of the document; 0 without one."""
        found = find_definition(conn, KIND, "default")
        return in_force(parse_retention(found.document) if found else ()), found.version if found else 0

    def hold(
        self, conn: Connection, oneid: int, person: str, *, reason: str, until: datetime | None, author: str
    ) -> Hold:
        """Keep a person's data, whatever rules and requests say.

        Raises:
            Error: invalid, without a reason or with an end that is over.
        """
        now = self._clock.now()
        if not reason.strip():
            raise invalid("bad_hold", "a hold needs a reason", field="reason", got=reason)
        if until is not None and until <= now:
            raise invalid("bad_hold", "the hold would be over", field="until", got=until.isoformat(), allowed="later")
        values = {"oneid": oneid, "person": person, "reason": reason, "until": until, "author": author, "since": now}
        return _hold(conn.execute(sa.insert(legal_holds).values(values).returning(legal_holds)).one())

    def release(self, conn: Connection, number: int) -> Hold:
        """End a hold; raises missing when there is none by this number."""
        h = legal_holds.c
        ended = sa.update(legal_holds).where(h.id == number, h.ended_at.is_(None)).values(ended_at=self._clock.now())
        row = conn.execute(ended.returning(legal_holds)).one_or_none()
        if row is None:
            raise missing("unknown_hold", "there is no such hold", field="id", got=number, hint="see the list of holds")
        return _hold(row)

    def holds(self, conn: Connection) -> tuple[Hold, ...]:
        """Holds in force, newest first."""
        rows = conn.execute(sa.select(legal_holds).where(*self._in_force()).order_by(legal_holds.c.id.desc()))
        return tuple(_hold(row) for row in rows)

    def held(self, conn: Connection) -> tuple[int, ...]:
        """Accounts that are held now."""
        return tuple(conn.scalars(sa.select(legal_holds.c.oneid).where(*self._in_force()).distinct()))

    def refuse_held(self, conn: Connection, accounts: Sequence[int]) -> None:
        """Raise conflict ``legal_hold`` when one of some accounts is held."""
        h = legal_holds.c
        wanted = sa.literal(list(accounts), pg.ARRAY(sa.Integer))
        row = conn.execute(sa.select(h.person, h.reason).where(*self._in_force(), h.oneid == sa.any_(wanted))).first()
        if row is not None:
            hint = "end the hold first, or suppress the person"
            raise conflict("legal_hold", f"{row.person} is under a legal hold: {row.reason}", hint=hint)

    def runs(self, conn: Connection, *, limit: int = 100) -> tuple[Run, ...]:
        """What was carried out, newest first."""
        wanted = sa.select(retention_runs).order_by(retention_runs.c.id.desc()).limit(limit)
        return tuple(_run(row) for row in conn.execute(wanted))

    def begin(self, conn: Connection, rule: Rule, bound: Bound, *, version: int, rows: int) -> int:
        """Write down what is about to be done; returns the number of the run."""
        values = {
            "rule": asdict(rule), "version": version, "before": bound.before, "upto_batch": bound.upto_batch,
            "sources": None if bound.sources is None else list(bound.sources), "held": list(bound.held), "rows": rows,
            "state": RunState.OPEN.value, "started_at": self._clock.now(),
        }  # fmt: skip
        made = conn.scalar(sa.insert(retention_runs).values(values).returning(retention_runs.c.id))
        return int(made or 0)

    def unfinished(self, conn: Connection) -> tuple[int, ...]:
        """Numbers of runs that a crash left, the oldest first."""
        r = retention_runs.c
        return tuple(conn.scalars(sa.select(r.id).where(r.state != RunState.DONE.value).order_by(r.id)))

    def target(self, conn: Connection, number: int) -> str:
        """What the rule of a run is about."""
        held = conn.scalar(sa.select(retention_runs.c.rule).where(retention_runs.c.id == number))
        return _rule(held or {}).target

    def carry_out(self, number: int, aging: Aging) -> Run:
        """Do a run from wherever it stands to its end; may be called again after a crash."""
        with self._records.begin() as conn:
            row = conn.execute(sa.select(retention_runs).where(retention_runs.c.id == number)).one()
        rule, state = _rule(row.rule), RunState(row.state)
        sources = None if row.sources is None else tuple(row.sources)
        bound = Bound(run=number, before=row.before, upto_batch=row.upto_batch, sources=sources, held=tuple(row.held))
        if state is RunState.OPEN:
            if rule.then == "anonymise":
                aging.summarise(rule, bound)
            self._move(number, {"state": RunState.SUMMED.value})
        if state is not RunState.DONE:
            aging.delete(rule, bound)
            self._move(number, {"state": RunState.DONE.value, "done_at": self._clock.now()})
        with self._records.begin() as conn:
            return _run(conn.execute(sa.select(retention_runs).where(retention_runs.c.id == number)).one())

    def _move(self, number: int, values: Mapping[str, object]) -> None:
        with self._records.begin() as conn:
            conn.execute(sa.update(retention_runs).where(retention_runs.c.id == number).values(values))

    def _in_force(self) -> tuple[sa.ColumnElement[bool], ...]:
        h = legal_holds.c
        return h.ended_at.is_(None), sa.or_(h.until.is_(None), h.until > self._clock.now())


def _rule(held: Mapping[str, Any]) -> Rule:
    return Rule(**{**held, **{name: tuple(held[name]) for name in ("names", "sources", "nodes")}})


def _run(row: sa.Row[Any]) -> Run:
    rule = _rule(row.rule)
    return Run(
        id=row.id, rule=rule.key, then=rule.then, keep_days=rule.keep_days, version=row.version, before=row.before,
        rows=row.rows, held_people=len(row.held), state=RunState(row.state), started_at=row.started_at,
        done_at=row.done_at,
    )  # fmt: skip


def _hold(row: sa.Row[Any]) -> Hold:
    return Hold(
        id=row.id, person=row.person, reason=row.reason, until=row.until, author=row.author, since=row.since
    )  # fmt: skip
