"""The platform of one process: which services there are and what they are made of. Wiring, nothing else."""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold import identity
from ninefold.api import Save, health_of
from ninefold.base import Clock, Error, SystemClock, gauge, unavailable
from ninefold.channels import Channels, parse_channel
from ninefold.channels import erasing as channels_erasing
from ninefold.collect import (
    Collector,
    CollectSettings,
    Event,
    Limits,
    backlog,
    connectors,
    forget_messages,
    imports,
    plans,
    prune,
    receipts,
)
from ninefold.collect import erasing as collect_erasing
from ninefold.governance import Keys, privacy
from ninefold.governance import audit as auditing
from ninefold.governance import consent as consenting
from ninefold.governance import org as organisation
from ninefold.identity import erasing as identity_erasing
from ninefold.jobs import DurableJobs, Job, Pipeline, Processed, Schedule, Worker
from ninefold.journeys import Campaigns, CampaignSettings
from ninefold.journeys import erasing as journeys_erasing
from ninefold.profiles import Profiles, memberships, relations
from ninefold.profiles import erasing as profiles_erasing
from ninefold.segments import Keep, Segments, Tags, trim_versions
from ninefold.store import DataFolder, EmbeddedPostgres, Events, Records, embedded_url, put_definition

from .permits import Permits
from .privacy import PrivacyDesk, about
from .settings import Settings

_log = structlog.get_logger("ninefold.app")
_KEEP_INBOX = timedelta(days=3)  # done inbox rows stay this long, as a second copy of what was accepted
_KEEP_DROPPED = timedelta(days=30)  # for so long a receipt says how often an event was sent again
_KEEP_MESSAGES = timedelta(days=400)  # an order exported again a year later is still the same order
_OPERATOR = "operator"


class Ninefold:
    """Ninefold in this process: the Python facade. Use it as a context manager.

    Attributes:
        settings: of this installation.
        clock: where services get the time from.
        records: the transactional store.
        events: the analytical store.
        keys: write keys and tokens.
        audit: who did what to whom.
        collector: accepts events over HTTP.
        imports: file imports.
        plans: tracking plans.
        connectors: bring rows of other systems.
        identity: OneID under the rules at the time of opening; the pipeline reads the newest rules for each batch.
        desk: what operators do with identities: merge, unmerge, rebuild, simulate.
        profiles: the 360 view.
        org: the org tree.
        consents: what people agreed to.
        privacy: access, suppression, erasure.
        memberships: who belongs to which node.
        relations: roles of people and relations between them.
        segments: segments.
        tags: tags.
        channels: opened channels.
        campaigns: campaigns.
        pipeline: makes accepted events queryable.
    """

    def __init__(self, settings: Settings, clock: Clock, stack: ExitStack, *, holder: str) -> None:
        self.settings = settings
        self.clock = clock
        self._stack = stack
        self._holder = holder
        self.folder = _folder(settings, stack, holder)
        self.records = Records.open(_records_url(settings, stack))
        stack.callback(self.records.close)
        self.events = Events.open(settings.events_url or embedded_url(settings.data_dir / "events"))
        stack.callback(self.events.close)
        self.keys = Keys(self.records, clock)
        self.audit = auditing.AuditLog(self.records, clock)
        self.plans = plans.Plans(self.records, self.events, clock)
        self.collector = Collector(
            self.records,
            self.keys,
            clock,
            CollectSettings(
                limits=Limits(max_request_bytes=settings.max_request_bytes, max_event_bytes=settings.max_event_bytes),
                currency=settings.currency,
            ),
            self.plans,
        )
        self.imports = imports.Imports(
            self.records, clock, imports.ImportSettings(zone=settings.zone, currency=settings.currency)
        )
        self.connectors = self._open_connectors()
        stack.callback(self.connectors.close)
        with self.records.begin() as conn:
            self.identity = identity.Identity.load(conn)
        self.desk = identity.IdentityDesk(self.records, self.events)
        self.profiles = Profiles(self.records, self.events, self.identity, zone=settings.zone)
        stack.callback(self.profiles.close)
        self.org = organisation.Org()
        self.consents = consenting.Consents(self.org, unknown=settings.consent_default)
        self.memberships = memberships.Memberships(self.identity, self.org)
        self.relations = relations.Relations(self.events, self.identity, zone=settings.zone)
        self.segments = Segments(
            self.records, self.events, self.identity, zone=settings.zone, used_by=[self._campaigns_using]
        )
        self.tags = Tags(self.records, self.events, zone=settings.zone, used_by=[self.segments.users_of_tag])
        self.channels = Channels(environ=os.environ, folder=settings.data_dir.resolve() / "outbox")
        stack.callback(self.channels.close)
        self.privacy = PrivacyDesk(
            self.records,
            clock,
            self.profiles,
            self._personal_stores(),
            folder=settings.data_dir.resolve(),
            book=self.audit,
        )
        self.campaigns = self._campaigns()
        self.pipeline = Pipeline(
            self.records, self.events, clock, self._on_batch, observe=self._observe, screen=self.privacy.screen
        )
        self._workers: tuple[Worker, ...] = ()
        self._jobs: DurableJobs | None = None

    def _campaigns(self) -> Campaigns:
        settings = self.settings
        return Campaigns(
            self.records,
            self.events,
            self.identity,
            self.segments,
            self.channels,
            settings=CampaignSettings(
                zone=settings.zone, currency=settings.currency, permit=Permits(self.consents, self.privacy.requests)
            ),
        )

    @classmethod
    def open(cls, settings: Settings, *, clock: Clock | None = None, holder: str = "a Python program") -> Self:
        """Open both stores and wire the services; nothing runs by itself before :meth:`start`.

        Raises:
            Error: conflict when another process holds the data folder; unavailable when a store cannot be reached.
        """
        stack = ExitStack()
        try:
            return cls(settings, clock or SystemClock(), stack, holder=holder)
        except BaseException:
            stack.close()
            raise

    def start(self) -> None:
        """Start what the role of this process asks for: collecting, and the workers and jobs."""
        if self.settings.role in {"all", "api"}:
            self.collector.start()
            self.connectors.hooks.start()
            self._stack.callback(self.collector.stop)
        if self.settings.role in {"all", "worker"}:
            if self.folder is not None:  # nobody else can be at work: what a killed process left is ours at once
                self.campaigns.recover(now=self.clock.now())
            self._workers = (
                Worker("pipeline", self.pipeline.work, pause_seconds=0.1),
                Worker("connectors", self.connectors.step),
                Worker("delivery", lambda: self.campaigns.deliver(now=self.clock.now(), limit=5_000).handled),
            )
            self._jobs = DurableJobs(self.records.url, self._job_list(), self._schedules())
            self._stack.callback(self._jobs.stop)
            self._jobs.start()
            for worker in self._workers:
                worker.start()
                self._stack.callback(worker.stop)

    def drain(self) -> None:
        """Work until nothing waits: for programs and tests that want to see results now."""
        while True:
            busy = self._busy()  # a step that holds the work now leaves nothing for us to see
            if not self.pipeline.drain() + self.campaigns.deliver(now=self.clock.now()).handled:
                if not busy and not self._busy():
                    return
                time.sleep(0.005)

    def _busy(self) -> bool:
        return any(worker.busy for worker in self._workers)

    def operator_token(self) -> str:
        """The token that commands of the same user work with; kept in the data folder, readable by its owner only."""
        file = self.settings.data_dir / "token"
        kept = file.read_text(encoding="utf-8").strip() if file.exists() else ""
        if kept and self.keys.principal_of(kept) is not None:
            return kept
        for key in self.keys.list():
            if key.kind == "token" and key.name == _OPERATOR and key.revoked_at is None:
                self.keys.revoke(key.id)
        token = self.keys.issue("token", _OPERATOR)
        _write_private(file, token)
        return token

    def announce(self, address: str) -> None:
        """Let commands of the same data folder know where this server listens."""
        if self.folder is not None:
            self.folder.announce(self._holder, url=address)

    def health(self) -> dict[str, str]:
        """Each part's state: ``ok``, or what is wrong."""
        checks: dict[str, object] = {"records": self.records.ping, "events": self.events.ping}
        for worker in self._workers:
            checks[worker.name] = lambda worker=worker: (
                "stopped" if not worker.alive else "failing, see the log" if worker.failing else "ok"
            )
        found = health_of(checks)
        if found.get("pipeline", "ok") == "ok" and (waits := self._oldest_waits()) > self.settings.lag_seconds:
            found["pipeline"] = f"lagging: the oldest event waits for {waits} s"
        return found

    def _oldest_waits(self) -> int:
        """Seconds since the oldest event came that is not queryable yet; 0 when none waits."""
        try:
            with self.records.begin() as conn:
                oldest = backlog(conn).oldest
        except Error:
            return 0  # health says of the records store itself that it does not answer
        waits = int((self.clock.now() - oldest).total_seconds()) if oldest else 0
        gauge("pipeline.lag", waits, unit="s")
        return waits

    def kinds(self) -> dict[str, Save]:
        """The kinds of definitions, in the order in which they may refer to each other, and how each is saved."""
        return {
            identity.KIND: _save_rules,
            organisation.KIND: lambda conn, document, now, author: self.org.save(
                conn, document, now=now, author=author
            ),
            consenting.KIND: lambda conn, document, now, author: self.consents.save(
                conn, document, now=now, author=author
            ),
            relations.ROLE_KIND: lambda conn, document, now, author: self.relations.save(
                conn, document, now=now, author=author
            ),
            imports.KIND: _save_mapping,
            plans.EVENT_KIND: _save_planned_event,
            plans.PLAN_KIND: _save_plan,
            connectors.KIND: self._save_connector,
            "channel": _save_channel,
            "tag": self._save_tag,
            "segment": self._save_segment,
            "campaign": self._save_campaign,
        }

    def _save_tag(self, conn: Connection, document: Mapping[str, Any], now: datetime, author: str) -> tuple[str, ...]:
        self.tags.save(conn, document, now=now, author=author)
        return ()

    def _save_segment(
        self, conn: Connection, document: Mapping[str, Any], now: datetime, author: str
    ) -> tuple[str, ...]:
        return self.segments.save(conn, document, now=now, author=author).advice

    def _save_campaign(
        self, conn: Connection, document: Mapping[str, Any], now: datetime, author: str
    ) -> tuple[str, ...]:
        kept = self.campaigns.save(conn, document, now=now, author=author)
        stays = kept.status.value != document.get("status", "draft")
        note = f"status: it stays {kept.status.value}, as it was set by hand; that is taken back by hand too"
        return (*([note] if stays else []), *self.campaigns.check(document))

    def close(self) -> None:
        """Stop the workers, finish what was accepted, close the stores; doing it twice is harmless."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def check_identifier(self, namespace: str, raw: str) -> str:
        """What is wrong with an identifier under the rules in force; nothing when it would be accepted."""
        with self.records.begin() as conn:
            rules = identity.Identity.load(conn).rules
        value = identity.normalise(namespace, raw, rules=rules)
        return value.value if isinstance(value, identity.Refused) else ""

    def submit_import(self, run_id: int) -> None:
        """Hand a queued import to the durable jobs: it will be finished, also by a later process."""
        if self._jobs is None:
            raise unavailable("no_worker", "this process runs no jobs", hint="start a process with the role worker")
        self._jobs.submit("import", str(run_id))

    def _open_connectors(self) -> connectors.Connectors:
        settings = connectors.ConnectorSettings(
            zone=self.settings.zone,
            currency=self.settings.currency,
            spool=self.settings.data_dir.resolve() / "connectors",
        )
        return connectors.Connectors(self.records, self.clock, self.imports, settings, os.environ)

    def _save_connector(self, conn: Connection, document: Mapping[str, Any], now: datetime, author: str) -> None:
        self.connectors.save(conn, document, now=now, author=author)

    def _job_list(self) -> tuple[Job, ...]:
        return (
            Job(name="import", advance=self._import),
            Job(name="campaign-run", advance=self._run_campaign),
            Job(name="privacy", advance=self.privacy.advance),
        )

    def submit_privacy(self, request: int) -> None:
        """Hand a privacy request to the durable jobs: it will be carried out, also by a later process."""
        if self._jobs is not None:  # else it waits; advancing it by hand is possible too
            self._jobs.submit("privacy", str(request))

    def _personal_stores(self) -> tuple[privacy.PersonalStore, ...]:
        """Everything that keeps personal data, in the order of erasing; identity last, for it knows who is who."""

        def whose(subject: privacy.Subject) -> Callable[[Event], bool]:
            with self.records.begin() as conn:
                return about(subject, identity.Identity.load(conn).rules)

        return (
            collect_erasing.InboxStore(self.records, whose),
            collect_erasing.QuarantineStore(self.records),
            channels_erasing.OutboxStore(self.settings.data_dir.resolve() / "outbox"),
            journeys_erasing.MessageStore(self.records),
            profiles_erasing.EventStore(self.events),
            profiles_erasing.BelongingStore(self.records, self.memberships, self.relations, self.consents),
            identity_erasing.IdentityStore(self.records, self.clock),
        )

    def run_campaign(self, key: str, occurrence: str) -> None:
        """Enrol a campaign's audience as a durable job, and wait until it is done."""
        if self._jobs is None:
            raise unavailable("no_worker", "this process runs no jobs", hint="start a process with the role worker")
        self._jobs.finish("campaign-run", json.dumps([key, occurrence]))

    def _run_campaign(self, job: str) -> bool:
        key, occurrence = json.loads(job)
        self.campaigns.run(key, occurrence, now=self.clock.now())
        return False

    def _observe(self, conn: Connection, events: Sequence[Event], people: NDArray[np.uint32]) -> None:
        now = self.clock.now()
        self.memberships.observe(conn, events, people, now=now)
        self.consents.observe(conn, events, people.tolist(), now=now)

    def _on_batch(self, batch: Processed) -> None:
        self.campaigns.on_batch(batch.batch_id, batch.people, batch.names, now=self.clock.now())

    def _campaigns_using(self, segment: str) -> list[str]:
        return [f"campaign {one.key}" for one in self.campaigns.list() if one.audience.segment == segment]

    def _import(self, key: str) -> bool:
        try:
            run = self.imports.run(int(key))
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
        if run.state is imports.RunState.DONE and path.parent == self.imports_folder:
            path.unlink(missing_ok=True)

    @property
    def imports_folder(self) -> Path:
        """Where files that were sent over HTTP wait for their import."""
        return self.settings.data_dir.resolve() / "imports"

    def _schedules(self) -> tuple[Schedule, ...]:
        return (
            Schedule(name="campaigns", cron="* * * * *", run=lambda _: self._run_due()),
            Schedule(name="refresh", cron="*/15 * * * *", run=lambda _: self._refresh()),
            Schedule(name="prune", cron="17 3 * * *", run=self._prune),
        )

    def _run_due(self) -> None:
        for run in self.campaigns.run_due(now=self.clock.now()):
            _log.info(
                "campaign occasion",
                campaign=run.campaign,
                occurrence=run.occurrence,
                missed=run.missed,
                treated=run.enrolment.treated,
                control=run.enrolment.control,
                problem=run.problem,
            )

    def _refresh(self) -> None:
        for tag in self.tags.list():
            try:
                self.tags.refresh(tag.key, now=self.clock.now())
            except Error as error:  # one tag that cannot be built does not keep the others from it
                _log.warning("tag not refreshed", tag=tag.key, error=str(error))
        self.segments.refresh(now=self.clock.now())
        with self.records.begin() as conn:
            self.relations.refresh(conn, now=self.clock.now())

    def _prune(self, due: datetime) -> None:
        with self.records.begin() as conn:
            forget_messages(conn, due - _KEEP_MESSAGES)
            receipts.forget_dropped(conn, due - _KEEP_DROPPED)
        while True:
            with self.records.begin() as conn:
                if not prune(conn, due - _KEEP_INBOX):
                    break
        keep = Keep(all_days=self.settings.keep_versions_days, daily_days=self.settings.keep_daily_versions_days)
        trim_versions(self.events, keep, now=due, zone=self.settings.zone)


def _folder(settings: Settings, stack: ExitStack, holder: str) -> DataFolder | None:
    """Hold the data folder when a store is embedded in it; with two servers any number of processes may run."""
    if settings.records_url and settings.events_url:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return None
    folder = DataFolder.hold(settings.data_dir, holder=holder)
    stack.callback(folder.release)
    return folder


def _records_url(settings: Settings, stack: ExitStack) -> str:
    if settings.records_url:
        return settings.records_url
    server = EmbeddedPostgres(settings.data_dir.resolve() / "records")
    stack.callback(server.stop)
    return server.ensure_database("ninefold")


def _write_private(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")


def _save_rules(conn: Connection, document: Mapping[str, Any], now: datetime, author: str) -> None:
    identity.parse_rules(document)
    put_definition(conn, identity.KIND, "default", document, now=now, author=author)


def _save_mapping(conn: Connection, document: Mapping[str, Any], now: datetime, author: str) -> None:
    imports.parse_mapping(document)
    put_definition(conn, imports.KIND, str(document["key"]), document, now=now, author=author)


def _save_plan(conn: Connection, document: Mapping[str, Any], now: datetime, author: str) -> None:
    plans.Plans.save_plan(conn, document, now=now, author=author)


def _save_planned_event(conn: Connection, document: Mapping[str, Any], now: datetime, author: str) -> None:
    plans.Plans.save_event(conn, document, now=now, author=author)


def _save_channel(conn: Connection, document: Mapping[str, Any], now: datetime, author: str) -> None:
    channel = parse_channel(document)
    put_definition(conn, "channel", channel.header.key, document, now=now, author=author)
