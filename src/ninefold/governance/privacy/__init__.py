"""Privacy requests: everything about a person, stop, erase; with receipts that can be checked."""

from . import notices
from .model import Erased, PersonalStore, PrivacyRequest, Receipt, RequestKind, RequestState, Subject, Together
from .remarks import RemarkStore
from .rules import DEVICES, Seal, derived, identifier_hash, needles, sealed, verified
from .service import Privacy
from .texts import Texts

__all__ = [
    "DEVICES", "Erased", "PersonalStore", "Privacy", "PrivacyRequest", "Receipt", "RemarkStore", "RequestKind",
    "RequestState", "Seal", "Subject", "Texts", "Together", "derived", "identifier_hash", "needles", "notices",
    "sealed", "verified",
]
