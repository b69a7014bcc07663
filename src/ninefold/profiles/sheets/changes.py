"""Notes of changes: whose sheets do not hold any more. Written in the transaction that makes the change known."""

from collections.abc import Iterable, Sequence

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from pyroaring import BitMap
from sqlalchemy.engine import Connection

from .model import Part
from .tables import profile_sheets, sheet_changes


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
    accounts = BitMap.union(*[BitMap.deserialize(row.accounts) for row in own])
    now = accounts[:most]
    return Part(part), now, accounts - now, [row.id for row in own]


def settle(conn: Connection, part: Part, left: BitMap, notes: Sequence[int]) -> None:
    """Replace notes by what is left of them. What was noted meanwhile stays."""
    conn.execute(sa.delete(sheet_changes).where(sheet_changes.c.id.in_(notes)))
    touch(conn, left, (part,))
