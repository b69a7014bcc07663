"""How a condition reads what is stored: under which policies of traits, and as if which people were one."""

from dataclasses import dataclass

from .survivorship.model import PLAIN, Policies


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How to read.

    Attributes:
        policies: which value of a trait holds.
        moved: numbers that are to lead to another person than they do, as (number, person); nothing is written. A
            number that leads to itself stands for itself.
    """

    policies: Policies = PLAIN
    moved: tuple[tuple[int, int], ...] = ()


AS_STORED = Reading()
