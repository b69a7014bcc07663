"""A region of the ledger derived anew: whole components, with everything that ever connected them. Pure.

A region is closed: no pair that might join leads out of it. So what :func:`judge` says of it is what a full rebuild
would say, whatever arrived when.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ninefold.identity.model import Action, IdentityRules, Reason

from .derive import Meetings, derive, suspicious
from .encode import Flags, Ints
from .pairs import EVER, NEVER, Pairs, pairs_of
from .union import components, least

NOBODY = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Stored identifiers, and the pairs among them.

    Attributes:
        id: number of each identifier, ascending; an identifier of the present batch has none (0) and stands behind.
        name: namespaces.
        value: values.
        since_ms: start of each identifier's span.
        oneid: present person of each, 0 for none.
        origin: home number of each, 0 for none.
        usable: whether each takes part.
        first_ms: when each was seen first.
        until_ms: end of each identifier's span; the largest number while it goes on.
        pairs: the pairs, by place in the columns above.
    """

    id: Ints
    name: tuple[str, ...]
    value: tuple[str, ...]
    since_ms: Ints
    oneid: Ints
    origin: Ints
    usable: Flags
    first_ms: Ints
    until_ms: Ints
    pairs: Pairs

    @property
    def people(self) -> Ints:
        """The people of the region, ascending."""
        return np.unique(self.oneid[self.oneid > 0])


def no_region() -> Region:
    """A region with nothing in it."""
    none = np.empty(0, dtype=np.int64)
    return Region(
        id=none, name=(), value=(), since_ms=none, oneid=none, origin=none, usable=none.astype(np.bool_),
        first_ms=none, until_ms=none,
        pairs=pairs_of(np.empty((0, 6), dtype=np.int64)),
    )  # fmt: skip


def with_homes(region: Region, places: Ints, homes: Ints, first_ms: Ints) -> Region:
    """The region after some of its identifiers got their home numbers, and were seen, maybe for the first time."""
    origin, first = region.origin.copy(), region.first_ms.copy()
    origin[places] = homes
    np.minimum.at(first, places, first_ms)
    return replace(region, origin=origin, first_ms=first)


def extended(region: Region, names: Sequence[str], values: Sequence[str], edges: Ints) -> tuple[Region, Ints]:
    """The region with new identifiers and further meetings.

    Args:
        region: the region.
        names: namespaces of the new identifiers; they stand behind the others, in this order.
        values: their values.
        edges: shape (k, 5): two places each, when the two met first, 1 where they are one value in two hash states, and
            when they met last.

    Returns:
        The larger region, and the place of each edge among its pairs.
    """
    fresh = len(names)
    zeros = np.zeros(fresh, dtype=np.int64)
    size = len(region.id) + fresh
    a, b = np.minimum(edges[:, 0], edges[:, 1]), np.maximum(edges[:, 0], edges[:, 1])
    old = region.pairs
    keys, at = np.unique(np.concatenate([old.a * size + old.b, a * size + b]), return_inverse=True)
    were, added = at[: len(old.a)], at[len(old.a) :]
    seen = np.full(len(keys), EVER)
    seen[were] = old.seen_ms
    np.minimum.at(seen, added, edges[:, 2])
    last = np.full(len(keys), NEVER)
    last[were] = old.last_ms
    np.maximum.at(last, added, edges[:, 4])
    same = np.zeros(len(keys), dtype=np.bool_)
    same[were] = old.same
    same[added[edges[:, 3] > 0]] = True

    def spread(column: Ints) -> Ints:
        wide = np.zeros(len(keys), dtype=column.dtype)
        wide[were] = column
        return wide

    pairs = Pairs(
        a=keys // max(size, 1), b=keys % max(size, 1), seen_ms=seen, assertion=spread(old.assertion),
        action=spread(old.action), reason=spread(old.reason), must=spread(old.must.astype(np.int64)) > 0,
        cannot=spread(old.cannot.astype(np.int64)) > 0, same=same, last_ms=last,
        follows=spread(old.follows.astype(np.int64)) > 0,
    )  # fmt: skip
    larger = Region(
        id=np.concatenate([region.id, zeros]),
        name=(*region.name, *names),
        value=(*region.value, *values),
        since_ms=np.concatenate([region.since_ms, np.full(fresh, np.iinfo(np.int64).min)]),
        oneid=np.concatenate([region.oneid, zeros]),
        origin=np.concatenate([region.origin, zeros]),
        usable=np.concatenate([region.usable, np.ones(fresh, dtype=np.bool_)]),
        first_ms=np.concatenate([region.first_ms, np.full(fresh, EVER)]),
        until_ms=np.concatenate([region.until_ms, np.full(fresh, EVER)]),
        pairs=pairs,
    )
    return larger, added


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Who is whom in a region.

    Attributes:
        root: person of each identifier after the derivation, 0 where nothing of its cluster has a number.
        label: cluster of each identifier.
        contested: whether each identifier is in a component in which a rule was offended or an operator decided.
        action: verdict on each pair, 0 for a pair that is no edge.
        reason: why.
        space: namespace over which, as its place in `spaces`; else -1.
        spaces: all namespaces of the region, strongest first.
    """

    root: Ints
    label: Ints
    contested: Flags
    action: Ints
    reason: Ints
    space: Ints
    spaces: tuple[str, ...]


def judge(region: Region, rules: IdentityRules) -> Judged:
    """Derive the clusters of a region under the rules; the smallest home number of a cluster is its person."""
    known, edges = meetings_of(region, rules)
    found = derive(known)
    live = region.usable[known.a] & region.usable[known.b]
    whole, _, marked = suspicious(known, live)
    touched = [known.a[live & ((found.reason != Reason.NONE) | known.special)], known.apart.reshape(-1)]
    marked[whole[np.concatenate(touched)]] = True
    action, reason = np.zeros(len(region.pairs.a), dtype=np.int64), np.zeros(len(region.pairs.a), dtype=np.int64)
    space = np.full(len(region.pairs.a), -1, dtype=np.int64)
    action[edges] = np.where(found.reason == Reason.NONE, int(Action.ASSERT), int(Action.REFUSE))
    reason[edges], space[edges] = found.reason, found.space
    return Judged(
        root=roots_of(found.label, region.origin),
        label=found.label,
        contested=marked[whole],
        action=action,
        reason=reason,
        space=space,
        spaces=tuple(rule.name for rule in known.rules),
    )


def roots_of(label: Ints, origin: Ints) -> Ints:
    """The smallest home number of each identifier's cluster, 0 when the cluster has none."""
    root = least(label, int(label.max(initial=-1)) + 1, np.where(origin > 0, origin, EVER), absent=EVER)[label]
    root[root == EVER] = NOBODY
    return root


def meetings_of(region: Region, rules: IdentityRules) -> tuple[Meetings, Ints]:
    """The region as the derivation wants it, and which of its pairs are edges."""
    ordered = sorted((rules.of(name) for name in set(region.name)), key=lambda rule: (rule.priority, rule.name))
    code = {rule.name: k for k, rule in enumerate(ordered)}
    space = np.array([code[name] for name in region.name], dtype=np.int64)
    keys = list(zip(space.tolist(), region.value, region.since_ms.tolist(), strict=True))
    tie = np.empty(len(keys), dtype=np.int64)
    tie[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    numbers: dict[tuple[int, str], int] = {}
    value = np.array([numbers.setdefault(key[:2], len(numbers)) for key in keys], dtype=np.int64)
    pairs = region.pairs
    if pairs.same.any():  # a value and its hashes are one value
        value = components(len(numbers), value[pairs.a[pairs.same]], value[pairs.b[pairs.same]])[value]
    edges = np.flatnonzero(pairs.joining)
    known = Meetings(
        space=space, value=value, tie=tie, usable=region.usable, a=pairs.a[edges], b=pairs.b[edges],
        seen_ms=pairs.seen_ms[edges], must=pairs.must[edges], same=pairs.same[edges],
        apart=np.stack([pairs.a[pairs.cannot], pairs.b[pairs.cannot]], axis=1), rules=ordered,
        first_ms=region.first_ms, ended=region.until_ms < EVER, breaker=rules.breaker,
        last_ms=pairs.last_ms[edges], follows=pairs.follows[edges],
    )  # fmt: skip
    return known, edges
