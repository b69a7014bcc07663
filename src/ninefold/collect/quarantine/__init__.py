"""Quarantine: events that could not be kept as events, put aside with their bytes, mended, and read again once."""

from .entries import quarantine, quarantine_counts, quarantined_ids, rejection_values, search_quarantine
from .mending import parse_steps
from .replaying import Again, replay, try_replay

__all__ = [
    "Again", "parse_steps", "quarantine", "quarantine_counts", "quarantined_ids", "rejection_values",
    "replay", "search_quarantine", "try_replay",
]
