"""Events taken out of the inbox. What stays is a blank, so that the others keep their places in the batch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.collect.event import Event, encode_events
from ninefold.collect.inbox import load

from . import queries

ERASED = "$erased"
"""Type and name of a blank; the pipeline passes over it."""


def blank(event: Event) -> Event:
    """What stays of an event: where it came from and when, so that receipts of its neighbours stay right.

    >>> blank(Event("m1", "track", "Seen", 1, 2, "web", "web", (("phone", "139"),))).identifiers
    ()
    """
    return Event("", ERASED, ERASED, event.received, event.received, event.source, event.channel, ())


def blank_shut(conn: Connection, batch_id: int, shut: NDArray[np.bool_]) -> None:
    """Take the events that were not to be kept out of the inbox rows of a batch, in the transaction that ends it.

    Args:
        conn: the transaction.
        batch_id: the batch.
        shut: over all its events, in order: those that leave.
    """
    if not shut.any():
        return
    start = 0
    for row in load(conn, batch_id):
        events = row.events()
        mine = shut[start : start + len(events)]
        start += len(events)
        if mine.any():
            put_back(conn, row.id, [blank(one) if out else one for one, out in zip(events, mine, strict=True)])


def put_back(conn: Connection, row: int, events: Sequence[Event]) -> None:
    """Write an inbox row anew; it has as many events as before."""
    conn.execute(queries.REPLACE, {"id": row, "payload": encode_events(events)})
