"""Signing in and out, one's own session, and the users who may sign in."""

from . import routes, users

__all__ = ["routes", "users"]
