"""Telling the log of changes what became of people and identifiers: a few rows per batch, however large it is."""

import numpy as np
from sqlalchemy.engine import Connection

from ninefold.store import changes

from .rules.encode import Ints


def born(conn: Connection, homes: Ints, roots: Ints) -> None:
    """Tell of new people: the numbers that lead to themselves. The others are part of somebody from the beginning."""
    changes.note(conn, changes.Kind.CREATED, homes[homes == roots])


def merged(conn: Connection, losers: Ints, winners: Ints) -> None:
    """Tell who became part of whom."""
    changes.note(conn, changes.Kind.MERGED, losers, refs=winners)


def linked(conn: Connection, people: Ints, ids: Ints) -> None:
    """Tell which identifiers belong to people now; 0 is nobody."""
    held = people > 0
    changes.note(conn, changes.Kind.LINKED, people[held], refs=ids[held])


def unlinked(conn: Connection, people: Ints, ids: Ints) -> None:
    """Tell which identifiers belong to people no longer; 0 is nobody."""
    held = people > 0
    changes.note(conn, changes.Kind.UNLINKED, people[held], refs=ids[held])


def led(conn: Connection, homes: Ints, before: Ints, roots: Ints) -> None:
    """Tell whom numbers lead to now, and to whom they led before: a number that leads to itself left a person."""
    alone = homes == roots
    split = alone & (before > 0)
    changes.note(conn, changes.Kind.SPLIT, homes[split], refs=before[split])
    merged(conn, homes[~alone], roots[~alone])


def moved(conn: Connection, ids: Ints, before: Ints, people: Ints, whole: tuple[Ints, Ints]) -> None:
    """Tell which identifiers changed hands.

    Args:
        conn: the transaction of the change.
        ids: the identifiers.
        before: whose each was, 0 for nobody's.
        people: whose each is.
        whole: numbers, and whom they lead to now. What went along with its whole person is told by the merge.
    """
    homes, roots = whole
    size = int(max(before.max(initial=0), people.max(initial=0), homes.max(initial=0), roots.max(initial=0))) + 1
    own = ~np.isin(before * size + people, homes * size + roots)
    unlinked(conn, before[own], ids[own])
    linked(conn, people[own], ids[own])
