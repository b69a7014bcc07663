"""SQL of forgetting what was sent."""

from typing import Final

import sqlalchemy as sa

COUNT: Final = sa.text(
    """
    SELECT oneid, count(*) AS rows FROM effects
    WHERE oneid = ANY (:accounts) AND (detail <> '' OR reference <> '' OR state = 'planned') GROUP BY oneid
    """
)
CONTENT: Final = sa.text(
    """
    SELECT campaign, occurrence, channel, state, planned_at, settled_at, reason, detail, reference
    FROM effects WHERE oneid = ANY (:accounts) ORDER BY planned_at
    """
)
FORGET: Final = sa.text(
    """
    UPDATE effects SET detail = '', reference = '',
      state = CASE state WHEN 'planned' THEN 'suppressed' ELSE state END,
      reason = CASE state WHEN 'planned' THEN 'refused' ELSE reason END
    WHERE oneid = ANY (:accounts)
    """
)
