"""Rows and events that are put aside, as quarantine entries that can be read again. Pure.

An entry keeps the raw text of its row, and beside it what a later reading needs: the mapping, the row's place, and its
cells by column where the raw text alone does not name them.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from ninefold.collect.imports.model import Problem
from ninefold.collect.imports.readers import Chunk
from ninefold.collect.imports.readers.objects import json_text
from ninefold.collect.model import Rejection

from .mapped import Mapped, place_of


class _Place(msgspec.Struct):
    row: int


_MOST_CELLS = 256 * 1024  # bytes; of a longer row only the raw text is kept


def row_entries(
    mapped: Mapped, chunk: Chunk, *, around: Mapping[str, object], name: Callable[[int], str]
) -> Iterator[Rejection]:
    """The entries of a chunk: one per unreadable row, one per event that the plan keeps out.

    Args:
        mapped: what became of the chunk.
        chunk: its rows.
        around: what the entries say about where they come from; ``mapping`` is its key.
        name: the message id of an unreadable row, by its number.
    """
    readable = set(chunk.rows.tolist())
    for one in mapped.rejected:
        problem, cells = one.problem, {}
        if problem.row in readable:
            cells = cells_of(chunk, problem.row, one.raw)
        yield _entry(problem, one.raw, {**around, **cells}, name(problem.row))
    for held in mapped.blocked:
        cells = cells_of(chunk, held.row, held.raw)
        event = held.blocked.event
        yield _entry(held.problem, held.raw, {**around, **cells, "event": event.name}, event.message_id)


def cells_of(chunk: Chunk, row: int, raw: str) -> dict[str, object]:
    """The cells of a row by column, as far as its raw text does not say them."""
    place = place_of(chunk, row)
    cells = {key: value for key, value in chunk.table.slice(place, 1).to_pylist()[0].items() if value is not None}
    if record_of(raw.encode("utf-8", "replace")) is not None:
        cells = {key: value for key, value in cells.items() if key.startswith("$")}
    kept = json_text(cells)
    return {"cells": msgspec.json.decode(kept)} if len(kept) <= _MOST_CELLS else {}


def row_of(entry: Rejection) -> int:
    """The row number that an entry notes about itself."""
    return msgspec.json.decode(entry.envelope, type=_Place).row


def record_of(raw: bytes) -> dict[str, object] | None:
    """The JSON object that a row is, if it is one."""
    try:
        return msgspec.json.decode(raw, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _entry(problem: Problem, raw: str, around: Mapping[str, object], message_id: str) -> Rejection:
    where = {"row": problem.row, "got": problem.got, "allowed": problem.allowed}
    return Rejection(
        code=problem.code,
        reason=f"row {problem.row}: {problem.message}" if "file" in around else problem.message,
        field=problem.column,
        raw=raw.encode("utf-8", "replace"),
        envelope=json_text({**around, **where}).encode("utf-8", "replace"),
        message_id=message_id,
    )
