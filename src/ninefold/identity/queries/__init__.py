"""SQL of OneID, by what it is about."""

from .packing import SEPARATOR, packed

__all__ = ["SEPARATOR", "packed"]
