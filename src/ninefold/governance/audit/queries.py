"""SQL of the audit log."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ninefold.base import to_ms

from .model import AuditFilter
from .tables import audit_entries, audit_head

MAKE_HEAD: Final = sa.text("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, :genesis) ON CONFLICT (id) DO NOTHING")
LOCK_HEAD: Final = sa.select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.id == 1).with_for_update()
HEAD: Final = sa.select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.id == 1)

VERIFY: Final = sa.text(
    """
    WITH chunk AS (
      SELECT seq, hash, former,
        sha256(former || convert_to(
          concat_ws(chr(31), seq, at_ms, actor, verb, target, origin, detail), 'UTF8')) AS due,
        lag(seq, 1, CAST(:before_seq AS bigint)) OVER (ORDER BY seq) AS before_seq,
        lag(hash, 1, CAST(:before_hash AS bytea)) OVER (ORDER BY seq) AS before_hash
      FROM audit_entries WHERE seq > :after AND seq <= :until
    ), judged AS (
      SELECT seq, hash, before_seq,
        CASE WHEN hash <> due THEN 'edited' WHEN seq <> before_seq + 1 THEN 'gap'
          WHEN former <> before_hash THEN 'relinked' END AS fault
      FROM chunk
    )
    SELECT (SELECT count(*) FROM chunk) AS entries, last.seq AS last_seq, last.hash AS last_hash,
      wrong.seq, wrong.before_seq, wrong.fault
    FROM (SELECT seq, hash FROM chunk ORDER BY seq DESC LIMIT 1) AS last
    LEFT JOIN (SELECT * FROM judged WHERE fault IS NOT NULL ORDER BY seq LIMIT 100) AS wrong ON true
    ORDER BY wrong.seq
    """
)
NEXT_SEQ: Final = sa.text("SELECT min(seq) FROM audit_entries WHERE seq > :after")


def listed(wanted: AuditFilter, *, before_seq: int | None, limit: int) -> sa.Select[Any]:
    """Entries that fit, newest first."""
    e = audit_entries.c
    query = sa.select(audit_entries).order_by(e.seq.desc()).limit(limit)
    if wanted.actor:
        query = query.where(e.actor == wanted.actor)
    if wanted.verb:
        query = query.where(e.verb.startswith(wanted.verb, autoescape=True))
    if wanted.target:
        query = query.where(e.target.startswith(wanted.target, autoescape=True))
    if wanted.since:
        query = query.where(e.at_ms >= _ms(wanted.since))
    if wanted.until:
        query = query.where(e.at_ms < _ms(wanted.until))
    return query.where(e.seq < before_seq) if before_seq else query


def at(seqs: list[int]) -> sa.Select[Any]:
    """Numbers and hashes of some entries."""
    return sa.select(audit_entries.c.seq, audit_entries.c.hash).where(audit_entries.c.seq.in_(seqs))


def _ms(instant: datetime) -> int:
    return to_ms(instant)
