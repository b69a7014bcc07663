"""Privacy requests: everything about a person, stop, erase; with receipts that can be checked."""

from .model import Erased, PersonalStore, PrivacyRequest, Receipt, RequestKind, RequestState, Subject, Together
from .rules import DEVICES, Seal, identifier_hash, needles, sealed, verified
from .service import Privacy

__all__ = [
    "DEVICES", "Erased", "PersonalStore", "Privacy", "PrivacyRequest", "Receipt", "RequestKind", "RequestState", "Seal",
    "Subject", "Together", "identifier_hash", "needles", "sealed", "verified",
]
