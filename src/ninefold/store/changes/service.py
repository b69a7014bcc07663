"""Writing, numbering and reading the log of changes."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.store.records import Records

from . import queries
from .model import Entry, Head, Kind, Position
from .tables import changes

Accounts: TypeAlias = Collection[int] | NDArray[np.integer[Any]]
_MOST = 50_000  # changes in one entry
_ENTRIES = 1_000  # numbered, or read, at once


def note(
    conn: Connection,
    kind: Kind,
    accounts: Accounts,
    *,
    refs: Accounts | None = None,
    nodes: Sequence[str] | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Note a change of each of some accounts, in the transaction that makes it; one row, however many they are.

    Args:
        conn: the transaction of the change: both are kept, or neither.
        kind: what happened.
        accounts: to whom.
        refs: what each change is about, as many as accounts.
        nodes: nodes that must learn of it although they may not see the account any more.
        detail: what all these changes share; never a personal value.
    """
    whom = _array(accounts, "<u4")
    about = None if refs is None else _array(refs, "<i8")
    rows = [
        {
            "kind": kind.value,
            "size": len(part),
            "accounts": part.tobytes(),
            "refs": None if about is None else about[start : start + _MOST].tobytes(),
            "nodes": None if nodes is None else list(nodes),
            "detail": dict(detail or {}),
        }
        for start in range(0, len(whom), _MOST)
        for part in (whom[start : start + _MOST],)
    ]
    if rows:
        conn.execute(sa.insert(changes), rows)


def assign(records: Records, *, now: datetime) -> int:
    """Number what was noted and committed since, a part at a time; how many entries were numbered."""
    total = 0
    while True:
        with records.begin() as conn:
            if not conn.scalar(queries.WAITING):
                return total
            last = conn.execute(queries.LOCK).one().seq
            reached = conn.scalar(queries.NUMBER, {"most": _ENTRIES, "last": last, "now": now}) or last
        total += reached - last


def head(conn: Connection) -> Head:
    """How far the log reaches."""
    row = conn.execute(queries.HEAD).one_or_none()
    return Head(seq=row.seq, floor=row.floor) if row is not None else Head(seq=0, floor=0)


def entries(conn: Connection, after: Position, *, upto: int, most: int, kinds: Sequence[Kind] = ()) -> list[Entry]:
    """The next entries: as many as hold `most` changes, and one at least when there is one.

    Args:
        conn: a transaction.
        after: where to begin; the entry in which it lies is among them, whole.
        upto: number of the last entry to be read.
        most: changes.
        kinds: only these; empty is all.
    """
    asked = {
        "first": after.seq,
        "last": upto,
        "kinds": [one.value for one in kinds] or None,
        "entries": _ENTRIES,
        "most": most,
    }
    return [_entry(row) for row in conn.execute(queries.READ, asked)]


def told(conn: Connection, kind: Kind, accounts: Sequence[int]) -> frozenset[int]:
    """Of which accounts a change of a kind is kept, numbered or not; meant for kinds that are rare."""
    wanted = np.asarray(accounts, np.uint32)
    noted = conn.execute(queries.OF_KIND, {"kind": kind.value}).scalars()
    found = [np.intersect1d(wanted, np.frombuffer(one, dtype="<u4")) for one in noted]
    return frozenset(np.concatenate([wanted[:0], *found]).tolist())


def prune(conn: Connection, *, older_than: datetime) -> int:
    """Forget entries numbered before an instant, from the oldest on; how many. Whoever stands before them is told."""
    conn.execute(queries.LOCK)
    return conn.execute(queries.PRUNE, {"older_than": older_than}).rowcount


def _array(numbers: Accounts, form: str) -> NDArray[Any]:
    return np.asarray(numbers if isinstance(numbers, np.ndarray) else list(numbers), dtype=np.int64).astype(form)


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(
        seq=row.seq,
        kind=Kind(row.kind),
        at=row.at,
        accounts=np.frombuffer(row.accounts, dtype="<u4").astype(np.uint32),
        refs=np.frombuffer(row.refs or b"", dtype="<i8").astype(np.int64),
        nodes=None if row.nodes is None else tuple(row.nodes),
        detail=row.detail,
    )
