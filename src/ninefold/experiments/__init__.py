"""Controlled experiments: sticky assignment, effects with intervals, increment in money. Pure, no I/O."""

from .assignment import Assignment, assign
from .effects import CAUTION_CONTROL_MEAN, Comparison, Lift, absolute_lift, compare, relative_lift
from .increment import Increment, increment
from .ratio import RATIO_ALPHA, SampleRatio, sample_ratio
from .samples import Sample

__all__ = [
    "CAUTION_CONTROL_MEAN", "RATIO_ALPHA", "Assignment", "Comparison", "Increment", "Lift", "Sample", "SampleRatio",
    "absolute_lift", "assign", "compare", "increment", "relative_lift", "sample_ratio",
]
