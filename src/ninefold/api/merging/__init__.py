"""Merges over HTTP in full."""

from .routes import router

__all__ = ["router"]
