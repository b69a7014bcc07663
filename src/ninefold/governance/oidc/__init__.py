"""Signing in with a company account: OpenID Connect, authorization code with PKCE."""

from .model import Claimed, Provider, Start
from .service import OpenId

__all__ = ["Claimed", "OpenId", "Provider", "Start"]
