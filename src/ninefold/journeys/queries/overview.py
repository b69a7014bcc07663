"""SQL of the overview: members and messages of all campaigns, in the records store."""

from typing import Final

import sqlalchemy as sa

MEMBERS: Final = sa.text(
    """
    SELECT campaign, count(*) FILTER (WHERE arm = 'treated') AS treated,
           count(*) FILTER (WHERE arm = 'control') AS control, max(entered_at) AS latest
    FROM campaign_members
    WHERE (:campaign = '' OR campaign = :campaign) AND (:occurrence = '' OR occurrence = :occurrence)
    GROUP BY campaign
    """
)

MESSAGES: Final = sa.text("SELECT campaign, state, count(*) AS messages FROM effects GROUP BY campaign, state")
