"""What people are to the brand (roles), to each other and to products (relations), with the evidence."""

from .model import ROLE_KIND, Relation, Role, RoleChange, RoleHeld
from .rules import parse_role
from .service import Relations

__all__ = ["ROLE_KIND", "Relation", "Relations", "Role", "RoleChange", "RoleHeld", "parse_role"]
