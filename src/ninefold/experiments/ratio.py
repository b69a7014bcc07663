"""Did the arms come out in the sizes that were ordered? If not, the comparison is not to be believed."""

from dataclasses import dataclass

from scipy import special

from ninefold.base import BUCKETS, invalid

RATIO_ALPHA = 0.001
_NORMAL_FROM = 5  # fewest expected people in an arm for the chi-square approximation


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRatio:
    """The sample-ratio check of two arms.

    Attributes:
        control: people found in the control arm.
        treated: people found in the treated arm.
        expected_control: people that the hold-out share puts into the control arm, on average.
        p_value: probability of so large a deviation by chance.
        flagged: p is below 0.001: look for people who are lost from one arm before reading any lift.
        reason: why there is no check: ``no_holdout``, ``empty``, ``not_assigned_here`` or ``share_changed``.
    """

    control: int
    treated: int
    expected_control: float | None = None
    p_value: float | None = None
    flagged: bool = False
    reason: str = ""


def sample_ratio(control: int, treated: int, *, holdout: int) -> SampleRatio:
    """Check arm sizes against the hold-out share.

    Chi-square with one degree of freedom, flagged below p = 0.001 (Fabijan et al., "Diagnosing sample ratio mismatch
    in online controlled experiments", KDD 2019); the exact binomial test where an arm is expected below 5 people.

    Args:
        control: people in the control arm.
        treated: people in the treated arm.
        holdout: share of the control arm in basis points, 0 to 10,000.

    >>> sample_ratio(520, 480, holdout=5000).flagged, sample_ratio(600, 400, holdout=5000).flagged
    (False, True)
    """
    if not 0 <= holdout <= BUCKETS:
        raise invalid("bad_holdout", "hold-out share out of range", field="holdout", got=holdout, allowed="0 to 10000")
    if control < 0 or treated < 0:
        raise invalid("bad_size", "an arm cannot have fewer than no people", field="size", got=(control, treated))
    n, share = control + treated, holdout / BUCKETS
    if n == 0:
        return SampleRatio(control=0, treated=0, reason="empty")
    if holdout in {0, BUCKETS}:  # one arm by design: anybody in the other is a defect, not chance
        stray = control if holdout == 0 else treated
        return SampleRatio(
            control=control, treated=treated, expected_control=n * share, flagged=stray > 0, reason="no_holdout"
        )
    expected = n * share
    if min(expected, n - expected) >= _NORMAL_FROM:
        chi_square = (control - expected) ** 2 / expected + (treated - (n - expected)) ** 2 / (n - expected)
        p = float(special.chdtrc(1, chi_square))
    else:
        below = float(special.bdtr(control, n, share))
        above = float(special.bdtrc(control - 1, n, share)) if control else 1.0
        p = min(1.0, 2 * min(below, above))
    return SampleRatio(control=control, treated=treated, expected_control=expected, p_value=p, flagged=p < RATIO_ALPHA)
