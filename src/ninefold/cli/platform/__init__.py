"""How commands reach a platform, run one, or make a new one."""

from .session import session

__all__ = ["session"]
