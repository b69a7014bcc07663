"""The interface of those who own something of people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.engine import Connection

from ninefold.identity.model import Redirects

from .model import AssetLine, Blocker, Regrouping


class AssetClass(Protocol):
    """What a package that owns something of people answers when people are joined or taken apart.

    The easiest right way: keep everything under the account it was made for and fold accounts when reading. Then a
    merge adds up by itself, an unmerge takes nothing away from anybody, and :meth:`follow` has nothing to do.
    """

    @property
    def key(self) -> str:
        """The name of the class, e.g. ``points``."""
        ...

    def preview(self, conn: Connection, change: Regrouping, *, now: datetime) -> Sequence[AssetLine]:
        """What would become of what these people own; reads by accounts, since the change is not made."""
        ...

    def blockers(self, conn: Connection, change: Regrouping, *, now: datetime) -> Sequence[Blocker]:
        """Why this must not be done; empty when nothing speaks against it."""
        ...

    def follow(self, conn: Connection, moved: Redirects, *, now: datetime) -> None:
        """Carry out, in the transaction of the change, what follows from accounts leading to other persons.

        Called for every change of who is who: by hand, by rule in the pipeline, by a rebuild, when taken back. The
        version of a redirect names the change for ever: derive keys from it, and a repeat changes nothing.
        """
        ...


class MergeGuard(Protocol):
    """Whoever may speak against people becoming one, in a few words."""

    def blockers(self, conn: Connection, people: Sequence[int]) -> Sequence[str]:
        """Why these people may not become one; empty when nothing speaks against it."""
        ...
