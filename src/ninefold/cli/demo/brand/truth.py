"""What is true of the generated brand: who owns which identifier, what can be known, how large each segment is.

Pure. A *component* is a set of identifiers of one person that data connects: what a perfect OneID could find. It is
computed by brute force from what the touches show, never by the code that is being tested.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .people import Flags, Ints, People
from .plan import BODY, CITIES, NAMESPACES, ORDER, SHARED, Kind
from .touches import Touches, bits, pick

_NO_EVIDENCE = bits(*SHARED)
_ALL = (1 << len(Kind)) - 1
_SHANGHAI = next(i for i, (name, _, _) in enumerate(CITIES) if name == "Shanghai")

DORMANT, REGULARS, SCALES = "dormant_buyers", "shanghai_regulars", "scale_owners"


@dataclass(frozen=True, kw_only=True)
class BlockTruth:
    """What is true of one block.

    Attributes:
        identifiers: columns namespace, value, person, component, shared, until_ms; one row per identifier and owner.
        people: people of the block.
        components: sets of connected identifiers.
        segments: true size of each segment, in components.
        revenue_minor: money of all orders.
        orders: number of orders.
        events: number of events by name, repeats and broken rows not counted.
    """

    identifiers: pa.Table
    people: int
    components: int
    segments: dict[str, int]
    revenue_minor: int
    orders: int
    events: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What is true of the whole brand; the sum of its blocks."""

    identifiers: pa.Table
    people: int
    components: int
    segments: dict[str, int]
    revenue_minor: int
    orders: int
    events: dict[str, int]


def join_truths(blocks: Iterable[BlockTruth]) -> Truth:
    """The truth of a brand from the truths of its blocks; they share no identifier."""
    parts = list(blocks)
    return Truth(
        identifiers=pa.concat_tables([part.identifiers for part in parts]),
        people=sum(part.people for part in parts),
        components=sum(part.components for part in parts),
        segments={key: sum(part.segments[key] for part in parts) for key in (DORMANT, REGULARS, SCALES)},
        revenue_minor=sum(part.revenue_minor for part in parts),
        orders=sum(part.orders for part in parts),
        events=dict(sum((Counter(part.events) for part in parts), Counter())),
    )


def block_truth(people: People, touches: Sequence[Touches]) -> BlockTruth:
    """The truth of a block from what its people did.

    Args:
        people: the block.
        touches: everything that is delivered, each thing once, without repeats and broken rows.
    """
    seen, linked = _evidence(len(people), touches)
    component = _components(linked)
    orders = [touch for touch in touches if touch.name == ORDER]
    events: Counter[str] = Counter()
    for touch in touches:
        events[touch.name] += len(touch)
    return BlockTruth(
        identifiers=_identifiers(people, seen, component),
        people=len(people),
        components=len(np.unique(component[(seen & ~_NO_EVIDENCE)[:, None] >> np.arange(len(Kind)) & 1 == 1])),
        segments=_segments(people, touches, component),
        revenue_minor=sum(int(touch.amount.sum()) for touch in orders if touch.amount is not None),
        orders=sum(map(len, orders)),
        events=dict(events),
    )


def _evidence(count: int, touches: Sequence[Touches]) -> tuple[Ints, Ints]:
    """Identifiers seen of each person as a mask, shape (n,); per identifier, those seen with it, shape (n, kinds)."""
    seen = np.zeros(count, np.int64)
    linked = np.zeros((count, len(Kind)), np.int64)
    for touch in touches:
        pairs = np.unique(touch.person << len(Kind) | touch.shows)
        person, shows = pairs >> len(Kind), pairs & _ALL
        np.bitwise_or.at(seen, person, shows)
        for kind in Kind:
            here = shows >> kind & 1 == 1
            if kind not in SHARED and here.any():
                np.bitwise_or.at(linked[:, kind], person[here], shows[here] & ~_NO_EVIDENCE)
    return seen, linked


def _components(linked: Ints) -> Ints:
    """The component of each person's identifiers, shape (n, kinds), named by person and lowest kind (Warshall 1962)."""
    reach = linked.copy()
    for via in Kind:
        through = reach[:, via].copy()
        for kind in Kind:
            reach[:, kind] |= np.where(reach[:, kind] >> via & 1 == 1, through, 0)
    lowest = reach & -reach
    person = np.arange(len(linked), dtype=np.int64)[:, None]
    return person << len(Kind) | lowest


def _of_touch(touch: Touches, component: Ints) -> Ints:
    """The component each touch belongs to; -1 where it shows only what several people share."""
    own = touch.shows & ~_NO_EVIDENCE
    lowest = np.log2(np.maximum(own & -own, 1)).astype(np.int64)
    return pick(own > 0, component[touch.person, lowest], -1)


def _identifiers(people: People, seen: Ints, component: Ints) -> pa.Table:
    tables = []
    for kind in Kind:
        owners = np.flatnonzero(seen >> kind & 1 == 1)
        until = np.full(len(owners), people.plan.end_ms, np.int64)
        if kind is Kind.PHONE:
            until = np.minimum(until, people.changed_ms[owners])
        shared = kind in SHARED
        tables.append(
            pa.table(
                {
                    "namespace": pa.array([NAMESPACES[kind]] * len(owners), pa.string()),
                    "value": pa.array(people.values[kind][owners], pa.string()),
                    "person": pa.array(people.index[owners]),
                    "component": pa.array(_whole(people, component[owners, kind])),
                    "shared": pa.array(np.full(len(owners), shared)),
                    "until_ms": pa.array(until),
                }
            )
        )
    return pa.concat_tables(tables)


def _whole(people: People, component: Ints) -> Ints:
    """Names of components that are unique in the brand, not only in the block."""
    return component + (int(people.index[0]) << len(Kind))


def _segments(people: People, touches: Sequence[Touches], component: Ints) -> dict[str, int]:
    """Sizes by brute force over the components."""
    orders = [touch for touch in touches if touch.name == ORDER]
    buyer = np.concatenate([_of_touch(touch, component) for touch in orders])
    when = np.concatenate([touch.ts for touch in orders])
    buyers, place, count = np.unique(buyer, return_inverse=True, return_counts=True)
    last = np.zeros(len(buyers), np.int64)
    np.maximum.at(last, place, when)
    known = buyers >= 0
    told = [_of_touch(touch, component)[people.city[touch.person] == _SHANGHAI] for touch in touches if touch.city]
    in_shanghai: NDArray[np.int64] = np.unique(np.concatenate(told))
    measured = [
        _of_touch(touch, component)[touch.ts >= people.plan.recent_ms] for touch in touches if touch.name == BODY
    ]
    regular: Flags = np.isin(buyers, in_shanghai) & (count >= 3)
    return {
        DORMANT: int((known & (last < people.plan.recent_ms)).sum()),
        REGULARS: int((known & regular).sum()),
        SCALES: len(np.unique(np.concatenate(measured))),
    }
