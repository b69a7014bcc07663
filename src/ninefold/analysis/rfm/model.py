"""RFM grid: the definition and the result. Frozen values."""

from dataclasses import dataclass
from typing import Literal

from ninefold.analysis.amounts import Amount
from ninefold.analysis.model import Crowd

AXES = ("recency", "frequency", "money")
LEVELS_MAX = 10
Points = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rfm:
    """An RFM grid.

    Attributes:
        amount: orders, and what was paid for them.
        levels: how many levels an axis has where it is cut into equal parts.
        points: cuts of recency (days), frequency and money; empty means equal parts.
    """

    amount: Amount
    levels: int = 5
    points: tuple[Points, Points, Points] = ((), (), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class RfmAxis:
    """How an axis was cut, from the lowest level up; recency in days, so descending.

    Attributes:
        axis: its name.
        own: whether the cuts are the document's: reaching one is the next level; else passing one is.
        borders: one fewer than levels; two may be equal when many people are.
    """

    axis: str
    own: bool
    borders: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RfmCell:
    """People of one recency and frequency level, and of one money level; 0 stands for all of them.

    Attributes:
        recency: level, 1 is longest ago.
        frequency: level, 1 is fewest.
        money: level, 1 is least; 0 for all.
        people: who is there.
        share: of all buyers.
        amount: what they paid.
        per_person: the mean of that.
        crowd: these people.
    """

    recency: int
    frequency: int
    money: int
    people: int
    share: float | None
    amount: float
    per_person: float | None
    crowd: Crowd


@dataclass(frozen=True, slots=True, kw_only=True)
class RfmResult:
    """The grid of recency and frequency, and its cells by money; everybody with an order is in one cell of each."""

    method: Literal["rfm"] = "rfm"
    people: int
    crowd: Crowd
    amount: float
    axes: tuple[RfmAxis, ...]
    grid: tuple[RfmCell, ...]
    cells: tuple[RfmCell, ...]
