"""Runs of matching: train, score everybody or those who are new, join what is sure, put the rest before people.

A run is a row; its parts are committed one by one, so a run that was cut off goes on where it was. Doing a part again
changes nothing. Whoever carries a run out holds its name, so no second process is at it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from math import ceil
from typing import Any

import structlog
from sqlalchemy.engine import Connection

from ninefold.base import Clock, Error
from ninefold.governance import audit
from ninefold.identity import joining, publish
from ninefold.predicate import survivorship
from ninefold.store import Events, Records, get_definition, list_definitions, put_definition

from . import candidates
from .candidates import Run, Scoring
from .document import parse_matching
from .engine import Engine, Means
from .expiring import expire
from .model import KIND, MatchingRules, Model
from .people import Marks, People
from .queries import candidates as sql
from .timetable import Scope, due

_log = structlog.get_logger("ninefold.matching")
AUTHOR = "matching"
SCHEDULE = "schedule"
_JOINED_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a matching document stands.

    Attributes:
        key: the document.
        version: its version.
        states: candidates by state.
        checks: automatic merges that wait for a look.
        runs: the last runs, newest first.
        model: number of the model in use, None before the first run.
        trained_at: when it was trained.
        trained: the model itself.
    """

    key: str
    version: int
    states: Mapping[str, int]
    checks: int
    runs: tuple[Run, ...]
    model: int | None
    trained_at: datetime | None
    trained: Model | None


class Matching:
    """Finds people who may be one."""

    def __init__(
        self,
        records: Records,
        events: Events,
        clock: Clock,
        people: People,
        links: joining.Joining,
        *,
        means: Means,
    ) -> None:
        """Args: the stores; who reads people; who joins them; what the engine may use."""
        self._records = records
        self._events = events
        self._clock = clock
        self._people = people
        self._links = links
        self._means = means
        self.book = audit.AuditLog(records, clock)

    @staticmethod
    def save(conn: Connection, document: Mapping[str, Any], *, now: datetime, author: str = "") -> None:
        """Check a document of kind `matching` and keep it as the next version; raises invalid, naming the field."""
        rules = parse_matching(document)
        put_definition(conn, KIND, rules.key, document, now=now, author=author)

    def rules(self, conn: Connection, key: str, version: int | None = None) -> MatchingRules:
        """A stored document; raises missing with the nearest key."""
        found = get_definition(conn, KIND, key, version)
        return parse_matching(found.document, version=found.version)

    def documents(self) -> tuple[str, ...]:
        """Keys of all matching documents."""
        with self._records.begin() as conn:
            return tuple(one.key for one in list_definitions(conn, KIND))

    def start(self, key: str, scope: Scope = "all", *, author: str, retrain: bool = False) -> Run:
        """Write down a run; whoever carries jobs out calls :meth:`advance` with its number.

        Raises:
            Error: missing (the document); conflict (a run of it is under way).
        """
        with self._records.begin() as conn:
            rules = self.rules(conn, key)
            values = {
                "key": key, "scope": scope, "state": "queued", "retrain": retrain,
                "document_version": rules.version, "requested_by": author, "requested_at": self._clock.now(),
            }  # fmt: skip
            run = candidates.queue_run(conn, values)
            self._note(conn, author, "matching run", key, run=run.id, scope=scope)
        return run

    def run(self, key: str, scope: Scope = "all", *, author: str = AUTHOR, retrain: bool = False) -> Run:
        """Start a run and carry it out here and now."""
        started = self.start(key, scope, author=author, retrain=retrain)
        self.advance(str(started.id))
        return self.get(started.id)

    def get(self, run: int, key: str = "") -> Run:
        """A run, of a document when one is named; raises missing."""
        with self._records.begin() as conn:
            return candidates.get_run(conn, run, key)

    def status(self, key: str) -> Status:
        """Where a document stands; raises missing."""
        with self._records.begin() as conn:
            rules = self.rules(conn, key)
            counts = conn.execute(sql.COUNTS, {"doc": key}).all()
            found = candidates.newest_model(conn, rules)
            trained_at = candidates.get_model(conn, found[0])[0] if found else None
            return Status(
                key=key,
                version=rules.version,
                states={row.state: row.n for row in counts},
                checks=sum(row.checks for row in counts if row.state == "auto"),
                runs=candidates.list_runs(conn, key, limit=10),
                model=found[0] if found else None,
                trained_at=trained_at,
                trained=found[1] if found else None,
            )

    def left_over(self) -> tuple[Run, ...]:
        """Runs that are under way and that nobody is at: their process died, or had no workers."""
        with self._records.begin() as conn:
            waiting = candidates.open_runs(conn)
        return tuple(run for run in waiting if self._free(run))

    def start_due(self) -> tuple[Run, ...]:
        """Start the runs that the schedules of documents ask for; carrying them out is the durable jobs' work."""
        started: list[Run] = []
        for key in self.documents():
            with self._records.begin() as conn:
                rules = self.rules(conn, key)
                runs = candidates.last_runs(conn, key)
                version = survivorship.load(conn).version
            wish = due(rules, runs, partial(self._changed, rules), policies=version, now=self._clock.now())
            if wish is not None:
                try:
                    started.append(self.start(key, wish.scope, author=SCHEDULE, retrain=wish.retrain))
                except Error as error:  # another process was faster
                    if error.code != "run_under_way":
                        raise
        return tuple(started)

    def advance(self, job: str) -> bool:
        """Carry a run out, from wherever it stands; for the durable jobs. False: nothing is left to do here.

        Args:
            job: number of the run; behind a slash may stand which attempt this is.
        """
        run_id = int(job.partition("/")[0])
        with self._records.hold(_lock(run_id)) as held:
            return held and self._advance(run_id)

    def _free(self, run: Run) -> bool:
        with self._records.hold(_lock(run.id)) as held:
            return held

    def _changed(self, rules: MatchingRules, since: Run) -> int:
        return len(self._people.changed(rules, Marks(**since.marks), overlap_ms=0))

    def _advance(self, run_id: int) -> bool:
        run = self.get(run_id)
        if run.state in {"done", "failed"}:
            return False
        try:
            self._carry_out(run)
        except Error as error:
            if error.retryable and error.code != "matching_not_installed":
                raise
            _log.warning("matching run failed", run=run.id, error=str(error))
            self._fail(run, str(error))
        except Exception as error:  # noqa: BLE001 - an engine out of memory would be so again; somebody has to look
            _log.exception("matching run failed", run=run.id)
            self._fail(run, f"{type(error).__name__}; the log says more")  # its text may hold somebody's values
        return False

    def _fail(self, run: Run, why: str) -> None:
        with self._records.begin() as conn:
            candidates.update_run(conn, run.id, state="failed", error=why, done_at=self._clock.now())

    def _carry_out(self, run: Run) -> None:
        with self._records.begin() as conn:
            rules = self.rules(conn, run.key, run.document_version)
            former = candidates.list_runs(conn, run.key, limit=1, state="done")
        seen = Marks(**former[0].marks) if former and former[0].marks else None
        marks = Marks(**run.marks) if run.marks else self._people.marks(self._clock.now())
        with self._records.begin() as conn:
            given_up = candidates.follow(conn, self._clock.now())
            candidates.update_run(conn, run.id, add={"superseded": given_up}, state="running", stage="reading",
                                  started_at=run.started_at or self._clock.now(), marks=asdict(marks))  # fmt: skip
        with Engine(rules, self._means) as engine:
            engine.load(self._people.read(rules, self._clock.now()))
            run = self._expired(run, rules, engine)
            how = self._scoring(run, rules, engine)
            if run.scope == "new" and seen is not None and seen.policies == marks.policies:
                self._score_new(run, engine, how, seen)
            else:
                self._score_all(run, engine, how)
        self._stage(run, "joining")
        self._join_sure(run, rules)
        with self._records.begin() as conn:
            lost = 0
            if run.scope == "all":
                stamp = {"doc": run.key, "seen_by": run.id, "at": self._clock.now()}
                lost = conn.execute(sql.SUPERSEDE_UNSEEN, stamp).rowcount
            lost += candidates.follow(conn, self._clock.now())
            candidates.update_run(conn, run.id, add={"superseded": lost}, state="done", stage="",
                                  done_at=self._clock.now())  # fmt: skip

    def _stage(self, run: Run, stage: str) -> None:
        with self._records.begin() as conn:
            candidates.update_run(conn, run.id, stage=stage)

    def _expired(self, run: Run, rules: MatchingRules, engine: Engine) -> Run:
        """Decisions whose key fields changed, before anything is scored, so that the new scores reach them."""
        present = [key for key in rules.expiry.fields if any(one.key == key for one in rules.fields)]
        if present:
            said = joining.Said(author=AUTHOR, reason="a key field changed", now=self._clock.now())
            with self._records.begin() as conn:
                changed = engine.changed(candidates.decided(conn, run.key, present), present)
                count = expire(conn, self._links, rules, changed, said)
                candidates.update_run(conn, run.id, add={"expired": count})
                if count:
                    self._note(conn, AUTHOR, "decisions expired", run.key, run=run.id, decisions=count)
            publish(self._records, self._events)
        return self.get(run.id)

    def _scoring(self, run: Run, rules: MatchingRules, engine: Engine) -> Scoring:
        """The model of this run: its own after a restart, else the newest, else one that is learnt now.

        A model that knows fewer than half of the people knows too little of how common a value is.
        """
        with self._records.begin() as conn:
            found = None if run.retrain else candidates.newest_model(conn, rules)
            if found is not None and engine.people > 2 * found[1].people:
                found = None
            if run.model is not None:
                found = run.model, candidates.get_model(conn, run.model)[1]
        if found is None:
            self._stage(run, "learning")
            model = engine.train()
            with self._records.begin() as conn:
                found = candidates.put_model(conn, rules, model, now=self._clock.now()), model
        with self._records.begin() as conn:
            candidates.update_run(conn, run.id, model=found[0], people=engine.people, stage="scoring")
        now = self._clock.now()
        return Scoring(
            rules=rules,
            model=found[1],
            number=found[0],
            run=run.id,
            valuable=self._people.valuable(rules, now),
            now=now,
        )

    def _score_all(self, run: Run, engine: Engine, how: Scoring) -> None:
        parts = run.parts or max(1, ceil(engine.people / self._means.part_people))
        with self._records.begin() as conn:
            candidates.update_run(conn, run.id, parts=parts)
        for number in range(run.parts_done, parts):
            scored = engine.part(how.model, number, parts)
            with self._records.begin() as conn:
                fresh = candidates.take_in(conn, scored, how)
                add = {"pairs": scored.num_rows, "opened": fresh, "parts_done": 1}
                candidates.update_run(conn, run.id, add=add)

    def _score_new(self, run: Run, engine: Engine, how: Scoring, seen: Marks) -> None:
        if run.parts_done:
            return
        scored = engine.fresh(how.model, self._people.changed(how.rules, seen))
        with self._records.begin() as conn:
            fresh = candidates.take_in(conn, scored, how)
            add = {"pairs": scored.num_rows, "opened": fresh, "parts_done": 1}
            candidates.update_run(conn, run.id, add=add, parts=1)

    def _join_sure(self, run: Run, rules: MatchingRules) -> None:
        """Join what is sure enough, under identity's own rules; what is refused stays in the queue and says why."""
        while True:
            now = self._clock.now()
            said = joining.Said(author=AUTHOR, reason=f"matching {rules.key}, run {run.id}", now=now)
            with self._records.begin() as conn:
                asked = {"doc": rules.key, "auto": rules.thresholds.auto, "most": _JOINED_AT_ONCE}
                rows = conn.execute(sql.NEXT_AUTO, asked).all()
                if not rows:
                    return
                self._join_some(conn, rows, said, run, rules)
            publish(self._records, self._events)

    def _join_some(
        self, conn: Connection, rows: Sequence[Any], said: joining.Said, run: Run, rules: MatchingRules
    ) -> None:
        precious = [row.id for row in rows if row.valuable]
        candidates.decide(conn, precious, refusal="valuable: two people have to decide", updated_at=said.now)
        free = [row for row in rows if not row.valuable]
        pairs = [(row.a, row.b) for row in free]
        done = self._links.join(conn, pairs, said, by_rules=True, weighed=rules.weighed)
        entries, joined = [], 0
        names = joining.Joining.public_ids(conn, [row.a for row in free])
        for row, one in zip(free, done, strict=True):
            if one.already:
                candidates.decide(conn, [row.id], state="superseded", updated_at=said.now)
            elif one.link is None:
                candidates.decide(conn, [row.id], refusal=one.refusal, updated_at=said.now)
            else:
                joined += 1
                candidates.decide(conn, [row.id], state="auto", link=[list(side) for side in one.link],
                                  decided_by=said.author, decided_at=said.now, updated_at=said.now,
                                  reason=said.reason)  # fmt: skip
                detail = {"candidate": row.id, "score": round(row.score, 6), "model": row.model, "run": run.id}
                entries.append(audit.AuditEntry(actor=said.author, verb="people joined", target=names.get(row.a, ""),
                                                origin="job", detail=detail))  # fmt: skip
        refused = sum(one.link is None and not one.already for one in done) + len(precious)
        candidates.update_run(conn, run.id, add={"joined": joined, "refused": refused})
        self.book.append(conn, entries)

    def _note(self, conn: Connection, actor: str, verb: str, target: str, **detail: object) -> None:
        entry = audit.AuditEntry(actor=actor, verb=verb, target=f"{KIND}/{target}", origin="job", detail=detail)
        self.book.append(conn, [entry])


def _lock(run: int) -> str:
    return f"matching/{run}"
