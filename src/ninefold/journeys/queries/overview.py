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

# Occasions that are being carried out, and how many people entered on each so far.
UNDERWAY: Final = sa.text(
    """
    SELECT r.campaign, r.occurrence, r.started_at, (
      SELECT count(*) FROM campaign_members m WHERE m.campaign = r.campaign AND m.occurrence = r.occurrence
    ) AS entered
    FROM campaign_runs r WHERE r.finished_at IS NULL
    ORDER BY r.started_at, r.campaign, r.occurrence
    """
)

MESSAGES: Final = sa.text("SELECT campaign, state, count(*) AS messages FROM effects GROUP BY campaign, state")
