"""Raw values made comparable: normalisers, check digits, hash states. Pure."""

from .hashing import digests, namesakes, state_of
from .reading import clean_namespace, clear_reading, normalise, reading

__all__ = ["clean_namespace", "clear_reading", "digests", "namesakes", "normalise", "reading", "state_of"]
