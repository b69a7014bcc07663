"""The platform of one process: its services, opened, started, watched and closed."""

import json
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from ninefold import identity
from ninefold.api import Save, health_of
from ninefold.base import Clock, Error, SystemClock, gauge, unavailable
from ninefold.collect import backlog
from ninefold.governance import audit
from ninefold.jobs import DurableJobs, Worker

from .kinds import kinds_of
from .privacy.anchors import cast
from .services import Services
from .settings import Settings
from .stores import hold_folder, write_private
from .upkeep import Upkeep

_OPERATOR = "operator"
_SHEETS = "profiles"


class Ninefold(Services):
    """Ninefold in this process: the Python facade. Use it as a context manager.

    Its attributes are the services; its verbs open, start, watch and close them.
    """

    def __init__(self, settings: Settings, clock: Clock, stack: ExitStack, *, holder: str) -> None:
        self._stack = stack
        self._holder = holder
        self.folder = hold_folder(settings, stack, holder)
        super().__init__(settings, clock, stack)
        self._workers: tuple[Worker, ...] = ()
        self._jobs: DurableJobs | None = None

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
            upkeep = Upkeep(self, self._submit)
            self._workers = (
                Worker("pipeline", self.pipeline.work, pause_seconds=0.1),
                Worker("connectors", self.connectors.step),
                Worker("webhooks", self.webhooks.step),
                Worker(_SHEETS, upkeep.rebuild_sheets),
                Worker("delivery", lambda: self.campaigns.deliver(now=self.clock.now(), limit=5_000).handled),
            )
            self._jobs = DurableJobs(self.records.url, upkeep.jobs(), upkeep.schedules())
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
        return any(worker.busy for worker in self._workers if worker.name != _SHEETS)  # what they make may be late

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
        write_private(file, token)
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
        return kinds_of(self)

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

    def cast_anchor(self) -> audit.SignedAnchor | None:
        """Write the audit log's head down now; None when nothing came since the last time."""
        return cast(self.anchors, self.settings.audit_anchors_url)

    def submit_privacy(self, request: int) -> None:
        """Hand a privacy request to the durable jobs: it will be carried out, also by a later process."""
        self._submit("privacy", str(request))

    def submit_rules(self, job: str) -> None:
        """Hand a change of the identity rules to the durable jobs; where none run here, it waits for a process."""
        self._submit("rules", job)

    def carry_on_rules(self) -> None:
        """Hand over every change of the identity rules for which something is to be done."""
        for change in self.rule_changes.due():
            self.submit_rules(change.job)

    def submit_matching(self, run: int) -> None:
        """Hand a matching run to the durable jobs; where none run here, it waits for a process that has them."""
        self._submit("matching", str(run))

    def _submit(self, name: str, key: str) -> None:
        """Hand work to the durable jobs; where none run here it waits, and a process that has them takes it up."""
        if self._jobs is not None:
            self._jobs.submit(name, key)

    def run_campaign(self, key: str, occurrence: str) -> None:
        """Enrol a campaign's audience as a durable job, and wait until it is done."""
        if self._jobs is None:
            raise unavailable("no_worker", "this process runs no jobs", hint="start a process with the role worker")
        self._jobs.finish("campaign-run", json.dumps([key, occurrence]))
