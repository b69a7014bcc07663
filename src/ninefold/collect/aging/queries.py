"""SQL of what grows old in the records store: how much is due, and quarantine."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

DUE: Final[Mapping[str, sa.TextClause]] = {
    "inbox": sa.text(
        "SELECT count(*) FROM inbox i JOIN inbox_batches b ON b.id = i.batch_id WHERE b.done_at < :before"
    ),
    "receipts": sa.text(
        """
        SELECT count(*) FROM dropped_messages
        WHERE batch_id <= (SELECT max(id) FROM inbox_batches WHERE done_at < :before)
        """
    ),
    "message_ids": sa.text(
        "SELECT count(*) FROM messages WHERE batch_id <= (SELECT max(id) FROM inbox_batches WHERE done_at < :before)"
    ),
    "quarantine": sa.text("SELECT count(*) FROM quarantine WHERE received_at < :before"),
}
FORGET_QUARANTINE: Final = sa.text(
    """
    DELETE FROM quarantine WHERE id IN (
      SELECT id FROM quarantine WHERE received_at < :before ORDER BY id LIMIT 10000)
    """
)
