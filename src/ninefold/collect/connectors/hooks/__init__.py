"""Sources that send by themselves: webhooks, their signatures, and the answers their vendors want."""

from .desk import Hooks
from .routes import hook_routes

__all__ = ["Hooks", "hook_routes"]
