"""The nine steps in live numbers, for the console's first page and `ninefold status`."""

from .board import Board
from .routes import router

__all__ = ["Board", "router"]
