"""SQL of deletion notices."""

from typing import Final

import sqlalchemy as sa

CLAIM: Final = sa.text(
    """
    UPDATE privacy_notices SET tries = tries + 1, due_at = :lease
    WHERE id IN (
      SELECT id FROM privacy_notices WHERE state = 'pending' AND due_at <= :due
      ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING *
    """
)
"""Whoever takes a notice has it until the lease ends; after a death it is told again."""

HASTEN: Final = sa.text("UPDATE privacy_notices SET due_at = :now WHERE state = 'pending'")
AGAIN: Final = sa.text(
    "UPDATE privacy_notices SET due_at = :due, detail = :detail WHERE id = :number AND state = 'pending'"
)
SETTLE: Final = sa.text(
    """
    UPDATE privacy_notices SET state = :state, detail = :detail, settled_at = :now,
      payload = CASE WHEN :state = 'accepted' THEN payload END
    WHERE id = :number AND state IN ('pending', 'accepted') RETURNING *
    """
)
RECEIPT: Final = sa.text("SELECT receipt FROM privacy_requests WHERE id = :request FOR UPDATE")
TOLD: Final = sa.text(
    """
    SELECT destination, state, coalesce(settled_at, created_at) AS at, detail FROM privacy_notices
    WHERE request = :request ORDER BY destination
    """
)
