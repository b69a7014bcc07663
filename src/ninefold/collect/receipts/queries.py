"""SQL of receipts. Statements only."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ninefold.collect.items import item_statements
from ninefold.collect.model import RESOLVED
from ninefold.collect.tables import dropped_messages, inbox, quarantine
from ninefold.store import Statement

NOTE_DROPPED = sa.text("""
INSERT INTO dropped_messages (batch_id, position, hash, verdict)
SELECT :batch_id, position, hash, :verdict
FROM unnest(CAST(:positions AS integer[]), CAST(:hashes AS uuid[])) AS d (position, hash)
ON CONFLICT DO NOTHING
""")

REQUESTS = sa.text("""
WITH newest AS (
  SELECT id, batch_id FROM inbox WHERE id <= :upto_id ORDER BY id DESC LIMIT :limit
), placed AS (
  -- how many events of its batch stand before each request
  SELECT id, sum(event_count) OVER (PARTITION BY batch_id ORDER BY id) - event_count AS base
  FROM inbox
  WHERE batch_id IN (SELECT DISTINCT batch_id FROM newest WHERE batch_id IS NOT NULL)
)
SELECT i.id, i.source, i.received_at, i.kind, i.event_count, i.batch_id, b.done_at IS NOT NULL AS finished,
  coalesce(p.base, 0) AS base
FROM newest n
JOIN inbox i ON i.id = n.id
LEFT JOIN placed p ON p.id = n.id
LEFT JOIN inbox_batches b ON b.id = n.batch_id
ORDER BY i.id DESC
""")
"""Inbox rows, newest first, without their events."""

FORGET_DROPPED = sa.text("""
DELETE FROM dropped_messages WHERE batch_id <= (SELECT max(id) FROM inbox_batches WHERE done_at < :older_than)
""")


def payloads(inbox_ids: Sequence[int]) -> sa.Select[Any]:
    """The events of some inbox rows."""
    return sa.select(inbox.c.id, inbox.c.payload).where(inbox.c.id.in_(inbox_ids))


def waiting(source: str, limit: int) -> sa.Select[Any]:
    """The newest inbox rows of a source that no batch has taken."""
    i = inbox.c
    return (
        sa.select(i.kind, i.payload).where(i.batch_id.is_(None), i.source == source).order_by(i.id.desc()).limit(limit)
    )


def dropped(spans: Sequence[tuple[int, int, int]]) -> sa.Select[Any]:
    """What was not kept within spans of batches: (batch, first position, position after the last)."""
    d = dropped_messages.c
    within = [sa.and_(d.batch_id == batch, d.position >= first, d.position < end) for batch, first, end in spans]
    return sa.select(d.batch_id, d.position, d.verdict).where(sa.or_(sa.false(), *within))


def drops_of(digest: UUID) -> sa.Select[Any]:
    """How often a message was not kept, by verdict."""
    d = dropped_messages.c
    return sa.select(d.verdict, sa.func.count().label("times")).where(d.hash == digest).group_by(d.verdict)


def put_aside_when_resolved(sources: Collection[str], message_ids: Sequence[str]) -> sa.Select[Any]:
    """Quarantine entries of events that were accepted first and named nobody when their batch was resolved."""
    q = quarantine.c
    return (
        sa.select(q.id, q.source, q.message_id, q.reason_code, q.reason, q.field)
        .where(q.source.in_(sources), q.message_id.in_(message_ids), q.kind == RESOLVED, q.replayed_at.is_(None))
        .order_by(q.id)
    )


def item_statement(digest: UUID) -> sa.Select[Any]:
    """A statement about a thing, by its message."""
    i = item_statements.c
    return sa.select(i.item_type, i.ts, i.received_at).where(i.hash == digest)


def latest_quarantined(source: str, message_id: str) -> sa.Select[Any]:
    """The newest open quarantine entry of a message."""
    q = quarantine.c
    return (
        sa.select(q.id, q.kind, q.received_at, q.reason_code, q.reason, q.field)
        .where(q.source == source, q.message_id == message_id, q.replayed_at.is_(None))
        .order_by(q.id.desc())
        .limit(1)
    )


def quarantined(*, source: str | None, below_id: int, limit: int) -> sa.Select[Any]:
    """Quarantine entries that never were events, newest first."""
    q = quarantine.c
    query = (
        sa.select(q.id, q.source, q.message_id, q.kind, q.received_at, q.reason_code, q.reason, q.field)
        .where(q.id < below_id, q.kind != RESOLVED, q.replayed_at.is_(None))
        .order_by(q.id.desc())
        .limit(limit)
    )
    return query if source is None else query.where(q.source == source)


def event(batch_id: int, source: str, message_id: str) -> Statement:
    """One event of the events store; the batch narrows it to a few granules."""
    return Statement(
        """
        SELECT type, name, toUnixTimestamp64Milli(ts) AS ts_ms, toUnixTimestamp64Milli(received_at) AS received_ms,
          props['$warnings'] AS warnings
        FROM events
        WHERE batch_id = {batch:UInt64} AND source = {source:String} AND message_id = {message_id:String}
        LIMIT 1
        """,
        {"batch": batch_id, "source": source, "message_id": message_id},
    )
