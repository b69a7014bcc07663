"""SQL of what a merge touches of campaigns: the arms that accounts entered, and messages handed over."""

from typing import Final

import sqlalchemy as sa

# Campaigns that accounts entered, the first entry first.
ARMS: Final = sa.text(
    """
    SELECT campaign, oneid, arm FROM campaign_members WHERE oneid = ANY (:people)
    ORDER BY campaign, entered_at, oneid, occurrence
    """
)

SENT: Final = sa.text(
    """
    SELECT oneid, count(*) AS messages FROM effects WHERE oneid = ANY (:people) AND handed_at >= :since GROUP BY oneid
    """
)
