"""Files of imports as a store of personal data: what was uploaded, and what connectors fetched.

A file that waits for its import, or is being read, is left as it is: a changed file would not be read at all. Its rows
about suppressed people are shut out when they are read, and the file is deleted when it is done.
"""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ninefold.collect.imports import RunState
from ninefold.governance import privacy
from ninefold.store import Records

from . import queries

_ENDED = frozenset({RunState.FAILED.value, RunState.CANCELLED.value, RunState.DONE.value})


class ImportFileStore:
    """Uploads and spools of imports that will not be carried on by themselves."""

    name = "import files"

    def __init__(self, records: Records, folders: Sequence[Path]) -> None:
        """Args: the records store; the folders in which files of ours lie."""
        self._records = records
        self._folders = tuple(folders)

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Files left by ended imports in which an identifier of each person stands."""
        return privacy.Together.of(subjects).tally_places(places for _, _, places in self._holding(subjects))

    def content(self, subject: privacy.Subject) -> object:
        """Names of the files."""
        return [path.name for path, _, _ in self._holding([subject])]

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Delete those files; importing them again needs them again."""
        for path, run, _ in self._holding(subjects):
            path.unlink(missing_ok=True)
            if run:
                with self._records.begin() as conn:
                    conn.execute(queries.FILE_GONE, {"id": run})
        waiting = len(self._files()[1])
        return (
            f"{waiting} files wait for their import: rows about the person are shut out when they are read, and the "
            "files deleted afterwards"
            if waiting
            else ""
        )

    def ended(self) -> list[Path]:
        """Files left by imports that ended, or that no import knows."""
        return [path for path, _ in self._files()[0]]

    def _holding(self, subjects: Sequence[privacy.Subject]) -> Iterator[tuple[Path, int, frozenset[int]]]:
        texts = privacy.Texts(subjects)
        for path, run in self._files()[0]:
            if places := texts.found(_text_of(path)):
                yield path, run, places

    def _files(self) -> tuple[list[tuple[Path, int]], list[Path]]:
        """Files of ended imports with the import, and files that wait."""
        here = [path for folder in self._folders for path in folder.rglob("*") if path.is_file()]
        with self._records.begin() as conn:
            rows = conn.execute(queries.FILES, {"paths": [str(path) for path in here]}).all()
        runs = {row.path: (int(row.id), str(row.state)) for row in rows}
        ended = [
            (path, runs[str(path)][0] if str(path) in runs else 0)
            for path in here
            if runs.get(str(path), (0, RunState.FAILED.value))[1] in _ENDED
        ]
        waiting = [path for path in here if str(path) in runs and runs[str(path)][1] not in _ENDED]
        return ended, waiting


def _text_of(path: Path) -> str:
    """What can be searched of a file: its text, or that of the parts of a spreadsheet."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as pack:
                return "\n".join(pack.read(name).decode("utf-8", "replace") for name in pack.namelist())
        raw = path.read_bytes()
    except (OSError, zipfile.BadZipFile):
        return ""
    if raw[:4] == b"PAR1":
        import pyarrow.parquet as pq  # noqa: PLC0415 - heavy, and rarely needed

        return "\n".join(str(row) for row in pq.read_table(path).to_pylist())
    return raw.decode("utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")
