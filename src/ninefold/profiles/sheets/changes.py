"""Notes of changes: whose sheets do not hold any more. Written in the transaction that makes the change known."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from pyroaring import BitMap
from sqlalchemy.engine import Connection

from .model import Part
from .tables import profile_sheets, sheet_changes

NOTES_KEPT = 50
"""Open notes that are few enough: every reader of a profile lists them."""


def touch(
    conn: Connection, accounts: Iterable[int] | NDArray[np.uint32], parts: Iterable[Part] = (Part.FACTS,)
) -> None:
    """Say that rows of accounts changed in the events store, after they did: their sheets are not read until rebuilt.

    One row, however many accounts. Call it in the transaction after which the change counts as made.
    """
    changed = BitMap(accounts)
    if changed:
        note = changed.serialize()
        conn.execute(sa.insert(sheet_changes), [{"part": int(part), "accounts": note} for part in parts])


def forget(conn: Connection, accounts: Sequence[int]) -> None:
    """Delete the sheets of accounts, whose data were erased; one being rebuilt at this moment is rebuilt again."""
    conn.execute(sa.delete(profile_sheets).where(profile_sheets.c.oneid.in_(accounts)))
    touch(conn, accounts, tuple(Part))


def take(conn: Connection, most: int) -> tuple[Part, BitMap, BitMap, list[int]] | None:
    """Accounts whose sheets are to be rebuilt, those that will be left, and the notes that name them."""
    rows = conn.execute(sa.select(sheet_changes).order_by(sheet_changes.c.id).limit(1_000)).all()
    if not rows:
        return None
    part = rows[0].part
    own = [row for row in rows if row.part == part]
    accounts = _named(own)
    now = accounts[:most]
    return Part(part), now, accounts - now, [row.id for row in own]


def fold(conn: Connection) -> None:
    """Make one note of all open notes of a part, when there are many. Only for who holds the lock of rebuilding."""
    rows = conn.execute(sa.select(sheet_changes)).all()
    if len(rows) <= NOTES_KEPT:
        return
    for part in {row.part for row in rows}:
        own = [row for row in rows if row.part == part]
        settle(conn, Part(part), _named(own), [row.id for row in own])


def settle(conn: Connection, part: Part, left: BitMap, notes: Sequence[int]) -> None:
    """Replace notes by what is left of them. What was noted meanwhile stays."""
    conn.execute(sa.delete(sheet_changes).where(sheet_changes.c.id.in_(notes)))
    touch(conn, left, (part,))


def _named(rows: Sequence[sa.Row[Any]]) -> BitMap:
    return BitMap.union(*[BitMap.deserialize(row.accounts) for row in rows])
