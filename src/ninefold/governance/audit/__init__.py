"""The audit log: who did what to whom, when, from where, in a chain of hashes that shows every later change."""

from .model import Anchor, AuditEntry, AuditFilter, AuditRecord, Fault, Verification
from .service import AuditLog

__all__ = ["Anchor", "AuditEntry", "AuditFilter", "AuditLog", "AuditRecord", "Fault", "Verification"]
