"""OneID: who is who across channels - deterministic, explainable, under rules an operator can read."""

from .changes import Change, Decision, Group, IdentifierSpan, Rebuilt
from .desk.service import IdentityDesk
from .model import (
    Action,
    Identifier,
    IdentifierBatch,
    IdentityCounts,
    Link,
    NewPeople,
    Person,
    Reason,
    Redirects,
    Resolution,
    Review,
    Unresolved,
)
from .moving import publish, unsent
from .rules.document import DEFAULT_DOCUMENT, DEFAULT_RULES, KIND, describe_rules, parse_rules, rules_schema
from .rules.normalise import normalise
from .ruleset import IdentityRules, Refused
from .service import Identity

__all__ = [
    "DEFAULT_DOCUMENT", "DEFAULT_RULES", "KIND", "Action", "Change", "Decision", "Group", "Identifier",
    "IdentifierBatch", "IdentifierSpan", "Identity", "IdentityCounts", "IdentityDesk", "IdentityRules", "Link",
    "NewPeople", "Person", "Reason", "Rebuilt", "Redirects", "Refused", "Resolution", "Review", "Unresolved",
    "describe_rules", "normalise", "parse_rules", "publish", "rules_schema", "unsent",
]
