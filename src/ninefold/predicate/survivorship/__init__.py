"""Survivorship: which of several things said about a trait holds. One definition for profiles, conditions and lists."""

from .document import KIND, parse_policies
from .model import NEWEST, PLAIN, Choice, Combination, Per, Policies, Policy, Step
from .queries import take_back
from .service import added_to, load, note_changed, save, stated

__all__ = [
    "KIND", "NEWEST", "PLAIN", "Choice", "Combination", "Per", "Policies", "Policy", "Step", "added_to",
    "load", "note_changed", "parse_policies", "save", "stated", "take_back",
]
