"""Who may do what: write keys for collection, bearer tokens for the API."""

from .model import AccessKey, KeyKind, Principal, Source
from .service import Keys

__all__ = ["AccessKey", "KeyKind", "Keys", "Principal", "Source"]
