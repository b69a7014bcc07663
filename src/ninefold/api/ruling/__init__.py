"""Changes of identity rules, and trials of policies of traits, over HTTP."""

from .identity import router
from .policies import router as policies

__all__ = ["policies", "router"]
