"""Relations that events tell: an invitation, a gift, a product registered. Derived by rules, and again from history."""

from .document import parse_rules
from .erasing import ToldRelationStore
from .model import RULES_KIND, Derived, RelationRule
from .service import ToldRelations

__all__ = ["RULES_KIND", "Derived", "RelationRule", "ToldRelationStore", "ToldRelations", "parse_rules"]
