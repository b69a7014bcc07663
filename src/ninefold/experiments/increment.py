"""What a campaign brought on top of what would have happened anyway: in money or in conversions, minus its cost."""

from dataclasses import dataclass

from .effects import absolute_lift
from .samples import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Increment:
    """The extra outcome of all treated people together, in the unit of the outcome (minor units for money).

    Attributes:
        total: (mean of treated - mean of control) x treated people.
        low: lower end of its confidence interval.
        high: upper end.
        cost: what the treatment cost, in the same unit.
        net: total minus cost.
        net_low: lower end for net; the cost is taken as known exactly.
        net_high: upper end for net.
        reason: why something is absent, as in :class:`Lift`.
    """

    total: float | None
    low: float | None
    high: float | None
    cost: int
    net: float | None
    net_low: float | None
    net_high: float | None
    reason: str


def increment(control: Sample, treated: Sample, *, cost: int = 0, confidence: float = 0.95) -> Increment:
    """The increment of the treated arm and its interval: the absolute lift times the number of treated people.

    By intention to treat: people who were to be treated count, reached or not. The number of treated people is
    taken as given, so the interval is the absolute lift's (Welch) times that number.

    >>> control, treated = Sample(n=4, total=40, squares=420), Sample(n=10, total=150, squares=2300)
    >>> increment(control, treated, cost=20).net
    30.0
    """
    lift = absolute_lift(control, treated, confidence=confidence)

    def scaled(value: float | None, minus: int = 0) -> float | None:
        return None if value is None else value * treated.n - minus

    return Increment(
        total=scaled(lift.estimate),
        low=scaled(lift.low),
        high=scaled(lift.high),
        cost=cost,
        net=scaled(lift.estimate, cost),
        net_low=scaled(lift.low, cost),
        net_high=scaled(lift.high, cost),
        reason=lift.reason,
    )
