"""Survivorship: which of several things said about a trait holds. One definition for profiles, conditions and lists."""

from .document import KIND, parse_policies
from .model import NEWEST, PLAIN, Choice, Combination, Per, Policies, Policy, Step
from .queries import take_back
from .service import load, note_changed, save

__all__ = [
    "KIND", "NEWEST", "PLAIN", "Choice", "Combination", "Per", "Policies", "Policy", "Step", "load",
    "note_changed", "parse_policies", "save", "take_back",
]
