"""Webhooks: what changes of customers, posted in order, signed, until it has arrived."""

from .document import KIND, parse_subscription
from .model import Attempt, Standing, State, Subscription, Trigger
from .secrets import Secrets
from .service import Webhooks

__all__ = [
    "KIND", "Attempt", "Secrets", "Standing", "State", "Subscription", "Trigger", "Webhooks", "parse_subscription",
]  # fmt: skip
