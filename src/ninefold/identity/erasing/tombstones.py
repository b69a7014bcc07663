"""Tombstones: a person of whom nothing is kept but the number, so that it is never given to anybody else."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.identity import ledger
from ninefold.identity.operators import verbs
from ninefold.identity.tables import (
    identifiers,
    identity_assertions,
    identity_beside,
    identity_reviews,
    persons,
)


def erase(conn: Connection, oneid: int, *, now: datetime) -> tuple[int, ...]:
    """Delete a person's identifiers, every statement about them and open questions; the numbers become tombstones.

    Args:
        conn: the caller's transaction.
        oneid: the person, also one that has been merged since.
        now: time of erasure.

    Returns:
        All numbers of the person, the root first, for whoever erases events, traits and messages.
    """
    ledger.lock(conn)
    root = verbs.root_of(conn, oneid)
    p, said, i, r = persons.c, identity_assertions.c, identifiers.c, identity_reviews.c
    mine = sa.select(i.id).where(i.oneid == root)
    for side in (said.a, said.b):
        conn.execute(sa.delete(identity_assertions).where(side.in_(mine)))
    kept = identity_beside.c
    conn.execute(sa.delete(identity_beside).where(kept.top.in_(mine) | kept.a.in_(mine) | kept.b.in_(mine)))
    named = conn.execute(sa.delete(identifiers).where(i.oneid == root).returning(i.namespace, i.value)).all()
    for start in range(0, len(named), 1000):
        asked = sa.tuple_(r.namespace, r.value).in_([tuple(one) for one in named[start : start + 1000]])
        conn.execute(sa.delete(identity_reviews).where(asked))
    conn.execute(
        sa.update(identity_reviews)
        .where(sa.literal(root) == sa.any_(r.people))
        .values(people=sa.func.array_remove(r.people, root))
    )
    numbers = conn.execute(
        sa.update(persons)
        .where((p.oneid == root) | (p.merged_into == root))
        .values(erased_at=sa.func.coalesce(p.erased_at, now), contested=0)
        .returning(p.oneid)
    ).scalars()
    return tuple(sorted(map(int, numbers), key=lambda number: (number != root, number)))
