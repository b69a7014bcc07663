"""Exact de-duplication: which batch saw a message of a source first.

A batch may be repeated after a crash at any point, so a message that this very batch remembered is not a duplicate.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.base import Error, Kind, clean_text

from . import queries
from .event import Event
from .model import MessageStatus, Verdict

# One row of PostgreSQL's binary COPY format: two fields, a uuid and a 4-byte integer, each after its length.
_COPY_ROW = np.dtype([("fields", ">i2"), ("n1", ">i4"), ("hash", "V16"), ("n2", ">i4"), ("position", ">i4")])
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_TAIL = b"\xff\xff"


def message_hash(source: str, message_id: str) -> bytes:
    """The 16 bytes under which a message of a source is remembered."""
    return hashlib.blake2b(f"{source}\0{message_id}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def drop_duplicates(conn: Connection, batch_id: int, events: Sequence[Event]) -> NDArray[np.bool_]:
    """Remember the messages of a batch and tell which events are new.

    Set-based, deterministic and repeatable: the same batch gets the same answer however often it asks, also after
    later batches.

    Args:
        conn: the transaction of the batch.
        batch_id: the claimed batch.
        events: all events of the batch, in order.

    Returns:
        Mask over ``events``: true for the first event of a (source, message id) that no other batch saw before.
    """
    keep = np.zeros(len(events), dtype=np.bool_)
    if not events:
        return keep
    first: dict[bytes, int] = {}
    for position, event in enumerate(events):
        first.setdefault(message_hash(event.source, event.message_id), position)
    positions = np.fromiter(first.values(), dtype=np.int64, count=len(first))
    hashes = np.frombuffer(b"".join(first), dtype="V16")
    keep[positions] = True
    conn.execute(queries.MAKE_INCOMING)
    conn.execute(queries.CLEAR_INCOMING)
    _copy(conn, hashes, positions)
    fresh = conn.execute(queries.REMEMBER_INCOMING, {"batch_id": batch_id}).rowcount
    if fresh < len(first):
        seen = conn.execute(queries.SEEN_BEFORE, {"batch_id": batch_id}).scalars().all()
        keep[np.asarray(seen, dtype=np.int64)] = False
    return keep


def _copy(conn: Connection, hashes: NDArray[np.void], positions: NDArray[np.int64]) -> None:
    """Load the hashes by binary COPY, in their order, so that the index is walked once from left to right."""
    order = np.argsort(hashes.view(">u8").reshape(-1, 2)[:, 0], kind="stable")
    rows = np.empty(len(hashes), dtype=_COPY_ROW)
    rows["fields"], rows["n1"], rows["n2"] = 2, 16, 4
    rows["hash"], rows["position"] = hashes[order], positions[order]
    raw = conn.connection.driver_connection
    if raw is None or not hasattr(raw, "cursor"):
        raise Error(Kind.DEFECT, "no_copy", "bulk loading needs a psycopg connection")
    with cast("Any", raw).cursor() as cursor, cursor.copy(queries.COPY_INCOMING) as copy:
        copy.write(_COPY_HEAD + rows.tobytes() + _COPY_TAIL)


def forget_messages(conn: Connection, older_than: datetime) -> int:
    """Forget messages of batches finished before a time: a repeat after it counts again. Returns their number."""
    return conn.execute(queries.FORGET_MESSAGES, {"older_than": older_than}).rowcount


def message_status(conn: Connection, source: str, message_id: str) -> MessageStatus:
    """What became of a message: two index look-ups.

    A message counts as accepted here once its batch was taken up, moments after its request was answered.
    """
    bad = conn.execute(queries.quarantined_message(clean_text(source), clean_text(message_id))).one_or_none()
    digest = UUID(bytes=message_hash(source, message_id))
    row = conn.execute(queries.MESSAGE_STATUS, {"hash": digest}).one_or_none()
    batch_id, finished = (row.batch_id, bool(row.finished)) if row is not None else (0, False)
    if bad is not None:
        return MessageStatus(verdict=Verdict.QUARANTINED, batch_id=batch_id, code=bad.reason_code, reason=bad.reason)
    return MessageStatus(verdict=None if row is None else Verdict.OK, batch_id=batch_id, finished=finished)
