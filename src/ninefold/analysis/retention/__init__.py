"""Retention: of those who began in a period, how many came back, and when."""

from .model import Bracket, Cohort, Retention, RetentionCell, RetentionColumn, RetentionResult
from .reading import read_retention
from .run import CROWD, RetentionRun, run

__all__ = [
    "CROWD", "Bracket", "Cohort", "Retention", "RetentionCell", "RetentionColumn", "RetentionResult", "RetentionRun",
    "read_retention", "run",
]
