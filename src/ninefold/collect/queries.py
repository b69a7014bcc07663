"""SQL of collection. Statements only: nothing here runs them, reads a clock or knows a setting."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from .model import Sought
from .tables import inbox, inbox_batches, quarantine

LOCK_CLAIMS = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('collect/claim', 0))")
"""Claims are made one after the other, or two would share rows."""

UNFINISHED = sa.text("""
SELECT b.id AS batch_id, b.event_count, (SELECT count(*) FROM inbox i WHERE i.batch_id = b.id) AS row_count
FROM inbox_batches b
WHERE b.done_at IS NULL AND b.id > :after
ORDER BY b.id
LIMIT 1
""")

CLAIM = sa.text("""
WITH waiting AS (
  SELECT id, event_count FROM inbox WHERE batch_id IS NULL ORDER BY id LIMIT :max_rows
), counted AS (
  SELECT id, event_count, sum(event_count) OVER (ORDER BY id) - event_count AS before FROM waiting
), taken AS (
  -- the first row is always taken, however large it is
  SELECT id, event_count FROM counted WHERE before = 0 OR before + event_count <= :max_events
), batch AS (
  INSERT INTO inbox_batches (event_count) SELECT sum(event_count) FROM taken HAVING count(*) > 0
  RETURNING id, event_count
), marked AS (
  UPDATE inbox SET batch_id = batch.id FROM batch, taken WHERE inbox.id = taken.id RETURNING inbox.id
)
SELECT batch.id AS batch_id, batch.event_count, (SELECT count(*) FROM marked) AS row_count FROM batch
""")

WAITS = sa.text("""
SELECT EXISTS (SELECT FROM inbox WHERE batch_id IS NULL) OR EXISTS (SELECT FROM inbox_batches WHERE done_at IS NULL)
""")

BACKLOG = sa.text("""
WITH open_rows AS (
  SELECT event_count, received_at FROM inbox WHERE batch_id IS NULL
  UNION ALL
  SELECT i.event_count, i.received_at FROM inbox_batches b JOIN inbox i ON i.batch_id = b.id WHERE b.done_at IS NULL
)
SELECT count(*) AS rows, coalesce(sum(event_count), 0) AS events, min(received_at) AS oldest,
  (SELECT count(*) FROM quarantine WHERE replayed_at IS NULL) AS quarantined
FROM open_rows
""")

PRUNE_INBOX = sa.text("""
DELETE FROM inbox WHERE batch_id IN (
  SELECT id FROM inbox_batches b WHERE done_at < :older_than AND EXISTS (SELECT 1 FROM inbox i WHERE i.batch_id = b.id)
  ORDER BY id LIMIT :max_batches
)
""")

NEWEST_DONE = sa.text("""
SELECT coalesce((SELECT min(id) - 1 FROM inbox_batches WHERE done_at IS NULL), (SELECT max(id) FROM inbox_batches), 0)
""")

FORGET_MESSAGES = sa.text("""
DELETE FROM messages WHERE batch_id <= (SELECT max(id) FROM inbox_batches WHERE done_at < :older_than)
""")

MAKE_INCOMING = sa.text("""
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_messages (hash uuid NOT NULL, position integer NOT NULL)
ON COMMIT DELETE ROWS
""")

CLEAR_INCOMING = sa.text("TRUNCATE incoming_messages")

COPY_INCOMING = "COPY incoming_messages (hash, position) FROM STDIN (FORMAT BINARY)"

KNOWN_INCOMING = sa.text("""
SELECT n.position, m.batch_id = :batch_id AS ours
FROM incoming_messages n CROSS JOIN LATERAL (SELECT batch_id FROM messages m WHERE m.hash = n.hash LIMIT 1) m
""")
"""One index probe per message, whatever the planner believes."""

COPY_MESSAGES = "COPY messages (hash, batch_id) FROM STDIN (FORMAT BINARY)"

MESSAGE_STATUS = sa.text("""
SELECT m.batch_id, b.done_at IS NOT NULL AS finished
FROM messages m LEFT JOIN inbox_batches b ON b.id = m.batch_id
WHERE m.hash = :hash
""")


def load(batch_id: int) -> sa.Select[Any]:
    """The rows of a batch, oldest first."""
    columns = (inbox.c.id, inbox.c.source, inbox.c.received_at, inbox.c.kind, inbox.c.event_count, inbox.c.payload)
    return sa.select(*columns).where(inbox.c.batch_id == batch_id).order_by(inbox.c.id)


def finish(batch_id: int, now: datetime) -> sa.Update:
    """Mark a batch as done; a second time changes nothing."""
    batch = inbox_batches.c
    return sa.update(inbox_batches).where(batch.id == batch_id, batch.done_at.is_(None)).values(done_at=now)


def quarantined_message(source: str, message_id: str) -> sa.Select[Any]:
    """The latest unreplayed quarantine entry of a message."""
    q = quarantine.c
    return (
        sa.select(q.reason_code, q.reason)
        .where(q.source == source, q.message_id == message_id, q.replayed_at.is_(None))
        .order_by(q.id.desc())
        .limit(1)
    )


def search_quarantine(sought: Sought, *, before_id: int | None, limit: int) -> sa.Select[Any]:
    """Quarantine entries, newest first."""
    q = quarantine.c
    query = _sought(sa.select(quarantine), sought).order_by(q.id.desc()).limit(limit)
    return query if before_id is None else query.where(q.id < before_id)


def quarantined_ids(sought: Sought, *, after_id: int, limit: int) -> sa.Select[Any]:
    """Ids of quarantine entries, oldest first."""
    q = quarantine.c
    return _sought(sa.select(q.id), sought).where(q.id > after_id).order_by(q.id).limit(limit)


def _sought(query: sa.Select[Any], sought: Sought) -> sa.Select[Any]:
    q = quarantine.c
    for column, value in ((q.source, sought.source), (q.kind, sought.kind), (q.message_id, sought.message_id)):
        if value is not None:
            query = query.where(column == value)
    if sought.code is not None:
        start = sought.code.removesuffix("*")
        query = query.where(q.reason_code.startswith(start, autoescape=True) if start != sought.code
                            else q.reason_code == start)  # fmt: skip
    if sought.text is not None:
        inside = sa.func.position(sa.cast(sought.text.encode(), sa.LargeBinary).op("IN")(q.raw)) > 0
        query = query.where(inside | q.reason.contains(sought.text, autoescape=True))
    if sought.since is not None:
        query = query.where(q.received_at >= sought.since)
    if sought.until is not None:
        query = query.where(q.received_at < sought.until)
    if sought.replayed is not None:
        query = query.where(q.replayed_at.isnot(None) if sought.replayed else q.replayed_at.is_(None))
    return query


def quarantined(ids: Sequence[int]) -> sa.Select[Any]:
    """Entries not replayed yet, oldest first."""
    q = quarantine.c
    return sa.select(quarantine).where(q.id.in_(ids), q.replayed_at.is_(None)).order_by(q.id)


def mark_replayed(ids: Sequence[int], now: datetime) -> sa.Update:
    """Note that entries became events."""
    return sa.update(quarantine).where(quarantine.c.id.in_(ids)).values(replayed_at=now)


def quarantine_summary() -> sa.Select[Any]:
    """Open entries counted by source and reason, most frequent first."""
    q = quarantine.c
    count = sa.func.count().label("entries")
    return (
        sa.select(q.source, q.reason_code, count, sa.func.max(q.received_at).label("latest"))
        .where(q.replayed_at.is_(None))
        .group_by(q.source, q.reason_code)
        .order_by(count.desc(), q.source, q.reason_code)
    )
