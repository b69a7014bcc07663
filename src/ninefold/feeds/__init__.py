"""What changes of customers, as keys may know it: read by cursor, and told to webhooks in order."""

from .model import Change, Page
from .reading import Feed

__all__ = ["Change", "Feed", "Page"]
