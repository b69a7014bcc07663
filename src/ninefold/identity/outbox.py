"""Changes of identity on their way to the events store: written with the change, sent until they have arrived."""

from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.store import Events, Records

from .rules.encode import Ints
from .tables import identity_outbox

_NO_REDIRECTS = np.empty((0, 3), dtype=np.int64)
_NO_PEOPLE = np.empty((0, 2), dtype=np.int64)


def put(conn: Connection, *, redirects: Ints = _NO_REDIRECTS, people: Ints = _NO_PEOPLE) -> None:
    """Remember rows of (number, root, version) and of (number, first seen in ms) to be sent."""
    if len(redirects) or len(people):
        conn.execute(
            sa.insert(identity_outbox).values(
                redirects=redirects.astype("<i8").tobytes(), people=people.astype("<i8").tobytes()
            )
        )


def publish(records: Records, events: Events) -> int:
    """Send what waits; both tables replace by key, so that sending twice does no harm. How many changes were sent."""
    with records.begin() as conn:
        waiting = conn.execute(sa.select(identity_outbox).order_by(identity_outbox.c.id).limit(1000)).all()
    for row in waiting:
        events.insert("redirects", _redirects(np.frombuffer(row.redirects, dtype="<i8").reshape(-1, 3)))
        events.insert("people", _people(np.frombuffer(row.people, dtype="<i8").reshape(-1, 2)))
    if waiting:
        with records.begin() as conn:
            conn.execute(sa.delete(identity_outbox).where(identity_outbox.c.id.in_([row.id for row in waiting])))
    return len(waiting)


def _redirects(rows: "np.ndarray[Any, np.dtype[np.int64]]") -> pa.Table:
    types = {"oneid": np.uint32, "root": np.uint32, "version": np.uint64}
    return pa.table({name: pa.array(rows[:, k].astype(kind)) for k, (name, kind) in enumerate(types.items())})


def _people(rows: "np.ndarray[Any, np.dtype[np.int64]]") -> pa.Table:
    seen = pa.array(rows[:, 1]).cast(pa.timestamp("ms", "UTC"))
    return pa.table({"oneid": pa.array(rows[:, 0].astype(np.uint32)), "first_seen": seen})
