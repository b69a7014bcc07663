"""What people are to the brand (roles), to each other and to products (relations), with the evidence."""

from .model import ROLE_KIND, Given, Reach, Reached, Relation, Role, RoleChange, RoleHeld
from .rules import parse_role
from .service import Relations
from .told import RULES_KIND, Derived, ToldRelations, ToldRelationStore, parse_rules

__all__ = [
    "ROLE_KIND", "RULES_KIND", "Derived", "Given", "Reach", "Reached", "Relation", "Relations", "Role", "RoleChange",
    "RoleHeld",
    "ToldRelationStore", "ToldRelations", "parse_role", "parse_rules",
]
