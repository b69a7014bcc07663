"""Who may do what: write keys for collection, bearer tokens for the API."""

from .model import FIELDS, VERBS, AccessKey, KeyKind, Principal, Scope, Source, Verb
from .service import Keys

__all__ = ["FIELDS", "VERBS", "AccessKey", "KeyKind", "Keys", "Principal", "Scope", "Source", "Verb"]
