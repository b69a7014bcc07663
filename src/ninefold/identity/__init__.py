"""OneID: who is who across channels - deterministic, explainable, under rules an operator can read."""

from .model import (
    Action,
    Identifier,
    IdentifierBatch,
    IdentityCounts,
    IdentityRules,
    Link,
    NewPeople,
    Person,
    Reason,
    Redirects,
    Refused,
    Resolution,
    Review,
    Unresolved,
)
from .rules.document import DEFAULT_DOCUMENT, DEFAULT_RULES, KIND, parse_rules
from .rules.normalise import normalise
from .service import Identity

__all__ = [
    "DEFAULT_DOCUMENT", "DEFAULT_RULES", "KIND", "Action", "Identifier", "IdentifierBatch", "Identity",
    "IdentityCounts", "IdentityRules", "Link", "NewPeople", "Person", "Reason", "Redirects", "Refused", "Resolution",
    "Review", "Unresolved", "normalise", "parse_rules",
]
