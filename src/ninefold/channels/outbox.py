"""Messages as files in a local folder, for development and for demonstrations.

One file per message key, written aside, forced to disk and renamed, so writing it twice is once. ``index.jsonl``
lists them in order of arrival and is made again from the files when it does not agree with them.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from ninefold.base import unavailable

from .model import Content, Delivered, Failed, InDoubt, Message, Outcome, Retry

_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")

_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSettings:
    """Where to put messages.

    Attributes:
        namespace: identifier namespace used as address; ``person`` for the public id, so everybody is reachable.
        folder: sub-folder of the installation's outbox; empty for the channel's key.
    """

    namespace: str = "person"
    folder: str = ""


class Outbox:
    """A channel that writes files."""

    def __init__(self, key: str, settings: OutboxSettings, *, folder: Path, in_doubt: InDoubt = InDoubt.RESEND) -> None:
        """Open the folder, making it when needed, and mend its index."""
        self.key = key
        self.namespace = settings.namespace
        self.in_doubt = in_doubt
        self.folder = folder / (settings.folder or key)
        self._messages = self.folder / "messages"
        self._index = self.folder / "index.jsonl"
        try:
            self._messages.mkdir(parents=True, exist_ok=True)
            self._mend()
        except OSError as exc:
            raise unavailable("outbox_unwritable", f"cannot write to the outbox {self.folder}: {exc.strerror}") from exc

    def deliver(self, messages: Sequence[Message], *, now: datetime) -> tuple[Outcome, ...]:
        """Write messages; a key that is there already stays as it is."""
        outcomes: list[Outcome] = []
        fresh: dict[Path, Message] = {}
        for message in messages:
            if not message.key or not _SAFE.issuperset(message.key):
                outcomes.append(Failed(reason="bad_key", detail=message.key[:100]))
                continue
            target = self._file(message.key)
            outcomes.append(Delivered(reference=str(target.relative_to(self.folder))))
            if not target.exists():
                fresh.setdefault(target, message)
        try:
            if fresh:
                self._write(fresh, now)
        except OSError as exc:
            lost = {message.key for target, message in fresh.items() if not target.exists()}
            trouble = Retry(reason="outbox_unwritable", detail=str(exc.strerror))
            return tuple(trouble if m.key in lost else o for m, o in zip(messages, outcomes, strict=True))
        return tuple(outcomes)

    def close(self) -> None:
        """Nothing is held open."""

    def read(self) -> Iterator[dict[str, object]]:
        """What the index lists, each message once, in order of arrival."""
        if self._index.exists():
            with self._index.open(encoding="utf-8") as lines:
                yield from _distinct(lines)

    def _file(self, key: str) -> Path:
        return self._messages / key[:2] / f"{key}.json"

    def _write(self, fresh: Mapping[Path, Message], now: datetime) -> None:
        """Write all aside, force all to disk, then rename: the disk is asked for one burst, not one wait per file."""
        handles: dict[Path, TextIO] = {}
        try:
            for target, message in fresh.items():
                target.parent.mkdir(exist_ok=True)
                handles[target] = target.with_suffix(f".{os.getpid()}.tmp").open("w", encoding="utf-8")
                handles[target].write(json.dumps(_facts(message, now), ensure_ascii=False, indent=1) + "\n")
                handles[target].flush()
            with ThreadPoolExecutor(_AT_ONCE) as forcing:  # forced together they share the disk's commits
                list(forcing.map(os.fsync, [handle.fileno() for handle in handles.values()]))
        finally:
            for handle in handles.values():
                handle.close()
        for target, handle in handles.items():
            Path(handle.name).replace(target)
        with ThreadPoolExecutor(_AT_ONCE) as forcing:
            list(forcing.map(_force, {target.parent for target in fresh}))
        with self._index.open("a", encoding="utf-8") as index:
            index.writelines(
                _line(message.key, str(target.relative_to(self.folder)), _facts(message, now))
                for target, message in fresh.items()
            )

    def _mend(self) -> None:
        files = {path.stem: path for path in self._messages.glob("*/*.json")}
        if {str(entry.get("key")) for entry in self.read()} == set(files):
            return
        aside = self._index.with_suffix(".tmp")
        with aside.open("w", encoding="utf-8") as index:
            for key, path in sorted(files.items(), key=lambda item: (item[1].stat().st_mtime_ns, item[0])):
                facts = json.loads(path.read_text(encoding="utf-8"))
                index.write(_line(key, str(path.relative_to(self.folder)), facts))
        aside.replace(self._index)


def _facts(message: Message, now: datetime) -> dict[str, object]:
    content = message.content
    said: dict[str, object] = {"subject": content.subject, "body": content.body, "format": _format(content)}
    if content.payload is not None:
        said = {"json": content.payload}
    return {
        "key": message.key,
        "campaign": message.campaign,
        "person": message.person,
        "to": message.to,
        "written_at": now.isoformat(),
        **said,
    }


def _format(content: Content) -> str:
    return "html" if content.html else "text"


def _line(key: str, file: str, facts: dict[str, object]) -> str:
    entry = {
        "key": key,
        "written_at": facts.get("written_at"),
        "campaign": facts.get("campaign"),
        "to": facts.get("to"),
        "subject": facts.get("subject", ""),
        "file": file,
    }
    return json.dumps(entry, ensure_ascii=False) + "\n"


def _distinct(lines: Iterable[str]) -> Iterator[dict[str, object]]:
    seen = set()
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # the process died while writing this line; opening the outbox mends it
        if isinstance(entry, dict) and entry.get("key") not in seen:
            seen.add(entry.get("key"))
            yield entry


def _force(folder: Path) -> None:
    """Make renames in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
