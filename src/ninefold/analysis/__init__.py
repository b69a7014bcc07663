"""Behaviour analysis: one document language, exact numbers, and the people behind every one of them."""

from .document import KIND, names_grouped, read_analysis
from .funnel import FunnelResult
from .methods import METHODS, READERS, Result
from .model import Analysis, Pin, Shown, Stamp
from .retention import RetentionResult
from .service import Analyses, Answer, CrowdPage

__all__ = [
    "KIND", "METHODS", "READERS", "Analyses", "Analysis", "Answer", "CrowdPage", "FunnelResult", "Pin", "Result",
    "RetentionResult", "Shown", "Stamp", "names_grouped", "read_analysis",
]
