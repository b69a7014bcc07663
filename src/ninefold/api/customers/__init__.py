"""The open API for authorised channels and partners: customers, within a node, for a purpose, masked."""

from . import changing, reading
from .calls import MoreHeaders

__all__ = ["MoreHeaders", "changing", "reading"]
