"""Retention: how long what is kept, what happens then, and for whom it waits because of a legal hold."""

from .model import RECORDS, Aging, Bound, Due, Hold, Rule, Run, RunState
from .rules import BASE, KIND, in_force, parse_retention
from .service import Retention

__all__ = [
    "BASE", "KIND", "RECORDS", "Aging", "Bound", "Due", "Hold", "Retention", "Rule", "Run", "RunState", "in_force",
    "parse_retention",
]
