"""How long to wait before something that failed is tried again."""

from .keys import stable_key


def doubled(first: float, longest: float, failures: int) -> float:
    """The pause after so many failures in a row, in the unit of the first: doubled each time, up to the longest.

    >>> doubled(30, 21_600, 1), doubled(30, 21_600, 3), doubled(30, 21_600, 40)
    (30.0, 120.0, 21600)
    """
    return min(first * 2.0 ** min(failures - 1, 30), longest)


def jittered(pause: float, *name: str | int) -> float:
    """The pause with up to half of it taken away ("equal jitter"), so that what failed together does not return so.

    It is drawn from the name, so a test can foretell it.

    >>> 5 < jittered(10, "connector", "shop", 1) <= 10
    True
    """
    share = int(stable_key(*name)[:8], 16) / 2**32
    return pause * (1 - share / 2)
