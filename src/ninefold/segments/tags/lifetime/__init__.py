"""Customer lifetime: how often people will buy again, for how much, and whether they are still customers."""

from .kind import Lifetime, read_lifetime

__all__ = ["Lifetime", "read_lifetime"]
