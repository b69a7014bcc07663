"""Which events make a pair: one pass over sorted events. Pure."""

import numpy as np

from ninefold.analysis.model import Ints
from ninefold.analysis.streams import Stream, changes

from .model import Interval, Pairing


def paired(stream: Stream, interval: Interval, begin: tuple[int, int]) -> tuple[Ints, Ints]:
    """Beginnings in a span of time, and the end of each; -1 for none.

    Args:
        stream: bit 0 begins, bit 1 ends.
        interval: the definition.
        begin: first ms of the span, and the first after it.
    """
    starts, ends = stream.matching(0), stream.matching(1)
    place = np.searchsorted(ends, starts, side="right")
    closed = np.where(place < len(ends), np.append(ends, -1)[place], -1)
    fits = (closed >= 0) & (stream.part[closed] == stream.part[starts]) if len(stream) else closed >= 0
    fits &= stream.at[closed] - stream.at[starts] <= interval.within_ms if len(stream) else fits
    inside = (stream.at[starts] >= begin[0]) & (stream.at[starts] < begin[1])
    if interval.pairing is Pairing.NEAREST:
        last = np.ones(len(starts), np.bool_)  # of all beginnings that the same end would close
        last[:-1] = (place[1:] != place[:-1]) | (stream.part[starts[1:]] != stream.part[starts[:-1]])
        fits &= last
    if interval.pairing is Pairing.FIRST:
        starts, closed, fits = starts[inside], closed[inside], fits[inside]
        inside = changes(stream.part[starts])
    return starts[inside], np.where(fits, closed, -1)[inside]
