"""Memberships: one person, many nodes of the org tree, each with number, status, tier slot and owner."""

from .model import STATUSES, Change, Membership, Statement, Transfer
from .rules import folded, statements_of
from .service import Memberships

__all__ = ["STATUSES", "Change", "Membership", "Memberships", "Statement", "Transfer", "folded", "statements_of"]
