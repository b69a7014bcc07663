"""The kernel: which events of sorted streams lie on a way through the funnel. Pure; exact; no loop over people.

Of all chains that end in an event, the one from the *latest* event of the step before serves best: it began no
earlier, came to that step no earlier, and has fewer events between. (By induction over the steps: a later event that
can be reached at all is reached by a chain that began no earlier.) So one pass over the events for each step is enough,
whatever windows, windows of steps, exclusions and optional steps there are. An event stands strictly behind the one it
follows, so one event never advances two steps.
"""

from dataclasses import dataclass

import numpy as np

from ninefold.analysis.model import Ints
from ninefold.analysis.streams import Flags, Stream, changes
from ninefold.base import invalid

from .model import Entry, Funnel, Order, Reach


@dataclass(frozen=True, slots=True)
class Reached:
    """The events of a stream at which one step is reached.

    Attributes:
        place: where they are, ascending.
        start: where the chain that leads there begins, the latest one.
        parent: the event before on that chain; the event itself at the first step.
    """

    place: Ints
    start: Ints
    parent: Ints


def reached(stream: Stream, funnel: Funnel, begin: tuple[int, int]) -> tuple[Reached, ...]:
    """For each step, where it is reached by a chain that begins in a span of time.

    Args:
        stream: the steps are its lowest bits, exclusions the ones above.
        funnel: the definition.
        begin: first ms in which a chain may begin, and the first after.
    """
    if funnel.order is Order.ANY:
        return _unordered(stream, funnel, begin)
    first = stream.matching(0)
    first = first[(stream.at[first] >= begin[0]) & (stream.at[first] < begin[1])]
    if funnel.entry is Entry.FIRST and len(first):
        # a day or session is part of one way, not a new beginning; a held value is a way of its own
        owner = stream.part if funnel.hold and funnel.reach is Reach.SPAN else stream.person
        first = first[changes(owner[first])]
    found = [Reached(first, first, first)]
    barred = [stream.matching(len(funnel.steps) + place) for place in range(len(funnel.exclusions))]
    ties = _ties(stream) if barred else None
    for step in range(1, len(funnel.steps)):
        back = funnel.before(step)
        here = stream.matching(step)
        ways = _follow(stream, funnel, found[back], here, step)
        for exclusion, places in zip(funnel.exclusions, barred, strict=True):
            if exclusion.after <= back and step <= exclusion.before and ties is not None:
                ways = _pick(ways, ~_between(stream, places, ways, ties))
        found.append(ways)
    return tuple(found)


def _follow(stream: Stream, funnel: Funnel, before: Reached, here: Ints, step: int) -> Reached:
    """The events of a step that follow one at which the step before was reached."""
    if not len(before.place) or not len(here):
        return _NOWHERE
    known = np.searchsorted(before.place, here) - 1
    here, known = here[known >= 0], known[known >= 0]
    parent, start = before.place[known], before.start[known]
    fits = stream.part[parent] == stream.part[here]
    if funnel.reach is Reach.SPAN:
        fits &= stream.at[here] - stream.at[start] <= funnel.window_ms
    within = funnel.steps[step].within_ms
    if within is not None:
        fits &= stream.at[here] - stream.at[parent] <= within
    if funnel.order is Order.STRICT:
        fits &= parent == here - 1
    return Reached(here[fits], start[fits], parent[fits])


def _between(stream: Stream, barred: Ints, ways: Reached, ties: Ints) -> Flags:
    """Whether a barring event lies strictly between an event and its parent, in time."""
    if not len(barred) or not len(ways.place):
        return np.zeros(len(ways.place), np.bool_)
    known = np.searchsorted(barred, ties[ways.place]) - 1
    last = barred[np.maximum(known, 0)]
    after = stream.at[last] > stream.at[ways.parent]
    barring: Flags = (known >= 0) & (stream.part[last] == stream.part[ways.place]) & after
    return barring


def _ties(stream: Stream) -> Ints:
    """For each event the first one of its part with the same time."""
    begins = changes(stream.part) | changes(stream.at)
    return np.maximum.accumulate(np.where(begins, np.arange(len(stream)), 0))


def _pick(ways: Reached, kept: Flags) -> Reached:
    return Reached(ways.place[kept], ways.start[kept], ways.parent[kept])


def _unordered(stream: Stream, funnel: Funnel, begin: tuple[int, int]) -> tuple[Reached, ...]:
    """Bar k: events at which, in the window that ends there, k+1 different steps have been done.

    ``start`` is the earliest of the events that count (of each step the latest), ``parent`` the one before the last.
    """
    steps = len(funnel.steps)
    _refuse_overlap(stream, steps)
    count = len(stream)
    places = np.arange(count)
    firsts = np.maximum.accumulate(np.where(changes(stream.part), places, 0)) if count else places
    earliest = stream.at - funnel.window_ms if funnel.reach is Reach.SPAN else np.full(count, np.iinfo(np.int64).min)
    latest = np.full((steps, count), -1, np.int64)
    for step in range(steps):
        there = np.full(count, -1, np.int64)
        own = stream.matching(step)
        there[own] = own
        there = np.maximum.accumulate(there) if count else there
        inside = (there >= firsts) & (stream.at[np.maximum(there, 0)] >= earliest)
        latest[step] = np.where(inside, there, -1)
    # the window's first event, one of any step, must lie where chains may begin
    able = np.where((stream.at >= begin[0]) & (stream.at < begin[1]) & _listed(stream, steps), places, -1)
    able = np.maximum.accumulate(able) if count else able
    opened = (able >= firsts) & (stream.at[np.maximum(able, 0)] >= earliest)
    done = (latest >= 0).sum(axis=0)
    own_step = _listed(stream, steps)
    ranked = np.sort(latest, axis=0)  # of the counted events, the last ones at the end
    found = []
    for step in range(steps):
        here = np.flatnonzero((done > step) & opened & own_step)
        start = ranked[steps - 1 - step, here]
        parent = ranked[steps - 2, here] if step else here
        found.append(Reached(here, start, parent))
    return tuple(found)


def _listed(stream: Stream, steps: int) -> Flags:
    return ((stream.masks & np.uint32((1 << steps) - 1)) > 0)[stream.code] if len(stream) else np.zeros(0, np.bool_)


def _refuse_overlap(stream: Stream, steps: int) -> None:
    """In any order an event that fulfils two steps could count for either: such steps are refused."""
    for mask in stream.masks.tolist():
        if (mask & ((1 << steps) - 1)).bit_count() > 1:
            raise invalid(
                "overlapping_steps",
                "in any order, an event may fulfil only one of the steps",
                field="funnel.steps",
                got=", ".join(f"step {bit + 1}" for bit in range(steps) if mask >> bit & 1),
                allowed="steps that no event fulfils at once",
                hint="tell the steps apart by where, or use order: ordered",
            )


_NOWHERE = Reached(*(np.zeros(0, np.int64) for _ in range(3)))
