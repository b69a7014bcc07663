"""Where this process keeps things: the data folder, the embedded servers, files only their owner may read."""

import os
from contextlib import ExitStack
from pathlib import Path

from ninefold.store import DataFolder, EmbeddedPostgres

from .settings import Settings


def hold_folder(settings: Settings, stack: ExitStack, holder: str) -> DataFolder | None:
    """Hold the data folder when a store is embedded in it; with two servers any number of processes may run."""
    if settings.records_url and settings.events_url:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return None
    folder = DataFolder.hold(settings.data_dir, holder=holder)
    stack.callback(folder.release)
    return folder


def records_url(settings: Settings, stack: ExitStack) -> str:
    """The URL of the records store; starts the embedded server when no other is configured."""
    if settings.records_url:
        return settings.records_url
    server = EmbeddedPostgres(settings.data_dir.resolve() / "records")
    stack.callback(server.stop)
    return server.ensure_database("ninefold")


def write_private(file: Path, text: str) -> None:
    """Write a line into a file that its owner alone may read."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")
