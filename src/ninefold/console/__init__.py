"""The operators' console, served by the same process as the API it reads."""

from .routes import DOMAINS, content_security_policy, routes

__all__ = ["DOMAINS", "content_security_policy", "routes"]
