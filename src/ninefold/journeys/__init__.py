"""Campaigns: who enters, who is held out, what is sent exactly once, and what it brought."""

from .document import parse_campaign
from .model import (
    FACTS,
    Arm,
    Campaign,
    Decision,
    Delivery,
    Enrolment,
    HeldMessage,
    Preview,
    Run,
    Status,
)
from .overview import Totals, Underway
from .registry import segment_users
from .rules.report import ArmFigures, CampaignReport, MessageCounts, Reconciliation
from .rules.schedule import next_due
from .service import Campaigns
from .sources import CampaignSettings, Permit

__all__ = [
    "FACTS", "Arm", "ArmFigures", "Campaign", "CampaignReport", "CampaignSettings", "Campaigns", "Decision",
    "Delivery", "Enrolment", "HeldMessage", "MessageCounts", "Permit", "Preview", "Reconciliation", "Run", "Status",
    "Totals", "Underway", "next_due", "parse_campaign", "segment_users",
]
