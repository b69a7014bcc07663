"""Memberships: one person, many nodes of the org tree, each with number, status, tier slot and owner."""

from .model import STATUSES, Change, Conflict, Member, Membership, Statement, Transfer
from .rules import folded, statements_of
from .service import Memberships, tell

__all__ = [
    "STATUSES", "Change", "Conflict", "Member", "Membership", "Memberships", "Statement", "Transfer", "folded",
    "statements_of", "tell",
]
