"""SQL of webhooks. Pure."""

from typing import Final

import sqlalchemy as sa

# A new webhook begins with what is to come.
START: Final = sa.text(
    """
    INSERT INTO webhook_states (webhook, seq, place, due_at, secret)
    SELECT :webhook, coalesce((SELECT seq FROM change_head), 0) + 1, 0, :now, :secret
    ON CONFLICT (webhook) DO NOTHING
    """
)

# Keys that were not revoked.
LIVING: Final = sa.text("SELECT id FROM access_keys WHERE id = ANY (CAST(:keys AS bigint[])) AND revoked_at IS NULL")

# The newest attempt at each message of a span of time, in the order of the feed.
SENT: Final = sa.text(
    """
    SELECT * FROM (
      SELECT DISTINCT ON (message) * FROM webhook_attempts
      WHERE webhook = :webhook AND (CAST(:message AS text) IS NULL OR message = :message)
        AND (CAST(:since AS timestamptz) IS NULL OR at >= :since)
        AND (CAST(:until AS timestamptz) IS NULL OR at < :until)
      ORDER BY message, id DESC
    ) AS newest
    ORDER BY seq, place LIMIT :most
    """
)
