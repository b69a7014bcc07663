"""Webhooks: what changes of customers, posted in order, signed, until it has arrived."""

from .document import KIND, parse_subscription
from .model import Attempt, Standing, State, Subscription, Trigger
from .service import Webhooks

__all__ = ["KIND", "Attempt", "Standing", "State", "Subscription", "Trigger", "Webhooks", "parse_subscription"]
