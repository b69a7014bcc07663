"""A funnel by brute force: every chain of events of every person is tried, one event after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from ninefold.analysis.funnel.model import Entry, Funnel, Order, Reach


@dataclass(frozen=True)
class Event:
    """What happened: whose, when (ms), which steps and exclusions it matches."""

    person: int
    at: int
    steps: frozenset[int]
    bars: frozenset[int] = frozenset()
    hold: str = ""
    day: int = 0
    session: int = 0
    name: str = field(default="", compare=False)


def order_of(event: Event, steps: int) -> tuple[int, int, int]:
    mask = sum(1 << step for step in event.steps) + sum(1 << (steps + bar) for bar in event.bars)
    return event.at, min(event.steps, default=99), mask


def parts(events: Sequence[Event], funnel: Funnel) -> Iterator[tuple[int, list[Event]]]:
    """Each person's events in order, parted by what a chain must not leave."""

    def key(event: Event) -> tuple[int, str, int]:
        within = {Reach.SPAN: 0, Reach.DAY: event.day, Reach.SESSION: event.session}[funnel.reach]
        return event.person, event.hold if funnel.hold else "", within

    for (person, *_), own in groupby(sorted(events, key=key), key=key):
        yield person, sorted(own, key=lambda event: order_of(event, len(funnel.steps)))


def people_of(events: Sequence[Event], funnel: Funnel, begin: tuple[int, int]) -> list[set[int]]:
    """Who reaches each step."""
    found: list[set[int]] = [set() for _ in funnel.steps]
    entered: set[object] = set()
    for person, own in parts(events, funnel):
        if funnel.order is Order.ANY:
            for step in range(_most(own, funnel, begin)):
                found[step].add(person)
            continue
        firsts = [k for k, event in enumerate(own) if 0 in event.steps and begin[0] <= event.at < begin[1]]
        if funnel.entry is Entry.FIRST:
            owner: object = (person, own[0].hold) if funnel.hold else person
            firsts = [] if owner in entered else firsts[:1]
            entered |= {owner} if firsts else set()
        for first in firsts:
            for step in _reached(own, funnel, first):
                found[step].add(person)
    return found


def _reached(own: list[Event], funnel: Funnel, first: int) -> set[int]:
    """All steps that any chain from one event gets to."""
    ends: dict[int, set[int]] = {0: {first}}
    for step in range(1, len(funnel.steps)):
        back = max(one for one in range(step) if not funnel.steps[one].optional)
        ends[step] = {
            here
            for here in range(len(own))
            for before in ends[back]
            if step in own[here].steps and before < here and _allowed(own, funnel, (first, before, here), (back, step))
        }
    return {step for step, places in ends.items() if places}


def _allowed(own: list[Event], funnel: Funnel, places: tuple[int, int, int], steps: tuple[int, int]) -> bool:
    first, before, here = (own[place] for place in places)
    if funnel.reach is Reach.SPAN and here.at - first.at > funnel.window_ms:
        return False
    within = funnel.steps[steps[1]].within_ms
    if within is not None and here.at - before.at > within:
        return False
    if funnel.order is Order.STRICT and places[2] - places[1] != 1:
        return False
    return not any(
        bar in event.bars and before.at < event.at < here.at
        for bar, exclusion in enumerate(funnel.exclusions)
        if exclusion.after <= steps[0] and steps[1] <= exclusion.before
        for event in own
    )


def _most(own: list[Event], funnel: Funnel, begin: tuple[int, int]) -> int:
    most = 0
    for first in own:
        if first.steps and begin[0] <= first.at < begin[1]:
            inside = [
                e
                for e in own
                if e.at >= first.at and (funnel.reach is not Reach.SPAN or e.at - first.at <= funnel.window_ms)
            ]
            most = max(most, len({step for event in inside for step in event.steps}))
    return most
