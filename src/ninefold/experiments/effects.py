"""How much an outcome differs between the treated and the control arm, and how sure that is.

Two-sided Welch comparisons from sufficient statistics. Where a number cannot honestly be given it is absent and
``reason`` says why; nothing is ever filled in.
"""

import math
from dataclasses import dataclass

from scipy import special

from ninefold.base import invalid

from .samples import Sample

# Below this many standard errors from zero the control mean makes the delta method's interval unreliable.
CAUTION_CONTROL_MEAN = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """A difference between two arms.

    Attributes:
        estimate: treated against control; in units of the outcome (absolute) or as a share (relative, 0.05 = 5 %).
        low: lower end of the confidence interval.
        high: upper end.
        error: standard error of the estimate.
        freedom: Welch-Satterthwaite degrees of freedom.
        p_value: two-sided, of no difference.
        reason: why something above is absent: ``empty_arm``, ``one_member_arm``, ``no_variance``,
            ``zero_control_mean``, ``negative_control_mean``. Empty when all is there.
        caution: ``uncertain_control_mean`` when the relative interval stands on shaky ground.
    """

    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    error: float | None = None
    freedom: float | None = None
    p_value: float | None = None
    reason: str = ""
    caution: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both ways to state the difference of one outcome between two arms."""

    control: Sample
    treated: Sample
    confidence: float
    absolute: Lift
    relative: Lift


def absolute_lift(control: Sample, treated: Sample, *, confidence: float = 0.95) -> Lift:
    """Difference of the means, treated minus control, with Welch's interval.

    se^2 = vB/nB + vA/nA; degrees of freedom (vB/nB + vA/nA)^2 / ((vB/nB)^2/(nB-1) + (vA/nA)^2/(nA-1)).
    Source: B. L. Welch, "The generalization of Student's problem", Biometrika 34 (1947); same as GrowthBook's
    ``TwoSidedTTest`` with ``difference_type="absolute"``.

    >>> control = Sample(n=3407, total=1396.87, squares=52377.9767)
    >>> treated = Sample(n=3461, total=2422.7, squares=134698.29)
    >>> lift = absolute_lift(control, treated)
    >>> [round(x, 5) for x in (lift.estimate, lift.low, lift.high, lift.p_value)]
    [0.29, 0.04538, 0.53462, 0.02016]
    """
    _check(confidence)
    if control.mean is None or treated.mean is None:
        return Lift(reason="empty_arm")
    estimate = treated.mean - control.mean
    parts = _error_parts(control, treated)
    if isinstance(parts, str):
        return Lift(estimate=estimate, reason=parts)
    return _interval(estimate, math.sqrt(parts[0] + parts[1]), _freedom(control, treated, *parts), confidence)


def relative_lift(control: Sample, treated: Sample, *, confidence: float = 0.95) -> Lift:
    """Difference of the means as a share of the control mean, by the delta method.

    se^2 = vB/nB/mA^2 + vA/nA * mB^2/mA^4, Welch's degrees of freedom. Source: A. Deng et al., "Applying the delta
    method in metric analytics" (KDD 2018), section 3.1; same as GrowthBook's ``TwoSidedTTest`` with
    ``difference_type="relative"``. A share of a control mean that is zero or below says nothing, so it is absent.

    >>> lift = relative_lift(Sample.of_successes(14, 28), Sample.of_successes(16, 30))
    >>> [round(x, 5) for x in (lift.estimate, lift.low, lift.high, lift.p_value)]
    [0.06667, -0.47767, 0.61101, 0.80707]
    """
    _check(confidence)
    if control.mean is None or treated.mean is None:
        return Lift(reason="empty_arm")
    if control.mean <= 0:
        return Lift(reason="zero_control_mean" if control.mean == 0 else "negative_control_mean")
    estimate = (treated.mean - control.mean) / control.mean
    parts = _error_parts(control, treated)
    if isinstance(parts, str):
        return Lift(estimate=estimate, reason=parts)
    treated_part, control_part = parts
    error = math.sqrt(treated_part / control.mean**2 + control_part * treated.mean**2 / control.mean**4)
    if error == 0:  # only the control arm varies and the treated mean is 0: minus 100 %, with no spread of its own
        return Lift(estimate=estimate, reason="no_variance")
    shaky = control.mean < CAUTION_CONTROL_MEAN * math.sqrt(control_part)
    return _interval(
        estimate,
        error,
        _freedom(control, treated, *parts),
        confidence,
        caution="uncertain_control_mean" if shaky else "",
    )


def compare(control: Sample, treated: Sample, *, confidence: float = 0.95) -> Comparison:
    """The absolute and the relative lift of the treated over the control arm."""
    return Comparison(
        control=control,
        treated=treated,
        confidence=confidence,
        absolute=absolute_lift(control, treated, confidence=confidence),
        relative=relative_lift(control, treated, confidence=confidence),
    )


def _check(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise invalid("bad_confidence", "confidence is a share", field="confidence", got=confidence, allowed="0 to 1")


def _error_parts(control: Sample, treated: Sample) -> tuple[float, float] | str:
    """The squared standard errors of the treated and the control mean, or the reason why there are none."""
    if min(control.n, treated.n) < 2 or control.variance is None or treated.variance is None:
        return "one_member_arm"
    if control.variance == 0 and treated.variance == 0:
        return "no_variance"
    return treated.variance / treated.n, control.variance / control.n


def _freedom(control: Sample, treated: Sample, treated_part: float, control_part: float) -> float:
    whole = treated_part + control_part
    b, a = treated_part / whole, control_part / whole  # shares first: no overflow, no underflow
    return 1 / (b * b / (treated.n - 1) + a * a / (control.n - 1))


def _interval(estimate: float, error: float, freedom: float, confidence: float, *, caution: str = "") -> Lift:
    half = float(special.stdtrit(freedom, 1 - (1 - confidence) / 2)) * error
    return Lift(
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        error=error,
        freedom=freedom,
        p_value=2 * float(special.stdtr(freedom, -abs(estimate / error))),
        caution=caution,
    )
