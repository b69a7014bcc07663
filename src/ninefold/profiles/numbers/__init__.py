"""Member numbers of nodes: patterns, issuing them, finding members by them, bringing memberships from files."""

from .bringing import MembershipImports
from .model import KIND, Brought, Issued, MembershipImport, Pattern, Undone, Wrong
from .rules import check_digit, numbers_from, parse_pattern, reads
from .service import Numbers

__all__ = [
    "KIND", "Brought", "Issued", "MembershipImport", "MembershipImports", "Numbers", "Pattern", "Undone",
    "Wrong", "check_digit", "numbers_from", "parse_pattern",
    "reads",
]
