"""JSON Lines: one object per line; nested objects become dotted columns, lists JSON text. See :class:`Table`."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from ninefold.base import invalid
from ninefold.collect.imports.model import Problem, Rejected

from .objects import flat, table_of
from .table import CHUNK_ROWS, Chunk

_SAMPLE_ROWS = 1_000
_LONGEST_LINE = 1 << 24
_DECODER = msgspec.json.Decoder(dict[str, object])
_READ_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class JsonLinesTable:
    """A file of JSON objects, one per line; see :class:`Table`. Rows are numbered as lines, from 1.

    The columns of the first thousand lines are its headers; later lines may bring others, and a mapping may read them.
    """

    format = "jsonl"
    encoding = "utf-8"
    delimiter = ""
    closed = False

    def __init__(self, path: Path) -> None:
        self._path = path
        names: dict[str, None] = {}
        read = size = 0
        for line in islice(self._lines(), _SAMPLE_ROWS):
            read, size = read + 1, size + len(line)
            row = _row(line)
            if isinstance(row, dict):
                names.update(dict.fromkeys(row))
        if not names:
            raise invalid(
                "not_a_table", "no line of the file is a JSON object", field="path", got=path.name,
                allowed="one object per line",
            )  # fmt: skip
        self.headers = tuple(names)
        whole = path.stat().st_size
        self.rows_total = read if read < _SAMPLE_ROWS else max(read, round(whole * read / max(size, 1)))

    def _lines(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while line := file.readline(_LONGEST_LINE):
                if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                    raise invalid("not_text", "no end of a row within 16 MB", field="path", got=self._path.name)
                yield line

    def chunks(self, skip: int = 0, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Chunks of at most ``size`` lines; see :class:`Table`."""
        lines = islice(self._lines(), skip, None)
        first = skip + 1
        while taken := list(islice(lines, size)):
            yield _chunk(taken, first)
            first += len(taken)


def _row(line: bytes) -> dict[str, object] | str | None:
    """The columns of a line; the fault as text; nothing for a blank line."""
    text = line.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        return None
    try:
        return flat(_DECODER.decode(text))
    except _READ_ERRORS as exc:
        return str(exc)


def _chunk(lines: list[bytes], first: int) -> Chunk:
    good: list[dict[str, object]] = []
    places: list[int] = []
    broken: list[Rejected] = []
    for place, line in enumerate(lines):
        row = _row(line)
        if isinstance(row, dict):
            good.append(row)
            places.append(place)
        elif row is not None:
            broken.append(Rejected(problem=_problem(first + place, row), raw=_text(line)))
    return Chunk(
        table=table_of(good),
        rows=np.array(places, dtype=np.int64) + first,
        broken=tuple(broken),
        blank=len(lines) - len(good) - len(broken),
        records=len(lines),
        raw=lambda index: _text(lines[places[index]]),
    )


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r\n")


def _problem(row: int, fault: str) -> Problem:
    return Problem(
        row=row, column="", code="bad_json", got=fault[:200], allowed="one JSON object",
        message="the line is no JSON object",
    )  # fmt: skip
