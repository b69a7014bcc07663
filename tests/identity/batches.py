"""Batches of events written briefly, for the tests of identity."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.identity import IdentifierBatch, Identity, IdentityRules, Resolution, parse_rules

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
DAY_MS = 86_400_000
START_MS = 1_780_000_000_000

# An event: namespace -> value, or -> several values.
Event = Mapping[str, str | Sequence[str]]


def batch_of(
    events: Sequence[Event], *, start: int = 0, ts_ms: Sequence[int] | None = None, source: str = "web"
) -> IdentifierBatch:
    """A batch; events are one second apart and called m<start>, m<start + 1>, ..."""
    rows, names, values = [], [], []
    for row, event in enumerate(events):
        for name, value in event.items():
            for one in [value] if isinstance(value, str) else value:
                rows.append(row)
                names.append(name)
                values.append(one)
    times = [START_MS + 1000 * (start + k) for k in range(len(events))] if ts_ms is None else ts_ms
    return IdentifierBatch(
        row=np.array(rows, dtype=np.int64),
        namespace=names,
        value=values,
        ts_ms=np.array(times, dtype=np.int64),
        source=[source] * len(events),
        message_id=[f"m{start + k}" for k in range(len(events))],
        batch_id=start + 1,
    )


def resolve(conn: Connection, identity: Identity, *events: Event, start: int = 0) -> Resolution:
    """Resolve events as one batch."""
    return identity.resolve(conn, batch_of(events, start=start), now=NOW)


def one_by_one(conn: Connection, identity: Identity, events: Iterable[Event]) -> list[int]:
    """Resolve events as one batch each; the person of each at its time."""
    return [int(resolve(conn, identity, event, start=k).root[0]) for k, event in enumerate(events)]


def unlimited(*namespaces: str) -> IdentityRules:
    """Rules under which nothing is ever kept apart."""
    most = 1_000_000_000
    rule = {"cap": most, "strength": "strong", "normaliser": "exact", "storm_limit": most, "blocked": {}}
    return parse_rules({"namespaces": {name: {**rule, "priority": k + 1} for k, name in enumerate(namespaces)}})


def rows(conn: Connection, table: str) -> int:
    """Number of rows of a table."""
    return int(conn.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0)


def check_consistency(conn: Connection, identity: Identity) -> None:
    """What must always hold: redirects are flat, identifiers belong to roots, nobody is over a cap."""
    persons, identifiers = (
        sa.table("persons", sa.column("oneid"), sa.column("merged_into")),
        sa.table("identifiers", sa.column("oneid"), sa.column("namespace"), sa.column("state"), sa.column("origin")),
    )
    roots = {row.oneid: row.merged_into for row in conn.execute(sa.select(persons.c.oneid, persons.c.merged_into))}
    assert all(into is None or roots[into] is None for into in roots.values())
    assert all(into is None or into < one for one, into in roots.items())
    held: dict[tuple[int, str], int] = {}
    for oneid, name, state, origin in conn.execute(
        sa.select(identifiers.c.oneid, identifiers.c.namespace, identifiers.c.state, identifiers.c.origin)
    ):
        assert oneid is not None or origin is None
        if origin is not None:
            assert (roots[origin] or origin) == oneid
        if oneid is not None:
            assert roots[oneid] is None
            if state == 0:
                held[oneid, name] = held.get((oneid, name), 0) + 1
    assert all(count <= identity.rules.of(name).cap for (_, name), count in held.items())
