"""The operators' console: hand-written pages, served by the same process as the API they read."""

from .routes import routes

__all__ = ["routes"]
