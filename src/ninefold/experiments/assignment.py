"""Who is held out: a sticky hash, the same on every machine and after every restart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ninefold.base import BUCKETS, bucket, invalid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assignment:
    """Arms of many people, in the order they were given.

    Attributes:
        bucket: 0 to 9,999 per person, shape (n,).
        control: True where the person is held out, shape (n,).
    """

    bucket: NDArray[np.int64]
    control: NDArray[np.bool_]


def assign(oneids: NDArray[np.uint32], *, key: str, salt_version: int, holdout: int) -> Assignment:
    """Put people into the control arm by hash; buckets below ``holdout`` are control.

    Raising the share later only moves people from treated to control that were just above the line; lowering it
    does the reverse; another salt version draws anew, independently.

    Args:
        oneids: root ids of the people, shape (n,).
        key: what is tested, e.g. the campaign key.
        salt_version: counts deliberate redraws.
        holdout: share held out in basis points: 1,000 is 10 %.

    >>> arms = assign(np.arange(100_000, dtype=np.uint32), key="spring", salt_version=1, holdout=1000)
    >>> 9_700 < int(arms.control.sum()) < 10_300
    True
    """
    if not 0 <= holdout <= BUCKETS:
        raise invalid("bad_holdout", "hold-out share out of range", field="holdout", got=holdout, allowed="0 to 10000")
    buckets = bucket(f"{key}#{salt_version}", oneids)
    return Assignment(bucket=buckets, control=buckets < holdout)
