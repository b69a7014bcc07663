"""Lifetime value: what the people of a cohort have brought by a period after their beginning."""

from .model import Ltv, LtvCell, LtvCohort, LtvColumn, LtvResult
from .run import CROWD, read_ltv, run

__all__ = ["CROWD", "Ltv", "LtvCell", "LtvCohort", "LtvColumn", "LtvResult", "read_ltv", "run"]
