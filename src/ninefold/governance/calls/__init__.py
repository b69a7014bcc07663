"""Calls of partners: how many are allowed, what was answered before, and marks that say nothing of what they mark."""

from .answers import Answer, Answers
from .erasing import AnswerStore
from .limits import Allowance, CallLimits
from .marks import Marks

__all__ = ["Allowance", "Answer", "AnswerStore", "Answers", "CallLimits", "Marks"]
