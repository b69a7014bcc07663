"""The open API for authorised channels and partners: customers, within a node, for a purpose, masked."""

from . import changes, changing, reading, subscribing, tags, webhooks
from .calls import MoreHeaders

__all__ = ["MoreHeaders", "changes", "changing", "reading", "subscribing", "tags", "webhooks"]
