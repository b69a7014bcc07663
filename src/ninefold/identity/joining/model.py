"""Values of joining many people at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

Link: TypeAlias = tuple[tuple[str, str], tuple[str, str]]
"""Two identifiers, as namespace and value each, about which an operator said something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who says something, why, and when."""

    author: str
    reason: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What became of a pair of people.

    Attributes:
        a: one, by the number that was given.
        b: the other.
        link: the identifiers that were linked or kept apart; None when nothing was said.
        refusal: why nothing was said; empty when something was, or when there was nothing to say.
        already: they were one (or were kept apart) before.
    """

    a: int
    b: int
    link: Link | None = None
    refusal: str = ""
    already: bool = False
