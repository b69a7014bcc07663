"""Tombstones: people of whom nothing is kept but the number, so that it is never given to anybody else."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from ninefold.identity import ledger

from . import queries


def erase(conn: Connection, people: Sequence[int], *, now: datetime) -> tuple[int, ...]:
    """Delete people's identifiers, every statement about them, digests and questions; the numbers become tombstones.

    Args:
        conn: the caller's transaction.
        people: their numbers, also of those who have been merged since.
        now: time of erasure.

    Returns:
        All numbers of the people, the roots first, for whoever erases events, traits and messages.
    """
    ledger.lock(conn)
    roots = list(conn.execute(queries.ROOTS, {"people": list(people)}).scalars())
    ids = list(conn.execute(queries.MINE, {"roots": roots}).scalars())
    for statement in queries.FORGET_SAID:
        conn.execute(statement, {"ids": ids})
    named = {(row.namespace, row.value) for row in conn.execute(queries.FORGET_VALUES, {"ids": ids})}
    if named:
        names, values = zip(*sorted(named), strict=True)
        conn.execute(queries.FORGET_DIGESTS, {"names": list(names), "values": list(values)})
        conn.execute(queries.FORGET_QUESTIONS, {"names": list(names), "values": list(values)})
    conn.execute(queries.LEAVE_QUESTIONS, {"roots": roots})
    numbers = conn.execute(queries.TOMBSTONES, {"roots": roots, "now": now}).scalars()
    first = set(roots)
    return tuple(sorted(map(int, numbers), key=lambda number: (number not in first, number)))
