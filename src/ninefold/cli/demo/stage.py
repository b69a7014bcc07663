"""What both demonstrations stand on: a fresh platform that serves, a clock that tells the story's time, progress."""

import gzip
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.progress import Progress

from ninefold.app import Ninefold, Settings, build_application, load_settings
from ninefold.base import Error, Kind, conflict
from ninefold.cli.platform.serving import BackgroundServer
from ninefold.cli.show import progress
from ninefold.collect import Event, backlog, imports
from ninefold.store import put_definition

from .brand import wire_payload
from .files import ExportFile

_MARK = "made by ninefold demo; will be deleted by the next one\n"
_PATIENCE_SECONDS = 3_600.0


class StoryClock:
    """Stands at a moment of the story until it is released; then it is the machine's clock."""

    def __init__(self, at: datetime) -> None:
        self._at: datetime | None = at

    def now(self) -> datetime:
        """The story's time, or the present after its end."""
        return self._at or datetime.now(UTC)

    def set(self, at: datetime) -> None:
        """Go to a moment."""
        self._at = at

    def release(self) -> None:
        """The story is over."""
        self._at = None


class Stage:
    """A running platform for a demonstration."""

    def __init__(self, ninefold: Ninefold, server: BackgroundServer, clock: StoryClock, bars: Progress) -> None:
        self.ninefold = ninefold
        self.server = server
        self.clock = clock
        self.bars = bars
        self._keys: dict[str, str] = {}

    def define(self, *documents: Mapping[str, object]) -> None:
        """Keep definitions, as ``ninefold apply`` does."""
        kinds = self.ninefold.kinds()
        with self.ninefold.records.begin() as conn:
            for document in documents:
                kinds[str(document["kind"])](conn, document, self.clock.now(), "ninefold demo")

    def import_files(self, files: Sequence[ExportFile]) -> tuple[imports.ImportRun, ...]:
        """Import files one after the other through their mappings, with a bar for the rows of all."""
        runs: list[imports.ImportRun] = []
        task = self.bars.add_task("import files", total=sum(file.rows for file in files))
        for file in files:
            with self.ninefold.records.begin() as conn:
                put_definition(conn, imports.KIND, str(file.mapping["key"]), file.mapping, now=self.clock.now())
            queued = self.ninefold.imports.start(file.path, str(file.mapping["key"]))
            before = sum(run.rows_done for run in runs)

            def follow(run: imports.ImportRun, before: int = before) -> None:
                self.bars.update(task, completed=before + run.rows_done)

            runs.append(self.ninefold.imports.run(queued.id, progress=follow))
        return tuple(runs)

    def send(self, label: str, batches: Iterator[list[Event]], *, total: int | None = None) -> int:
        """Send events as SDKs do: gzipped JSON over HTTP, each source with its own write key; returns the number."""
        task = self.bars.add_task(label, total=total)
        sent = 0
        with httpx.Client(base_url=self.server.address, timeout=60.0) as client:
            for batch in batches:
                by_source: dict[tuple[str, str], list[dict[str, object]]] = {}
                for event in batch:
                    payload = wire_payload(event)
                    payload.pop("sentAt")  # the story is told faster than it happened: nobody's clock is wrong
                    by_source.setdefault((event.source, event.channel), []).append(payload)
                for (source, channel), payloads in by_source.items():
                    self._post(client, self._key(source, channel), payloads)
                sent += len(batch)
                self.bars.update(task, completed=sent)
        self.bars.update(task, total=sent)
        return sent

    def settle(self, label: str = "resolve identities") -> None:
        """Wait until everything accepted can be queried and every planned message is sent."""
        total = max(self._waiting(), 1)
        task = self.bars.add_task(label, total=total)
        until = time.monotonic() + _PATIENCE_SECONDS
        while waiting := self._waiting():
            if time.monotonic() > until:
                raise Error(Kind.UNAVAILABLE, "demo_stuck", f"{waiting:,} events or messages still wait")
            total = max(total, waiting)
            self.bars.update(task, completed=total - waiting, total=total)
            time.sleep(0.1)
        self.bars.update(task, completed=total, total=total)

    def _waiting(self) -> int:
        with self.ninefold.records.begin() as conn:
            events = backlog(conn).events
        return events + sum(one.waiting for one in self.ninefold.campaigns.totals().values())

    def _key(self, source: str, channel: str) -> str:
        if source not in self._keys:
            self._keys[source] = self.ninefold.keys.ensure_write_key(source, channel=channel)
        return self._keys[source]

    def _post(self, client: httpx.Client, key: str, payloads: list[dict[str, object]]) -> None:
        for start in range(0, len(payloads), 500):
            body = gzip.compress(json.dumps({"batch": payloads[start : start + 500]}).encode(), 1)
            while True:
                answer = client.post("/v1/batch", content=body, auth=(key, ""), headers={"Content-Encoding": "gzip"})
                if answer.status_code not in {429, 503}:
                    break
                time.sleep(float(answer.headers.get("Retry-After", "1")))
            if answer.status_code != 200:
                raise Error(Kind.DEFECT, "demo_refused", f"the collector answered {answer.status_code}: {answer.text}")


@contextmanager
def stage(folder: Path, *, at: datetime, brand: str, **settings: object) -> Iterator[Stage]:
    """Open a fresh platform in a folder and serve it.

    Args:
        folder: its data; what an earlier demonstration left there is deleted, anything else is not touched.
        at: where the story's clock stands first.
        brand: name shown in the console.
        settings: settings of the installation that are not the default's.
    """
    _clear(folder)
    given: Settings = load_settings(data_dir=folder, brand=brand, **settings)
    clock = StoryClock(at)
    with Ninefold.open(given, clock=clock, holder="ninefold demo") as ninefold, progress() as bars:
        (folder / "DEMO").write_text(_MARK, encoding="utf-8")
        application = build_application(ninefold)
        ninefold.start()
        server = BackgroundServer(application, host=given.host, port=given.port)
        server.start()
        ninefold.announce(server.address)
        yield Stage(ninefold, server, clock, bars)
        server.stop()


def _clear(folder: Path) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        return
    mark = folder / "DEMO"
    if not mark.exists() or mark.read_text(encoding="utf-8") != _MARK:
        raise conflict(
            "folder_not_empty",
            f"{folder} holds something that no demonstration made",
            hint="name another folder with --folder",
        )
    shutil.rmtree(folder)
