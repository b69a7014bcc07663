"""Events that were accepted and then not kept: repeats now, suppressed ones by the same call. Set-based, repeatable."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.collect.event import Event
from ninefold.collect.messages import message_hash
from ninefold.collect.model import Verdict

from . import queries


def note_dropped(
    conn: Connection, batch_id: int, events: Sequence[Event], dropped: NDArray[np.bool_], verdict: Verdict
) -> None:
    """Remember which events of a batch were not kept, and why; a repeat of the batch changes nothing.

    Args:
        conn: the transaction of the batch.
        batch_id: the claimed batch.
        events: all events of the batch, in order.
        dropped: mask over ``events``.
        verdict: duplicate or suppressed.
    """
    positions: list[int] = np.flatnonzero(dropped).tolist()
    if not positions:
        return
    hashes = [UUID(bytes=message_hash(events[at].source, events[at].message_id)) for at in positions]
    values = {"batch_id": batch_id, "positions": positions, "hashes": hashes, "verdict": verdict.value}
    conn.execute(queries.NOTE_DROPPED, values)


def forget_dropped(conn: Connection, older_than: datetime) -> int:
    """Forget what was not kept of batches finished before a time; returns how many events."""
    return conn.execute(queries.FORGET_DROPPED, {"older_than": older_than}).rowcount
