"""What became of a chunk of rows: events, rows that cannot be read, events that the tracking plan keeps out. Pure."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ninefold.collect.event import Event
from ninefold.collect.imports.model import Problem, Rejected
from ninefold.collect.imports.readers import Chunk
from ninefold.collect.plans import Checker
from ninefold.collect.plans.gate import Blocked, passed


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedRow:
    """An event of a row that its tracking plan keeps out; other events of the row may stay.

    Attributes:
        row: number of the row as a spreadsheet shows it.
        blocked: the event and the fault.
        raw: raw text of the row.
    """

    row: int
    blocked: Blocked
    raw: str

    @property
    def problem(self) -> Problem:
        """The same for reports."""
        one = self.blocked
        return Problem(
            row=self.row,
            column=one.violation.path,
            code=one.code,
            got="",
            allowed="what the tracking plan says",
            message=one.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What became of a chunk.

    Attributes:
        events: one per accepted row and kind of event, in the order of the file.
        rejected: rows that were not accepted, in the order of the file.
        skipped: blank rows and rows that a filter left out.
        rows: row numbers of the events, shape (n,).
        accepted: rows that made an event, and of which nothing was put aside; a row may make several events.
        masked: identifiers such as ``138****8000`` that were left out because they name nobody.
        blocked: events that a tracking plan keeps out, in the order of the file.
    """

    events: list[Event]
    rows: NDArray[np.int64]
    rejected: tuple[Rejected, ...]
    accepted: int
    skipped: int
    masked: int
    blocked: tuple[BlockedRow, ...] = ()

    @property
    def aside(self) -> tuple[Rejected, ...]:
        """The rows of which something was put aside, each once with its first fault, in the order of the file."""
        found = {one.problem.row: one for one in self.rejected}
        for one in self.blocked:
            found.setdefault(one.row, Rejected(problem=one.problem, raw=one.raw))
        return tuple(found[row] for row in sorted(found))


def judged_rows(mapped: Mapped, chunk: Chunk, checker: Checker | None) -> Mapped:
    """The events of rows after their tracking plan had its say; what it blocks is put aside row by row.

    A row counts as accepted when nothing of it was put aside.
    """
    if checker is None or not mapped.events:
        return mapped
    verdicts = list(passed(mapped.events, checker))
    rows = mapped.rows.tolist()
    blocked = tuple(
        BlockedRow(row=row, blocked=one, raw=chunk.raw(place_of(chunk, row)))
        for one, row in zip(verdicts, rows, strict=True)
        if isinstance(one, Blocked)
    )
    kept = [(one, row) for one, row in zip(verdicts, rows, strict=True) if isinstance(one, Event)]
    lost = {one.row for one in blocked} - {one.problem.row for one in mapped.rejected}
    return replace(
        mapped,
        events=[one for one, _ in kept],
        rows=np.array([row for _, row in kept], dtype=np.int64),
        accepted=mapped.accepted - len(lost),
        blocked=tuple(sorted(blocked, key=lambda one: one.row)),
    )


def place_of(chunk: Chunk, row: int) -> int:
    """The position of a row in its chunk's table, by its number."""
    return int(np.searchsorted(chunk.rows, row))
