"""What identity does for privacy: it says who is meant, and forgets people's identifiers, links and questions."""

from .service import IdentityStore, subjects_of

__all__ = ["IdentityStore", "subjects_of"]
