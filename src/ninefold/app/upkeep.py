"""What runs without anybody asking: durable jobs, and schedules that refresh, run what is due, forget what is old."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from ninefold.base import Error
from ninefold.collect import imports, waits
from ninefold.governance import audit
from ninefold.jobs import Job, Schedule
from ninefold.profiles import sheets
from ninefold.segments import Keep, trim_versions
from ninefold.store import changes

from .privacy.anchors import cast
from .services import Services

_log = structlog.get_logger("ninefold.app")
_KEEP_LINES = timedelta(days=90)  # an order that changes later than this is not told again


class Upkeep:
    """The jobs and schedules of a process."""

    def __init__(self, services: Services, submit: Callable[[str, str], None]) -> None:
        """Args: the services; who takes a durable job, by its name and key."""
        self._services = services
        self._pace = sheets.Pace()
        self._submit = submit

    def jobs(self) -> tuple[Job, ...]:
        """Work that is handed in by name and finished whatever happens in between."""
        return (
            Job(name="import", advance=self._import),
            Job(name="campaign-run", advance=self._run_campaign),
            Job(name="privacy", advance=self._services.privacy.advance),
            Job(name="matching", advance=self._services.matching.advance),
            Job(name="rules", advance=self._services.rule_changes.advance),
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Work that comes with the time of day (UTC)."""
        return (
            Schedule(name="campaigns", cron="* * * * *", run=lambda _: self._run_due()),
            Schedule(name="tags", cron="* * * * *", run=lambda _: self._end_tags()),
            Schedule(name="merges", cron="* * * * *", run=lambda _: self._merge_due()),
            Schedule(name="matching", cron="*/5 * * * *", run=self._match_due),
            Schedule(name="rules", cron="* * * * *", run=lambda _: self._change_rules()),
            Schedule(name="privacy", cron="*/5 * * * *", run=lambda _: self._services.privacy.carry_on()),
            Schedule(name="deletions", cron="* * * * *", run=lambda _: self._tell_deletions()),
            Schedule(name="anchors", cron="5 * * * *", run=lambda _: self._cast_anchor()),
            Schedule(name="roles", cron="*/5 * * * *", run=lambda _: self._end_roles()),
            Schedule(name="numbers", cron="*/5 * * * *", run=lambda _: self._number_members()),
            Schedule(name="refresh", cron="*/15 * * * *", run=lambda _: self._refresh()),
            Schedule(name="prune", cron="17 3 * * *", run=self._prune),
        )

    def rebuild_sheets(self) -> int:
        """Rebuild sheets of profiles, as much as is right beside the pipeline: events being queryable goes first.

        Returns:
            The accounts done, where more may follow at once; 0 after a small step, for a pause belongs to it.
        """
        services = self._services
        with services.records.begin() as conn:
            busy = waits(conn)
        most = self._pace.most(busy=busy, at=time.monotonic())
        if most == 0:
            services.sheets.fold_notes()
            return 0
        done = services.sheets.step(most=most)
        return done if most == sheets.ACCOUNTS_AT_ONCE else 0

    def _import(self, key: str) -> bool:
        try:
            run = self._services.imports.run(int(key))
        except Error as error:
            if error.retryable:
                raise
            _log.warning("import failed", run=key, error=str(error))  # the run says so too; trying again is no help
        else:
            self._drop_sent_file(run)
        return False

    def _drop_sent_file(self, run: imports.ImportRun) -> None:
        """A file that was sent to us is not needed once it is in the inbox; a file of somebody else's is not ours."""
        path = Path(run.path)
        if run.state is imports.RunState.DONE and path.parent == self._services.imports_folder:
            path.unlink(missing_ok=True)

    def _run_campaign(self, job: str) -> bool:
        key, occurrence = json.loads(job)
        self._services.campaigns.run(key, occurrence, now=self._services.clock.now())
        return False

    def _run_due(self) -> None:
        for run in self._services.campaigns.run_due(now=self._services.clock.now()):
            _log.info(
                "campaign occasion",
                campaign=run.campaign,
                occurrence=run.occurrence,
                missed=run.missed,
                treated=run.enrolment.treated,
                control=run.enrolment.control,
                problem=run.problem,
            )

    def _end_tags(self) -> None:
        if ended := self._services.manual_tags.end():
            _log.info("tags ended", tags=ended)

    def _change_rules(self) -> None:
        """Changes of the identity rules that no job works on: asked for where none ran, or whose job gave up."""
        for change in self._services.rule_changes.due():
            try:
                while self._services.rule_changes.advance(change.job):
                    pass
            except Error as error:
                _log.info("change of the identity rules waits", change=change.id, why=str(error))

    def _merge_due(self) -> None:
        for one in self._services.merging.carry_out(now=self._services.clock.now()):
            _log.info("merge that waited", merge=one.id, state=one.state.value, note=one.note)

    def _match_due(self, due: datetime) -> None:
        """Runs whose time has come, and those that nobody is at any more; a lock lets one process at each."""
        matching = self._services.matching
        matching.start_due()
        for run in matching.left_over():
            self._submit("matching", f"{run.id}/{due:%Y%m%dT%H%M}")

    def _tell_deletions(self) -> None:
        if sent := self._services.deletions.send():
            _log.info("deletion notices sent", notices=sent)

    def _cast_anchor(self) -> None:
        cast(self._services.anchors, self._services.settings.audit_anchors_url)

    def _end_roles(self) -> None:
        services = self._services
        with services.records.begin() as conn:
            ended = services.relations.expire(conn, now=services.clock.now())
            services.audit.append(
                conn,
                [
                    audit.AuditEntry(actor="schedule", verb="role ended", target=person, origin="job",
                                     detail={"role": role})
                    for person, role in ended
                ],
            )  # fmt: skip

    def _number_members(self) -> None:
        """Numbers for whoever joined a node that gives everybody one; in steps, so that the pipeline has its turns."""
        services = self._services
        with services.records.begin() as conn:
            nodes = [one.node for one in services.numbers.patterns(conn).values() if one.when == "joining"]
        for node in nodes:
            try:
                while self._number_some(node):
                    pass
            except Error as error:  # one node whose numbers ran out does not keep the others from theirs
                _log.warning("members not numbered", node=node, error=str(error))

    def _number_some(self, node: str) -> bool:
        services = self._services
        with services.records.begin() as conn:
            done = services.numbers.issue(conn, node, now=services.clock.now(), author="schedule")
        return done.waiting > 0

    def _refresh(self) -> None:
        services, now = self._services, self._services.clock.now
        for tag in services.tags.in_order():
            try:
                services.tags.refresh(tag.key, now=now())
            except Error as error:  # one tag that cannot be built does not keep the others from it
                _log.warning("tag not refreshed", tag=tag.key, error=str(error))
        services.segments.refresh(now=now())
        with services.records.begin() as conn:
            services.relations.refresh(conn, now=now())

    def _prune(self, due: datetime) -> None:
        services = self._services
        with services.records.begin() as conn:
            services.call_answers.prune(conn, now=due)
            imports.forget_lines(conn, due - _KEEP_LINES)
            since = due - timedelta(days=services.settings.keep_changes_days)
            changes.prune(conn, older_than=since)
            services.webhooks.prune(conn, older_than=since)
        services.webhooks.reseal()
        services.factors.reseal(services.records)
        services.sessions.prune()
        services.retention.run(now=due)
        keep = Keep(
            all_days=services.settings.keep_versions_days, daily_days=services.settings.keep_daily_versions_days
        )
        trim_versions(services.events, keep, now=due, zone=services.settings.zone)
