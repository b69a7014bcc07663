"""Memberships: one person, many nodes of the org tree, each with number, status, tier slot and owner."""

from .model import Change, Membership, Statement, Transfer
from .rules import folded, statements_of
from .service import Memberships

__all__ = ["Change", "Membership", "Memberships", "Statement", "Transfer", "folded", "statements_of"]
