"""The Complete Journey: a year of 2,469 real households of a grocer, with campaigns and coupons (84.51°)."""

from .model import JourneyTotals, Replay, reconcile
from .source import CAMPAIGN, MAPPINGS, prepare, replay, source_totals
from .totals import found_totals

__all__ = [
    "CAMPAIGN", "MAPPINGS", "JourneyTotals", "Replay", "found_totals", "prepare", "reconcile", "replay",
    "source_totals",
]
