"""Rows of a source into the inbox: mapped, without those that are known already, the bad ones in quarantine."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.base import from_ms
from ninefold.collect.connectors import queries
from ninefold.collect.connectors.model import Counts, Plan
from ninefold.collect.event import Event
from ninefold.collect.imports import Context
from ninefold.collect.imports.model import Rejected
from ninefold.collect.imports.queries import open_entries
from ninefold.collect.imports.readers import Chunk
from ninefold.collect.imports.rows import Mapped, map_chunk
from ninefold.collect.inbox import append
from ninefold.collect.messages import message_hash
from ninefold.collect.model import Rejection
from ninefold.collect.quarantine import quarantine

ROW_ID = "$id"
"""Column of a chunk that names each row at its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of rows, and the time of their newest event."""

    counts: Counts
    newest: datetime | None


def map_rows(plan: Plan, chunk: Chunk, context: Context) -> Mapped:
    """The events of rows. Where the mapping names no message id, a row is known by its name at the source."""
    mapping = plan.mapping
    return map_chunk(mapping if mapping.message_id else replace(mapping, message_id=(ROW_ID,)), chunk, context)


def hand_over(conn: Connection, plan: Plan, chunk: Chunk, mapped: Mapped, now: datetime) -> Taken:
    """Put mapped rows into the inbox and the quarantine, in the caller's transaction."""
    source = plan.mapping.source
    fresh = _fresh(conn, mapped.events)
    events = [event for event, is_new in zip(mapped.events, fresh.tolist(), strict=True) if is_new]
    if events:
        append(conn, events, source=source, kind=queries.QUARANTINE_KIND, now=now)
    rejected = _put_aside(conn, plan, chunk, mapped.rejected, now)
    bad = [one.problem.row for one in mapped.rejected]
    accepted = len(np.setdiff1d(mapped.rows[fresh], bad))
    counts = Counts(
        rows=chunk.records,
        accepted=accepted,
        rejected=rejected,
        skipped=mapped.skipped,
        duplicates=chunk.records - accepted - rejected - mapped.skipped,
    )
    return Taken(counts=counts, newest=from_ms(max(event.ts for event in events)) if events else None)


def _fresh(conn: Connection, events: Sequence[Event]) -> NDArray[np.bool_]:
    """Which events are new: not twice here, and not taken up before.

    An event that still waits in the inbox is not seen here; it is recognised when its batch is taken up.
    """
    fresh = np.zeros(len(events), dtype=np.bool_)
    first: dict[UUID, int] = {}
    for place, event in enumerate(events):
        first.setdefault(UUID(bytes=message_hash(event.source, event.message_id)), place)
    if first:
        fresh[list(first.values())] = True
        known = conn.scalars(queries.known_messages(list(first))).all()
        fresh[[first[one] for one in known]] = False
    return fresh


def names_of(plan: Plan, chunk: Chunk, bad: Sequence[Rejected]) -> dict[str, Rejected]:
    """Bad rows by the message id under which they are known."""
    names = chunk.table.column(ROW_ID).to_pylist() if ROW_ID in chunk.table.column_names else []
    place = {int(row): i for i, row in enumerate(chunk.rows.tolist())}
    return {f"{plan.mapping.key}:{names[place[one.problem.row]]}"[:200]: one for one in bad}


def _put_aside(conn: Connection, plan: Plan, chunk: Chunk, bad: Sequence[Rejected], now: datetime) -> int:
    """Bad rows into quarantine, except those that are there already; returns how many are new."""
    if not bad:
        return 0
    source = plan.mapping.source
    named = names_of(plan, chunk, bad)
    held = set(conn.scalars(open_entries(source, list(named))))
    fresh = [rejection(plan, name, one) for name, one in named.items() if name not in held]
    quarantine(conn, fresh, source=source, kind=queries.QUARANTINE_KIND, received_at=now)
    return len(fresh)


def rejection(plan: Plan, message_id: str, rejected: Rejected) -> Rejection:
    """A bad row as a quarantine entry, under its name."""
    problem = rejected.problem
    around = {
        "connector": plan.connector.key,
        "version": plan.version,
        "mapping": plan.mapping.key,
        "got": problem.got,
        "allowed": problem.allowed,
    }
    return Rejection(
        code=problem.code,
        reason=problem.message,
        field=problem.column,
        raw=rejected.raw.encode("utf-8", "replace"),
        envelope=json.dumps(around, ensure_ascii=False).encode("utf-8", "replace"),
        message_id=message_id,
    )
