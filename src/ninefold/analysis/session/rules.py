"""Where sessions begin in sorted events. Pure."""

import numpy as np

from ninefold.analysis.model import Ints
from ninefold.analysis.streams import Flags, Stream, changes

from .model import Session


def begins(stream: Stream, session: Session, day: Ints) -> Flags:
    """Which events begin a session.

    Args:
        stream: bit 1 begins one, bit 2 ends one.
        session: the rules.
        day: number of each event's day.
    """
    found = stream.begins()
    found[1:] |= np.diff(stream.at) >= session.gap_ms
    if session.midnight:
        found |= changes(day)
    if session.begin is not None:
        found[stream.matching(1)] = True
    if session.end is not None:
        after = stream.matching(2 if session.begin is not None else 1) + 1
        found[after[after < len(found)]] = True
    return _cut(stream.at, found, session.longest_ms)


def _cut(at: Ints, found: Flags, longest: int) -> Flags:
    """The same, with sessions cut that last too long: at the first event past the limit, then again from there."""
    while len(at):
        first = np.maximum.accumulate(np.where(found, np.arange(len(at)), 0))
        over = at - at[first] > longest
        fresh = over.copy()
        fresh[1:] &= ~(over[:-1] & (first[1:] == first[:-1]))
        if not fresh.any():
            break
        found = found | fresh
    return found
