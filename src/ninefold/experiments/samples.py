"""What an experiment needs to know of one arm: how many, their sum, their sum of squares. Nothing per person.

Samples of disjoint people add up, so they can be counted by day, shard or part and summed afterwards.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ninefold.base import invalid

_ROUNDING = 1e-12  # a spread below this share of the sum of squares is floating-point noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Sufficient statistics of one arm for the comparison of means.

    Integers (money in minor units, counts) are kept exact, whatever their size.

    Attributes:
        n: people in the arm, also those whose outcome is 0.
        total: sum of the outcome over them.
        squares: sum of the squared outcome over them.
        binary: the outcome is yes or no, so its variance is p (1 - p) rather than the sample variance.
    """

    n: int
    total: float
    squares: float
    binary: bool = False

    def __post_init__(self) -> None:
        if self.n < 0 or not math.isfinite(self.total) or not math.isfinite(self.squares):
            raise _impossible(self)
        if self.n == 0 and (self.total != 0 or self.squares != 0):
            raise _impossible(self)
        if self.squares * self.n < self.total * self.total * (1 - 1e-9):  # Cauchy and Schwarz
            raise _impossible(self)
        if self.binary and not (0 <= self.total <= self.n and self.squares == self.total):
            raise _impossible(self)

    @classmethod
    def of(cls, values: NDArray[np.number]) -> Self:
        """The statistics of one outcome per person.

        >>> Sample.of(np.array([1.0, 3.0])).variance
        2.0
        """
        if np.issubdtype(values.dtype, np.integer):
            exact = values.astype(object)  # Python integers do not overflow
            return cls(n=len(exact), total=int(exact.sum()), squares=int((exact * exact).sum()))
        plain = values.astype(np.float64)
        return cls(n=len(plain), total=float(plain.sum()), squares=float((plain * plain).sum()))

    @classmethod
    def of_successes(cls, successes: int, n: int) -> Self:
        """The statistics of a yes-or-no outcome: so many yes among n people."""
        return cls(n=n, total=successes, squares=successes, binary=True)

    def __add__(self, other: "Sample") -> "Sample":
        if self.binary is not other.binary:
            raise invalid("mixed_samples", "a yes-or-no outcome cannot be added to a measured one")
        return Sample(
            n=self.n + other.n, total=self.total + other.total, squares=self.squares + other.squares, binary=self.binary
        )

    @property
    def mean(self) -> float | None:
        """Outcome per person; nothing for an empty arm."""
        return self.total / self.n if self.n else None

    @property
    def variance(self) -> float | None:
        """Variance of the outcome between people; nothing where it cannot be known.

        A measured outcome has (squares - total^2 / n) / (n - 1), which needs two people; a yes-or-no outcome has
        p (1 - p), the form GrowthBook and most textbooks use for a proportion.
        """
        if self.binary:
            return self.total * (self.n - self.total) / self.n**2 if self.n else None
        if self.n < 2:
            return None
        spread = self.n * self.squares - self.total * self.total
        if not (isinstance(self.total, int) and isinstance(self.squares, int)):
            spread = spread if spread > _ROUNDING * self.n * self.squares else 0.0
        return spread / (self.n * (self.n - 1))


def _impossible(sample: Sample) -> Exception:
    return invalid(
        "impossible_sample",
        "no set of people has these statistics",
        field="sample",
        got=f"n={sample.n} total={sample.total} squares={sample.squares}",
        allowed="n >= 0, n * squares >= total^2, finite; for yes or no 0 <= total <= n and squares = total",
    )
