"""Who came back when: bounds in time for each beginning and column, and one search in the sorted events. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ninefold.analysis.counting import ranks
from ninefold.analysis.model import Ints, People
from ninefold.analysis.streams import Flags, changes


@dataclass(frozen=True, slots=True)
class Begun:
    """Beginnings: whose, in which cohort (place of the period), when; one per person and cohort, the earliest."""

    person: NDArray[np.uint32]
    cohort: Ints
    at: Ints


def begun(person: NDArray[np.uint32], at: Ints, borders: Ints, *, every: bool) -> Begun:
    """The beginnings among events.

    Args:
        person: of each event.
        at: of each event; those outside of the borders count for nothing but for being first.
        borders: where periods begin, and where the last one ends.
        every: one for each period of a person, not only the first of all.
    """
    cohort = np.searchsorted(borders, at, side="right") - 1
    order = np.lexsort((at, person))
    first = changes(person[order])
    if every:
        first |= changes(cohort[order])
    chosen = order[first]
    chosen = chosen[(cohort[chosen] >= 0) & (cohort[chosen] < len(borders) - 1)]
    return Begun(person[chosen], cohort[chosen], at[chosen])


def returned(starts: Begun, back: tuple[NDArray[np.uint32], Ints], low: Ints, high: Ints) -> Flags:
    """For each beginning, whether its person has an event in [low, high), later than the beginning.

    Args:
        starts: the beginnings.
        back: person and time of each event that counts.
        low: first ms, for each beginning.
        high: first ms after.
    """
    people: People = np.unique(starts.person)
    if not len(people) or not len(back[0]):
        return np.zeros(len(starts.person), np.bool_)
    place = np.minimum(np.searchsorted(people, back[0]), len(people) - 1)
    known = people[place] == back[0]
    owner, at = place[known].astype(np.int64), back[1][known]
    low = np.maximum(low, starts.at + 1)
    order = np.lexsort((at, owner))
    owner, at = owner[order], at[order]
    own = np.searchsorted(people, starts.person)
    found: Flags = ranks(owner, at, own, high) > ranks(owner, at, own, low)
    return found
