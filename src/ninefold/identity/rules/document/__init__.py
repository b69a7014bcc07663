"""The rules of identity as a document (`kind: identity-rules`): defaults, reading, JSON schema, plain words. Pure."""

from .defaults import DEFAULT_DOCUMENT, KIND
from .describe import describe_rules
from .fields import rules_schema
from .parse import DEFAULT_RULES, parse_rules

__all__ = ["DEFAULT_DOCUMENT", "DEFAULT_RULES", "KIND", "describe_rules", "parse_rules", "rules_schema"]
