"""Stages of people from the periods in which they were active. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ninefold.analysis.counting import pairs, people_of
from ninefold.analysis.model import Ints, People
from ninefold.analysis.streams import changes

from .model import Stage

_STAGES = tuple(Stage)


@dataclass(frozen=True, slots=True)
class Staged:
    """Who is in which stage in which period; a person stands under active and under one more, or under dormant."""

    person: Ints
    period: Ints
    stage: Ints

    def people(self, period: int, stage: Stage) -> People:
        """The people of a stage in a period."""
        return people_of(self.person[(self.period == period) & (self.stage == _STAGES.index(stage))])

    def sizes(self, periods: int) -> NDArray[np.int64]:
        """People by period and stage."""
        found = np.bincount(self.period * len(_STAGES) + self.stage, minlength=periods * len(_STAGES))
        return found.reshape(periods, len(_STAGES)).astype(np.int64)


def staged(person: NDArray[np.uint32], period: Ints, earlier: People, periods: int) -> Staged:
    """The stages of people.

    Args:
        person: of each event.
        period: place of its period; -1 is the one right before the first, anything less is earlier.
        earlier: people who were active before all of these events.
        periods: how many there are.
    """
    known = np.union1d(earlier, person[period < -1])
    recent = period >= -1
    owner, place = pairs(person[recent], period[recent] + 1)
    order = np.lexsort((place, owner))
    owner, place = owner[order], place[order] - 1
    first = changes(owner)
    gap = np.diff(place, prepend=0)
    fresh = first & ~np.isin(owner, known)
    stage = np.where(
        fresh,
        _STAGES.index(Stage.NEW),
        np.where(~first & (gap == 1), _STAGES.index(Stage.RETURNING), _STAGES.index(Stage.RESURRECTED)),
    )
    follows = np.append(~first[1:] & (gap[1:] == 1), False) if len(owner) else first
    left = ~follows & (place + 1 < periods)
    inside = place >= 0
    groups = (
        (owner[inside], place[inside], np.full(int(inside.sum()), _STAGES.index(Stage.ACTIVE))),
        (owner[inside], place[inside], stage[inside]),
        (owner[left], place[left] + 1, np.full(int(left.sum()), _STAGES.index(Stage.DORMANT))),
    )
    return Staged(*(np.concatenate([one[k] for one in groups]).astype(np.int64) for k in range(3)))


def within(owner: Ints, day: Ints, span: int, days: int) -> Ints:
    """For each day how many people were active on it or one of the days before, ``span`` in all.

    Args:
        owner: of different pairs (owner, day).
        day: their days, from 0.
        span: how many days count.
        days: how many days there are.
    """
    order = np.lexsort((day, owner))
    owner, day = owner[order], day[order]
    last = day + span
    if len(day):
        again = owner[1:] == owner[:-1]
        last[:-1] = np.where(again, np.minimum(last[:-1], day[1:]), last[:-1])
    steps = np.bincount(day, minlength=days + span + 1) - np.bincount(last, minlength=days + span + 1)
    return np.cumsum(steps)[:days].astype(np.int64)
