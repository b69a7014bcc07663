"""What collection does for privacy: it takes a person's events out of the inbox and out of quarantine."""

from .service import About, InboxStore, QuarantineStore

__all__ = ["About", "InboxStore", "QuarantineStore"]
