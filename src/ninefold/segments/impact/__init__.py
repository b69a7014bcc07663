"""What changes of rules and policies do to segments, before they are in force."""

from .policies import PolicyReport, PolicyTrial, TraitChange, ValueChange
from .sizes import SegmentImpact

__all__ = ["PolicyReport", "PolicyTrial", "SegmentImpact", "TraitChange", "ValueChange"]
