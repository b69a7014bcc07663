"""Behaviour analysis over HTTP."""

from .routes import router

__all__ = ["router"]
