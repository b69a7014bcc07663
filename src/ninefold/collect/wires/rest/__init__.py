"""The plain REST event API: documented JSON for senders without an SDK, and its pixel and beacon."""

from .decoding import RestMapper
from .wire import REST

__all__ = ["REST", "RestMapper"]
