"""Consent per purpose and node: what people said, with proof; what follows from it."""

from .model import Decision, Purpose, Purposes, Record, Standing
from .rules import DEFAULT_DOCUMENT, KIND, confirmed, effective, parse_purposes, records_of, strictest
from .service import Consents

__all__ = [
    "DEFAULT_DOCUMENT", "KIND", "Consents", "Decision", "Purpose", "Purposes", "Record", "Standing", "confirmed",
    "effective", "parse_purposes", "records_of", "strictest",
]
