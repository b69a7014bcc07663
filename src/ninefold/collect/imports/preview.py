"""The dry run: what an import of a file would make of its first rows, without storing anything."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ninefold.collect.event import Event
from ninefold.collect.plans import VIOLATIONS, Checker

from .document import check_columns
from .lines import grouped
from .model import Context, Mapping, Problem
from .readers import CHUNK_ROWS, open_table
from .rows import Mapped, judged_rows, map_chunk

CheckIdentifier = Callable[[str, str], str]
"""Says what is wrong with an identifier of a namespace; empty text when nothing is."""

_SHOWN_EVENTS, _SHOWN_PROBLEMS = 10, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What an import would do.

    Attributes:
        headers: columns of the file.
        unused: columns that the mapping does not read.
        format: ``csv``, ``excel``, ``parquet`` or ``jsonl``; with encoding and delimiter for text.
        rows_total: data rows in the file; an estimate for text files.
        rows_read: rows that were tried.
        events: rows (with ``lines``: orders) that would become events; the first ones are in ``sample``.
        rejected: rows that would be quarantined; ``problems`` has the first 200, ``faults`` counts all by
            (code, column), the most frequent first.
        skipped: blank and filtered rows.
        masked: identifiers left out because they are masked.
        repaired: rows with foreign bytes, read all the same.
        doubtful: identifiers that would not be accepted as such: row, column = namespace, and why.
        violations: what the tracking plan says: (event, fault, property, reply, events), the most frequent first.
    """

    headers: tuple[str, ...]
    unused: tuple[str, ...]
    format: str
    encoding: str
    delimiter: str
    rows_total: int
    rows_read: int
    events: int
    rejected: int
    skipped: int
    masked: int
    repaired: int
    sample: tuple[Event, ...]
    problems: tuple[Problem, ...]
    faults: tuple[tuple[str, str, int], ...]
    doubtful: tuple[Problem, ...]
    violations: tuple[tuple[str, str, str, str, int], ...] = ()


def dry_run(
    path: Path,
    mapping: Mapping,
    context: Context,
    *,
    rows: int = 1_000,
    check: CheckIdentifier | None = None,
    checker: Checker | None = None,
) -> DryRun:
    """Try a mapping on the first rows of a file.

    Args:
        path: the file.
        mapping: the mapping, which need not be stored.
        context: zone, currency and time that an import would have.
        rows: how many rows to try.
        check: judges identifiers; what it finds is reported, not rejected.
        checker: the tracking plan of the source.

    Raises:
        Error: when the file cannot be read or lacks a column of the mapping.
    """
    table = open_table(path, mapping.file)
    if table.closed:
        check_columns(mapping, table.headers)
    read = events = rejected = skipped = masked = repaired = 0
    sample: list[Event] = []
    problems: list[Problem] = []
    doubtful: list[Problem] = []
    faults: Counter[tuple[str, str]] = Counter()
    violations: Counter[tuple[str, str, str, str]] = Counter()
    for chunk in table.chunks(0, min(rows, CHUNK_ROWS)):
        mapped, shown = map_chunk(mapping, chunk, context), chunk
        if mapping.lines is not None:
            mapped, shown = grouped(mapping, mapping.lines, chunk, context)
        mapped = judged_rows(mapped, shown, checker)
        aside = mapped.aside
        read, events = read + chunk.records, events + mapped.accepted
        rejected, skipped = rejected + len(aside), skipped + mapped.skipped
        masked, repaired = masked + mapped.masked, repaired + chunk.repaired
        sample += mapped.events[: _SHOWN_EVENTS - len(sample)]
        problems += [one.problem for one in aside[: _SHOWN_PROBLEMS - len(problems)]]
        faults.update((one.problem.code, one.problem.column) for one in aside)
        violations.update(_violations(mapped))
        if check and len(doubtful) < _SHOWN_PROBLEMS:
            doubtful += _doubts(mapped.events, mapped.rows.tolist(), check)[: _SHOWN_PROBLEMS - len(doubtful)]
        if read >= rows:
            break
    used = {header for column in mapping.columns() for header in mapping.headers_of(column)}
    return DryRun(
        headers=table.headers,
        unused=tuple(header for header in table.headers if header not in used),
        format=table.format,
        encoding=table.encoding,
        delimiter=table.delimiter,
        rows_total=table.rows_total,
        rows_read=read,
        events=events,
        rejected=rejected,
        skipped=skipped,
        masked=masked,
        repaired=repaired,
        sample=tuple(sample),
        problems=tuple(problems),
        faults=tuple((code, column, count) for (code, column), count in faults.most_common()),
        doubtful=tuple(doubtful),
        violations=tuple((*fault, count) for fault, count in violations.most_common()),
    )


def _violations(mapped: Mapped) -> Iterator[tuple[str, str, str, str]]:
    """Faults against the tracking plan: (event, fault, path, reply), one per event and fault."""
    for held in mapped.blocked:
        one = held.blocked.violation
        yield held.blocked.event.name, one.fault.value, one.path, one.reply.value
    for event in mapped.events:
        if noted := event.props.get(VIOLATIONS):
            for fault, path, _, reply in msgspec.json.decode(noted, type=list[tuple[str, str, str, str]]):
                yield event.name, fault, path, reply


def _doubts(events: list[Event], rows: list[int], check: CheckIdentifier) -> list[Problem]:
    return [
        Problem(row=row, column=namespace, code="bad_identifier", got=value[:200], allowed="", message=why)
        for event, row in zip(events, rows, strict=True)
        for namespace, value in event.identifiers
        if (why := check(namespace, value))
    ]
