"""The audit log: who did what to whom, when, from where, in a chain of hashes that shows every later change."""

from .anchors import Anchors, SignedAnchor
from .model import Anchor, AuditEntry, AuditFilter, AuditRecord, Fault, Verification
from .service import AuditLog

__all__ = [
    "Anchor", "Anchors", "AuditEntry", "AuditFilter", "AuditLog", "AuditRecord", "Fault", "SignedAnchor",
    "Verification",
]  # fmt: skip
