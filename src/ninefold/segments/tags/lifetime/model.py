"""What the lifetime models are given and what they find."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histories:
    """Purchase histories, one entry per customer in each array; time in weeks.

    Attributes:
        repeats: purchases after the first (days with a purchase count once).
        last: time from the first purchase to the last; 0 without repeats.
        age: time from the first purchase to the base time.
        spend: mean amount of a repeat purchase in the major unit; 0 without repeats.
    """

    repeats: Floats
    last: Floats
    age: Floats
    spend: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Buying:
    """Parameters of the BG/NBD model.

    Customers buy at rates spread as Gamma(r, alpha) and drop out after a purchase with probabilities spread as
    Beta(a, b). Source: Fader, Hardie, Lee, "Counting your customers the easy way", Marketing Science 24 (2005).
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Parameters of the Gamma-Gamma model of the mean amount of a purchase.

    Amounts are Gamma(p, v) around a customer's own mean, whose rate is spread as Gamma(q, gamma). Source: Fader,
    Hardie, "The Gamma-Gamma model of monetary value" (2013).
    """

    p: float
    q: float
    gamma: float
    log_likelihood: float
