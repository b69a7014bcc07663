"""The matter of an RFM tag: axes, cuts, cells, borders."""

from dataclasses import dataclass, field
from enum import StrEnum

from ninefold.segments.tags.model import NamedValue, Source


class Cut(StrEnum):
    """How people are divided along one axis."""

    QUANTILE = "quantile"
    MEAN = "mean"
    CUSTOM = "custom"


class Scale(StrEnum):
    """What an RFM tag says of a person."""

    CELLS = "cells"  # one of eight named cells, two levels per axis
    SCORES = "scores"  # three digits 1..5, "111" to "555": 125 cells

    @property
    def levels(self) -> int:
        """Levels per axis."""
        return 2 if self is Scale.CELLS else 5


AXES = ("recency", "frequency", "monetary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """How one axis is cut.

    Attributes:
        cut: the method.
        points: for ``custom``: the borders, ascending, as integers: days, orders, or minor units of the currency.
    """

    cut: Cut = Cut.QUANTILE
    points: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell(NamedValue):
    """One of the eight RFM cells: high or low on each axis, as operators in China name them."""

    levels: tuple[int, int, int]

    @property
    def code(self) -> int:
        """The levels as three digits, e.g. 222 for high on every axis."""
        recency, frequency, monetary = self.levels
        return recency * 100 + frequency * 10 + monetary


CELLS: tuple[Cell, ...] = (
    Cell(value="important_value", levels=(2, 2, 2), name_en="Champions", name_zh="重要价值客户"),
    Cell(value="important_develop", levels=(2, 1, 2), name_en="Big spenders to develop", name_zh="重要发展客户"),
    Cell(value="important_keep", levels=(1, 2, 2), name_en="Loyal big spenders to keep", name_zh="重要保持客户"),
    Cell(value="important_win_back", levels=(1, 1, 2), name_en="Big spenders to win back", name_zh="重要挽留客户"),
    Cell(value="general_value", levels=(2, 2, 1), name_en="Active regulars", name_zh="一般价值客户"),
    Cell(value="general_develop", levels=(2, 1, 1), name_en="Newcomers to develop", name_zh="一般发展客户"),
    Cell(value="general_keep", levels=(1, 2, 1), name_en="Regulars to keep", name_zh="一般保持客户"),
    Cell(value="general_win_back", levels=(1, 1, 1), name_en="Small spenders to win back", name_zh="一般挽留客户"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rfm:
    """What an RFM tag asks.

    Attributes:
        source: the events that are orders (or lines of them: lines with one order id are one order).
        currency: the one whose amounts are summed; empty means the only one there is.
        scale: eight cells or 125 scores.
        recency: days since the last order; fewer is better.
        frequency: number of orders.
        monetary: sum of money.
    """

    source: Source
    currency: str = ""
    scale: Scale = Scale.CELLS
    recency: Axis = field(default_factory=Axis)
    frequency: Axis = field(default_factory=Axis)
    monetary: Axis = field(default_factory=Axis)

    def axis(self, name: str) -> Axis:
        """One of the three axes by name."""
        return {"recency": self.recency, "frequency": self.frequency, "monetary": self.monetary}[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Borders:
    """Where the levels of a build begin, per axis, ascending; recency as minus days, so that more is better.

    A person's level on an axis is one plus the number of borders reached.
    """

    recency: tuple[int, ...] = ()
    frequency: tuple[int, ...] = ()
    monetary: tuple[int, ...] = ()

    def of(self, axis: str) -> tuple[int, ...]:
        """The borders of one axis by name."""
        return {"recency": self.recency, "frequency": self.frequency, "monetary": self.monetary}[axis]
