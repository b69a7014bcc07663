"""Changes of the identity rules: drafted, simulated on the whole ledger, then applied or discarded."""

from .model import (
    Asked,
    Cause,
    ChangedKind,
    ChangedPeople,
    Cluster,
    Counts,
    Impact,
    Member,
    Part,
    Progress,
    Report,
    RuleChange,
    RuleState,
    SegmentSize,
)
from .service import RuleChanges

__all__ = [
    "Asked", "Cause", "ChangedKind", "ChangedPeople", "Cluster", "Counts", "Impact", "Member", "Part", "Progress",
    "Report", "RuleChange", "RuleChanges", "RuleState", "SegmentSize",
]
