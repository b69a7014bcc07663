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

# Rows of PostgreSQL's binary COPY format: two fields, a uuid and an integer, each after its length.
_INCOMING_ROW = np.dtype([("fields", ">i2"), ("n1", ">i4"), ("hash", "V16"), ("n2", ">i4"), ("number", ">i4")])
_MESSAGE_ROW = np.dtype([("fields", ">i2"), ("n1", ">i4"), ("hash", "V16"), ("n2", ">i4"), ("number", ">i8")])
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_TAIL = b"\xff\xff"


def message_hash(source: str, message_id: str) -> bytes:
    """The 16 bytes under which a message of a source is remembered."""
    return hashlib.blake2b(f"{source}\0{message_id}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def drop_duplicates(conn: Connection, batch_id: int, events: Sequence[Event]) -> NDArray[np.bool_]:
    """Remember the messages of a batch and tell which events are new. One process at a time.

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
    # In the order of the hashes the index is walked once from left to right.
    order = np.argsort(hashes.view(">u8").reshape(-1, 2)[:, 0], kind="stable")
    hashes, positions = hashes[order], positions[order]
    keep[positions] = True
    conn.execute(queries.MAKE_INCOMING)
    conn.execute(queries.CLEAR_INCOMING)
    _copy(conn, queries.COPY_INCOMING, _INCOMING_ROW, hashes, positions)
    known = conn.execute(queries.KNOWN_INCOMING, {"batch_id": batch_id}).all()
    keep[[position for position, ours in known if not ours]] = False
    new = ~np.isin(positions, [position for position, _ in known])
    # Straight into the table: half the work of INSERT ... ON CONFLICT. Its key would stop a second process.
    _copy(conn, queries.COPY_MESSAGES, _MESSAGE_ROW, hashes[new], np.full(int(new.sum()), batch_id))
    return keep


def _copy(
    conn: Connection, statement: str, row: "np.dtype[np.void]", hashes: NDArray[np.void], numbers: NDArray[np.int64]
) -> None:
    """Load hashes with a number each by binary COPY."""
    rows = np.empty(len(hashes), dtype=row)
    rows["fields"], rows["n1"], rows["n2"] = 2, 16, row["number"].itemsize
    rows["hash"], rows["number"] = hashes, numbers
    raw = conn.connection.driver_connection
    if raw is None or not hasattr(raw, "cursor"):
        raise Error(Kind.DEFECT, "no_copy", "bulk loading needs a psycopg connection")
    with cast("Any", raw).cursor() as cursor, cursor.copy(statement) as copy:
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
        return MessageStatus(
            verdict=Verdict.QUARANTINED, batch_id=batch_id, finished=finished, code=bad.reason_code, reason=bad.reason
        )
    return MessageStatus(verdict=None if row is None else Verdict.OK, batch_id=batch_id, finished=finished)
