"""Webhooks: what changes of customers, posted in order, signed, until it has arrived."""

from .document import KIND, parse_subscription
from .model import Attempt, Standing, State, Subscription, Trigger, Wanted
from .secrets import Secrets
from .service import Webhooks

__all__ = [
    "KIND", "Attempt", "Secrets", "Standing", "State", "Subscription", "Trigger", "Wanted", "Webhooks",
    "parse_subscription",
]  # fmt: skip
