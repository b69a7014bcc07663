"""Who may see and do what, and the book about it."""

from . import audit, belonging, consents, org, privacy, retention
from .trail import Trail, note

__all__ = ["Trail", "audit", "belonging", "consents", "note", "org", "privacy", "retention"]
