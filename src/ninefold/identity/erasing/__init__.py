"""What identity does for privacy: it forgets a person's identifiers, links and questions."""

from .service import IdentityStore

__all__ = ["IdentityStore"]
