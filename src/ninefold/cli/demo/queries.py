"""What the demonstrations count in the events store, independently of the code they check."""

from ninefold.store import Statement

EVENT_COUNTS = Statement("SELECT name, count() AS events, sum(revenue_minor) AS revenue FROM events GROUP BY name")


def members(campaign: str) -> Statement:
    """People and arms of a campaign as told by its exposure events."""
    return Statement(
        "SELECT oneid, props['arm'] AS arm FROM events WHERE name = 'campaign_entered' AND campaign_id = {key:String}",
        {"key": campaign},
    )
