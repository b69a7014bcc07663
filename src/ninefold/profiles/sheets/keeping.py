"""Keeping sheets: rebuilding those of changed accounts in the background, and noting what was published."""

from collections.abc import Collection

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.profiles.queries import EVERYBODY
from ninefold.store import Events, Records

from . import queries
from .building import SheetBuilder
from .changes import fold, settle, take, touch
from .model import Part
from .pace import ACCOUNTS_AT_ONCE
from .reading import published
from .tables import published_versions

_PARTS = {"segment": Part.ENTRIES, "tag": Part.TAGS}
_READY = {"kind": "sheets", "key": "ready", "version": 1, "built_ms": 0, "first_version": 1, "first_ms": 0}


def note_version(
    conn: Connection, kind: str, key: str, *, version: int, built_ms: int, changed: Collection[int] | NDArray[np.uint32]
) -> None:
    """Tell profiles of a new version of a segment or tag, after it was published in the events store.

    Args:
        conn: the caller's transaction.
        kind: segment or tag.
        key: which one.
        version: its newest version.
        built_ms: when it was built.
        changed: the accounts for whom it says something else than the version that profiles knew: those who entered a
            segment, or have another value or none. Of the first version of a segment nobody need be named.
    """
    values = {"version": version, "built_ms": built_ms, "first_version": version, "first_ms": built_ms}
    conn.execute(queries.NOTE_PUBLISHED, {"kind": kind, "key": key, **values})
    touch(conn, changed, (_PARTS[kind],))


class SheetKeeper:
    """Rebuilds sheets. Any number of processes may try; a lock in the records store lets one at a time.

    Sheets are derived: were they all deleted, profiles would be read from the events store, slower and the same.
    """

    def __init__(self, records: Records, events: Events, builder: SheetBuilder) -> None:
        """Args: the stores; what makes sheets."""
        self._records = records
        self._events = events
        self._builder = builder

    def prepare(self) -> None:
        """Once per installation: know what is published, and note every account that there is as changed."""
        with self._records.begin() as conn:
            if "ready" in _marks(conn):
                return
        segments, tags = (
            self._events.query(one).to_pylist() for one in (queries.PUBLISHED_SEGMENTS, queries.PUBLISHED_TAGS)
        )
        with self._records.begin() as conn:
            for kind, rows in (("segment", segments), ("tag", tags)):
                for row in rows:
                    conn.execute(queries.NOTE_PUBLISHED, {"kind": kind, **row})
            self._touch_all(conn)
            conn.execute(queries.NOTE_PUBLISHED, _READY)

    def rebuild(self) -> None:
        """Note every account as changed, whatever is known."""
        with self._records.begin() as conn:
            self._touch_all(conn)

    def fold_notes(self) -> None:
        """Keep notes few while they cannot be settled: every reader of a profile sees all that are open."""
        with self._records.hold("profile-sheets") as held:
            if held:
                with self._records.begin() as conn:
                    fold(conn)

    def step(self, *, most: int = ACCOUNTS_AT_ONCE) -> int:
        """Rebuild one part of some accounts' sheets; returns of how many, 0 when all hold or another process is at it.

        The notes are read first, then the events store, which had the change before it was noted; so a sheet is never
        older than the note it settles, and a note that comes meanwhile stays.
        """
        with self._records.hold("profile-sheets") as held:
            if not held:
                return 0
            with self._records.begin() as conn:
                taken = take(conn, most)
                tags = published(conn)["tag"]
            if taken is None:
                return 0
            part, accounts, left, notes = taken
            bodies = self._builder.build(part, accounts.to_array().tolist(), tags)
            with self._records.begin() as conn:
                conn.execute(queries.NOT_WAITING)  # lost together with the notes it settles
                values = {"part": int(part), "oneids": list(bodies), "bodies": list(bodies.values())}
                conn.execute(queries.KEEP, values)
                settle(conn, part, left, notes)
        return len(accounts)

    def _touch_all(self, conn: Connection) -> None:
        touch(conn, self._events.query(EVERYBODY)["oneid"].to_numpy(), tuple(Part))


def _marks(conn: Connection) -> set[str]:
    return set(conn.scalars(sa.select(published_versions.c.key).where(published_versions.c.kind == "sheets")))
