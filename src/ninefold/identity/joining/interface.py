"""The interface of whoever lets merges wait."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy.engine import Connection

from .model import Said


class CoolOff(Protocol):
    """Whoever lets merges that nobody asked for by hand wait."""

    def asked(self, conn: Connection, pairs: Sequence[tuple[int, int]], said: Said) -> Mapping[tuple[int, int], str]:
        """Which of some pairs of present people may not be joined at once, and why, in a few words."""
        ...

    def wait(self, conn: Connection, pairs: Sequence[tuple[int, int]], said: Said) -> None:
        """Let such pairs wait, unless they do already or somebody cancelled it."""
        ...
