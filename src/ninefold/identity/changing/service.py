"""Changes of the identity rules as durable work: simulated without touching anybody, then applied whole or discarded.

A simulation only reads. Applying is one transaction that stores the rules, replays the ledger and settles the change: a
crash at any moment leaves the old rules with the old people, and the change to be applied again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from ninefold.base import Clock, Error, conflict, unavailable
from ninefold.identity import ledger
from ninefold.identity.changes import Rebuilt
from ninefold.identity.desk.service import IdentityDesk
from ninefold.identity.rules.document import KIND, parse_rules
from ninefold.store import Records, content_hash, find_definition, put_definition

from . import queries as sql
from . import reading, rules
from .model import ChangedKind, ChangedPeople, Cluster, Impact, Report, RuleChange, RuleState
from .progress import Telling
from .tables import identity_rule_changes

STALE_MAX = 0.05
"""Statements per identifier that a report may not know, beyond which the change is simulated again."""

_log = structlog.get_logger("ninefold.identity")
_UNDER_WAY = (RuleState.QUEUED, RuleState.SIMULATING, RuleState.APPLYING)
_OPEN = (RuleState.QUEUED, RuleState.SIMULATING, RuleState.READY, RuleState.FAILED)


class RuleChanges:
    """Drafts, simulates, applies and discards changes of the rules, and remembers them."""

    def __init__(self, records: Records, clock: Clock, desk: IdentityDesk, impact: Impact) -> None:
        """Args: the store; the clock; who replays the ledger; who knows what changes with people."""
        self._records = records
        self._clock = clock
        self._desk = desk
        self._impact = impact

    def draft(
        self, document: Mapping[str, Any], *, author: str, reason: str = "", undoes: int | None = None
    ) -> RuleChange:
        """Write down a change that is to be simulated; whoever carries jobs out calls :meth:`advance` with its job.

        Raises:
            Error: invalid, naming the field of the document.
        """
        with self._records.begin() as conn:
            return self._drafted(conn, document, author=author, reason=reason, undoes=undoes)

    def save(self, conn: Connection, document: Mapping[str, Any], *, now: datetime, author: str = "") -> int | None:
        """Bring in rules among other documents: in force at once while nobody is known, else as a change by itself.

        Returns:
            Number of the change that is simulated and then applied by itself; None when the rules are in force.

        Raises:
            Error: invalid, naming the field of the document.
        """
        parse_rules(document)
        present = find_definition(conn, KIND, "default")
        same = present is not None and present.content_hash == content_hash(document)
        if same or not conn.scalar(sql.KNOWN):
            ledger.lock(conn)
            put_definition(conn, KIND, "default", document, now=now, author=author)
            return None
        waiting = conn.scalar(sql.WAITING, {"document": dict(document)})
        return waiting or self._drafted(conn, document, author=author, by_itself=True).id

    def get(self, number: int) -> RuleChange:
        """A change; raises missing."""
        with self._records.begin() as conn:
            return reading.find(conn, number)

    def list(self, *, before: int = 0, limit: int = 50) -> tuple[RuleChange, ...]:
        """All changes, the newest first; `before` the number of the last one of the page before."""
        with self._records.begin() as conn:
            return reading.newest(conn, before=before, limit=limit)

    def people(self, number: int, kind: ChangedKind, *, after: int = 0, limit: int = 50) -> tuple[ChangedPeople, ...]:
        """People whom a change concerns, the largest first; `after` the place of the last one of the page before."""
        with self._records.begin() as conn:
            reading.find(conn, number)
            return reading.people(conn, number, kind, after=after, limit=limit)

    def again(self, number: int) -> RuleChange:
        """Simulate a change anew, on the ledger as it is then; raises conflict when it is settled or under way."""
        return self._turn(number, RuleState.QUEUED, {RuleState.READY, RuleState.FAILED})

    def apply(self, number: int, *, author: str, anyway: bool = False) -> RuleChange:
        """Have a simulated change applied: its rules are stored and the ledger is replayed, numbers kept.

        Args:
            number: the change.
            author: who decides it.
            anyway: also where much was learnt since its report.

        Raises:
            Error: missing; conflict, when it is not simulated, or its report is stale: other rules came into force
                since, or more than 5 statements per 100 identifiers.
        """
        with self._records.begin() as conn:
            change = reading.find(conn, number)
            if change.report is not None and not anyway:
                self._refuse_stale(conn, change, change.report)
        return self._turn(number, RuleState.APPLYING, {RuleState.READY}, settled_by=author)

    def discard(self, number: int, *, author: str, reason: str = "") -> RuleChange:
        """Give a change up; raises conflict when it is applied, being applied, or discarded already."""
        gone = {"settled_at": self._clock.now(), "settled_by": author, "note": reason}
        return self._turn(number, RuleState.DISCARDED, set(_OPEN), **gone)

    def undo(self, number: int, *, author: str, reason: str = "") -> RuleChange:
        """Draft the change that brings back the rules which a change replaced; it is simulated and applied likewise.

        Raises:
            Error: missing; conflict, when the change was not applied.
        """
        c = identity_rule_changes.c
        with self._records.begin() as conn:
            change = reading.find(conn, number)
            former = conn.scalar(sa.select(c.former).where(c.id == number))
        if change.state is not RuleState.APPLIED:
            raise conflict("rule_change_state", f"the change is {change.state.value}, so there is nothing to take back")
        return self.draft(former or {"kind": KIND}, author=author, reason=reason, undoes=number)

    def advance(self, job: str) -> bool:
        """Do what a change waits for, from wherever it stands; for the durable jobs. True: more is left to do."""
        number = int(job.partition("-")[0])
        with self._records.hold(f"rule-change/{number}") as held:
            if not held:
                raise unavailable("rule_change_busy", "another process works on this change at this moment")
            change = self.get(number)
            if change.state not in _UNDER_WAY:
                return False
            try:
                self._apply(change) if change.state is RuleState.APPLYING else self._simulate(change)
            except Error as error:
                if error.retryable:
                    raise
                _log.warning("change of the rules failed", change=number, error=str(error))
                with self._records.begin() as conn:
                    self._update(conn, number, {"state": RuleState.FAILED.value, "note": str(error)}, only=_UNDER_WAY)
        return self.get(number).state in _UNDER_WAY

    def due(self) -> tuple[RuleChange, ...]:
        """Changes for which something is to be done, the oldest first."""
        c = identity_rule_changes.c
        with self._records.begin() as conn:
            found = conn.scalars(sa.select(c.id).where(c.state.in_([one.value for one in _UNDER_WAY])).order_by(c.id))
            return tuple(reading.find(conn, number) for number in found.all())

    def _drafted(
        self, conn: Connection, document: Mapping[str, Any], *, author: str, reason: str = "",
        by_itself: bool = False, undoes: int | None = None,
    ) -> RuleChange:  # fmt: skip
        parse_rules(document)
        values = {"state": RuleState.QUEUED.value, "document": dict(document), "author": author, "reason": reason,
                  "requested_at": self._clock.now(), "by_itself": by_itself, "undoes": undoes}  # fmt: skip
        number = conn.scalar(sa.insert(identity_rule_changes).values(values).returning(identity_rule_changes.c.id))
        return reading.find(conn, int(number or 0))

    def _simulate(self, change: RuleChange) -> None:
        telling = self._begin(change, RuleState.SIMULATING)
        with self._records.begin() as conn:
            present = find_definition(conn, KIND, "default")
        tried, last = self._desk.try_rules(change.document, tell=telling)
        telling("comparing", 0, 1)
        parts = rules.parts_of(tried)
        telling("segments", 0, 1)
        asked, segments = self._impact.segments(
            parts, now=self._clock.now(), tell=lambda done, total: telling("segments", done, total)
        )
        listed, largest = rules.listed_of(tried), rules.largest_of(tried)
        with self._records.begin() as conn:
            names = reading.names(conn, [person for person, *_ in largest])
        report = Report(
            counts=rules.counts_of(tried),
            asked=rules.asked_of(tried),
            largest=tuple(Cluster(person=names.get(one, ""), before=was, after=size) for one, was, size in largest),
            segments=tuple(segments),
            segments_asked=asked,
            listed={kind.value: len(some) for kind, some in listed.items()},
            identifiers=len(tried.region.id),
            statements=last,
            rules_version=present.version if present else 0,
        )
        then = RuleState.APPLYING if change.by_itself else RuleState.READY
        with self._records.begin() as conn:
            reading.write_people(conn, change.id, listed.values())
            ready = {"state": then.value, "report": asdict(report), "simulated_at": self._clock.now(), "note": ""}
            self._update(conn, change.id, ready, only=(RuleState.SIMULATING,))  # not one that was discarded meanwhile

    def _apply(self, change: RuleChange) -> None:
        telling = self._begin(change, RuleState.APPLYING)
        with self._records.begin() as conn:
            present = find_definition(conn, KIND, "default")

        def settle(conn: Connection, done: Rebuilt) -> None:
            stored = find_definition(conn, KIND, "default")
            values = {
                "state": RuleState.APPLIED.value, "settled_at": self._clock.now(), "merged": done.merged,
                "split": done.split, "version": stored.version if stored else 0,
                "settled_by": change.settled_by or change.author, "note": "",
                "former": dict(present.document) if present else None,
            }  # fmt: skip
            self._update(conn, change.id, values, only=(RuleState.APPLYING,))

        author = change.settled_by or change.author
        self._desk.change_rules(change.document, author=author, now=self._clock.now(), tell=telling, settle=settle)

    def _begin(self, change: RuleChange, state: RuleState) -> Telling:
        now = self._clock.now()
        values = {"state": state.value, "stage": "", "done": 0, "total": 0, "began_at": now, "stage_at": now,
                  "told_at": now}  # fmt: skip
        with self._records.begin() as conn:
            self._update(conn, change.id, values, only=_UNDER_WAY)
        return Telling(self._records, self._clock, change.id)

    @staticmethod
    def _refuse_stale(conn: Connection, change: RuleChange, report: Report) -> None:
        present = find_definition(conn, KIND, "default")
        if (present.version if present else 0) != report.rules_version:
            raise conflict("report_stale", "other rules came into force since the simulation",
                           hint="simulate the change again")  # fmt: skip
        if change.statements_since > STALE_MAX * max(report.identifiers, 100):
            since = f"{change.statements_since:,} statements of the ledger are newer than the simulation"
            raise conflict("report_stale", f"{since} of {report.identifiers:,} identifiers",
                           hint="simulate the change again, or apply it anyway")  # fmt: skip

    def _turn(self, number: int, state: RuleState, allowed: set[RuleState], **values: object) -> RuleChange:
        """Let a change go on to a state, unless it is in none of those from which it may."""
        c = identity_rule_changes.c
        new = {"state": state.value, "round": c.round + 1, **values}
        with self._records.begin() as conn:
            wanted = sa.update(identity_rule_changes).where(c.id == number, c.state.in_([one.value for one in allowed]))
            done = conn.execute(wanted.values(new)).rowcount
            change = reading.find(conn, number)
        if not done:
            raise conflict("rule_change_state", f"the change is {change.state.value}",
                           hint=f"it would have to be {' or '.join(sorted(one.value for one in allowed))}")  # fmt: skip
        return change

    @staticmethod
    def _update(conn: Connection, number: int, values: Mapping[str, object], *, only: Sequence[RuleState]) -> None:
        c = identity_rule_changes.c
        there = sa.update(identity_rule_changes).where(c.id == number, c.state.in_([one.value for one in only]))
        conn.execute(there.values(dict(values)))
