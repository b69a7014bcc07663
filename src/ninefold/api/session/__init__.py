"""Signing in and out, one's own session, and the users who may sign in."""

from . import federated, own, routes, users
from .door import Door

__all__ = ["Door", "federated", "own", "routes", "users"]
