"""What campaigns do for privacy: they forget what receivers said about messages to a person."""

from .service import MessageStore

__all__ = ["MessageStore"]
