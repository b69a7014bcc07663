"""Merges that may wait: the policy, the list, cancelling, carrying out when due."""

from .document import KIND, parse_policy
from .model import Merged, MergePolicy, WaitingMerge, Waits
from .service import Merging

__all__ = ["KIND", "MergePolicy", "Merged", "Merging", "WaitingMerge", "Waits", "parse_policy"]
