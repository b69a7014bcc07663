"""Where dropped files lie: a local folder, or an S3-compatible storage. Files are only listed and read."""

import os
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from pyarrow import fs

from ninefold.base import missing, unavailable
from ninefold.collect.connectors.settings import FileDrop
from ninefold.collect.connectors.taking.secrets import Secrets

_HALF_WRITTEN = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp", "~")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file as it was listed."""

    path: str
    size: int
    modified: str


class Place(Protocol):
    """Somewhere files are dropped."""

    def files(self) -> Iterator[Found]:
        """All files, in no order."""
        ...

    def fetch(self, path: str, spool: Path) -> Path:
        """A file as a local one: itself, or a copy at ``spool``."""
        ...


def open_place(drop: FileDrop, secrets: Secrets) -> Place:
    """The place a document describes."""
    return S3Place(drop, secrets) if drop.bucket else FolderPlace(Path(drop.folder))


def wanted(found: Sequence[Found], drop: FileDrop) -> list[Found]:
    """The files that may be taken: of the wanted names, not hidden, not half written, and complete by their marker."""
    patterns = [_pattern(glob) for glob in drop.glob]
    names = {one.path for one in found}
    kept = []
    for one in found:
        if drop.marker and (one.path.endswith(drop.marker) or one.path + drop.marker not in names):
            continue
        if one.size == 0 or one.path.endswith(_HALF_WRITTEN) or any(p.startswith(".") for p in one.path.split("/")):
            continue
        if any(pattern.fullmatch(one.path) for pattern in patterns):
            kept.append(one)
    return sorted(kept, key=lambda one: one.path)


class FolderPlace:
    """A local folder; links are not followed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self) -> Iterator[Found]:
        """All regular files below the folder."""
        if not self._folder.is_dir():
            raise missing("no_folder", "there is no such folder", field="files.folder", got=str(self._folder))
        for around, _, names in os.walk(self._folder):
            for name in names:
                path = Path(around) / name
                try:
                    state = path.lstat()
                except FileNotFoundError:  # gone since it was listed
                    continue
                if stat.S_ISREG(state.st_mode):
                    below = path.relative_to(self._folder).as_posix()
                    yield Found(path=below, size=state.st_size, modified=str(state.st_mtime_ns))

    def fetch(self, path: str, spool: Path) -> Path:
        """The file itself."""
        _ = spool
        return self._folder / path


class S3Place:
    """A bucket, or a prefix in it."""

    def __init__(self, drop: FileDrop, secrets: Secrets) -> None:
        address = urlsplit(drop.endpoint)
        options: dict[str, object] = {"connect_timeout": 10, "request_timeout": 60}
        if drop.endpoint:
            options |= {"endpoint_override": address.netloc, "scheme": address.scheme}
        if drop.region or drop.endpoint:
            options["region"] = drop.region or "us-east-1"
        if drop.access_key is not None:
            options |= {"access_key": secrets.get(drop.access_key), "secret_key": secrets.get(drop.secret_key)}
        self._root = drop.bucket
        try:
            self._fs = fs.S3FileSystem(**options)
        except OSError as exc:
            raise unavailable("storage_unreachable", f"the storage cannot be reached: {exc}") from exc

    def files(self) -> Iterator[Found]:
        """All objects below the prefix."""
        try:
            listed = self._fs.get_file_info(fs.FileSelector(self._root, recursive=True))
        except FileNotFoundError as exc:
            raise missing("no_folder", "there is no such bucket or prefix", field="s3.bucket", got=self._root) from exc
        except OSError as exc:
            raise unavailable("storage_unreachable", f"the storage cannot be listed: {exc}") from exc
        for one in listed:
            if one.type == fs.FileType.File:
                below = one.path.removeprefix(self._root).lstrip("/")
                yield Found(path=below, size=one.size, modified=str(one.mtime_ns))

    def fetch(self, path: str, spool: Path) -> Path:
        """A copy; it appears under its name only once it is whole."""
        if spool.exists():
            return spool
        spool.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = spool.with_name(f"{spool.name}.part")
        try:
            with self._fs.open_input_stream(f"{self._root}/{path}") as stream, half.open("wb") as file:
                shutil.copyfileobj(stream, file, 1 << 20)
        except FileNotFoundError as exc:
            raise missing("no_file", "there is no such file", field="path", got=path) from exc
        except OSError as exc:
            raise unavailable("storage_unreachable", f"the file cannot be fetched: {exc}") from exc
        half.replace(spool)
        return spool


def _pattern(glob: str) -> re.Pattern[str]:
    """A glob as a pattern of paths: ``*`` and ``?`` stay inside one folder, ``**/`` is any folders or none."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    forms = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(forms.get(part) or re.escape(part) for part in parts))
