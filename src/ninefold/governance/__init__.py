"""Who may do what: write keys for collection, bearer tokens for the API."""

from .model import FIELDS, VERBS, AccessKey, CallLimit, KeyKind, Principal, Scope, Source, Verb
from .service import Keys

__all__ = [
    "FIELDS", "VERBS", "AccessKey", "CallLimit", "KeyKind", "Keys", "Principal", "Scope", "Source", "Verb",
]  # fmt: skip
