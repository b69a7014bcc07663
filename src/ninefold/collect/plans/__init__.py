"""Tracking plans: what events should look like, and what happens to those that do not."""

from .clients import python_module, typescript_module
from .document import EVENT_KIND, PLAN_KIND, event_document, parse_event, parse_plan
from .gate import Blocked, passed
from .model import Checked, Fault, Plan, PlannedEvent, Reply, Simulation, Tally, Violation
from .rules import IDENTIFIED, OMITTED, VIOLATIONS, WARNINGS, Checker
from .service import Plans

__all__ = [
    "EVENT_KIND", "IDENTIFIED", "OMITTED", "PLAN_KIND", "VIOLATIONS", "WARNINGS", "Blocked", "Checked", "Checker",
    "Fault", "Plan", "PlannedEvent", "Plans", "Reply", "Simulation", "Tally", "Violation", "event_document",
    "parse_event", "parse_plan", "passed", "python_module", "typescript_module",
]  # fmt: skip
