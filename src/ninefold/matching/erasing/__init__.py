"""What matching does for privacy: it forgets pairs with a person, and what was said about them."""

from .service import CandidateStore

__all__ = ["CandidateStore"]
