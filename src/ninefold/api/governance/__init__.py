"""Who may see and do what, and the book about it."""

from . import audit
from .trail import Trail, note

__all__ = ["Trail", "audit", "note"]
