"""Retention over all packages: what is due, carried out by schedule, with receipts in the audit log."""

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from ninefold.base import Clock, conflict
from ninefold.collect import aging as records_aging
from ninefold.collect import newest_batch
from ninefold.governance import audit, org, retention
from ninefold.identity import erasing
from ninefold.profiles import aging as events_aging
from ninefold.store import Records


class RetentionDesk:
    """Carries the rules out."""

    def __init__(
        self,
        records: Records,
        clock: Clock,
        tree: org.Org,
        aging: tuple[events_aging.EventAging, records_aging.RecordsAging],
        book: audit.AuditLog,
    ) -> None:
        """Args: the records store and the clock; the org tree; what ages in either store; the audit log."""
        self._records = records
        self._clock = clock
        self._tree = tree
        self._aging: dict[str, retention.Aging] = {"events": aging[0], "traits": aging[0], "records": aging[1]}
        self._past = aging[0].past
        self._book = book
        self.book = retention.Retention(records, clock)

    def due(self, *, now: datetime | None = None) -> tuple[retention.Due, ...]:
        """What would go now, rule by rule; nothing is touched."""
        with self._records.begin() as conn:
            rules, _ = self.book.rules(conn)
            bounds = [(rule, self._bound(conn, rule, now or self._clock.now())) for rule in rules]
        return tuple(
            retention.Due(
                rule=rule, before=bound.before, rows=self._aging[rule.target].due(rule, bound),
                held_people=len(bound.held),
            )
            for rule, bound in bounds
        )  # fmt: skip

    def run(self, *, now: datetime | None = None, author: str = "retention") -> tuple[retention.Run, ...]:
        """Carry out what a crash left, then every rule that has something to take.

        Raises:
            Error: conflict (retryable) when another process is at it.
        """
        with self._records.hold("retention") as held:
            if not held:
                raise conflict("retention_running", "rules are being carried out already", retryable=True)
            with self._records.begin() as conn:
                left = self.book.unfinished(conn)
                rules, version = self.book.rules(conn)
                targets = {number: self.book.target(conn, number) for number in left}
            done = [self._carried(number, targets[number], author) for number in left]
            for rule in rules:
                with self._records.begin() as conn:
                    bound = self._bound(conn, rule, now or self._clock.now())
                if rows := self._aging[rule.target].due(rule, bound):
                    with self._records.begin() as conn:
                        number = self.book.begin(conn, rule, bound, version=version, rows=rows)
                    done.append(self._carried(number, rule.target, author))
        return tuple(done)

    def past(self, *, limit: int = 1_000) -> list[dict[str, object]]:
        """Totals of anonymised events per day, name, source, channel and currency, newest first."""
        return self._past(limit=limit)

    def _carried(self, number: int, target: str, author: str) -> retention.Run:
        run = self.book.carry_out(number, self._aging[target])
        self._book.record(
            audit.AuditEntry(
                actor=author, verb="retention carried out", target=f"retention/{run.rule}", origin="job",
                detail={"run": run.id, "rows": run.rows, "then": run.then, "before": run.before.isoformat(),
                        "held": run.held_people, "version": run.version},
            )
        )  # fmt: skip
        return run

    def _bound(self, conn: Connection, rule: retention.Rule, now: datetime) -> retention.Bound:
        held = erasing.subjects_of(conn, self.book.held(conn))
        sources: tuple[str, ...] | None = rule.sources or None
        if rule.nodes:
            codes = {code for node in rule.nodes for code in self._tree.codes(conn, node)}
            below = {source for source, node in self._tree.sources(conn).items() if node.code in codes}
            sources = tuple(sorted(below.intersection(rule.sources) if rule.sources else below))
        return retention.Bound(
            before=now - timedelta(days=rule.keep_days),
            upto_batch=newest_batch(conn),
            sources=sources,
            held=tuple(sorted(number for one in held.values() for number in one.accounts)),
        )
