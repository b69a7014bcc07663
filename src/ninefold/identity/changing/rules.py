"""What another derivation makes of people: who becomes one, who several, and which pairs decide it. Pure, in arrays.

Only what is listed one by one (a few thousand people, the largest first) is looked at in a loop.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ninefold.identity.changes import Tried
from ninefold.identity.model import Action, Reason
from ninefold.identity.rules.encode import Flags, Ints
from ninefold.identity.rules.union import components

from .model import Asked, ChangedKind, Counts, Part

LISTED_MAX = 2_000  # people of a kind that are listed one by one
MEMBERS_MAX = 20
CAUSES_MAX = 5
LARGEST = 10
PART = 10_000  # accounts that are asked about at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """People who change, by numbers of people and identifiers.

    Attributes:
        kind: how.
        identifiers: how many they have together.
        before: people now.
        after: people then.
        members: some of their identifiers: number, person now, person then.
        causes: some pairs that decide it: two identifiers, reason, namespace.
    """

    kind: ChangedKind
    identifiers: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    members: tuple[tuple[int, int, int], ...]
    causes: tuple[tuple[int, int, str, str], ...]


def counts_of(tried: Tried) -> Counts:
    """What changes, in numbers."""
    region, judged = tried.region, tried.judged
    before, after = _people(region.oneid), _people(judged.root)
    was, becomes = region.pairs.action, judged.action
    return Counts(
        people_before=len(before),
        people_after=len(after),
        merges=len(np.setdiff1d(before, after, assume_unique=True)),
        splits=len(np.setdiff1d(after, before, assume_unique=True)),
        identifiers_moved=int((judged.root != region.oneid).sum()),
        links_refused=int(((becomes == Action.REFUSE) & (was == Action.ASSERT)).sum()),
        links_allowed=int(((becomes == Action.ASSERT) & (was == Action.REFUSE)).sum()),
        blocked=int((tried.stays_out & region.usable).sum()),
        unblocked=int((~tried.stays_out & ~region.usable).sum()),
    )


def asked_of(tried: Tried) -> tuple[Asked, ...]:
    """The questions that the other rules raise: refused links by reason and namespace, and blocked identifiers."""
    judged = tried.judged
    refused = (judged.action == Action.REFUSE) & (tried.region.pairs.action != Action.REFUSE)
    refused &= judged.reason != Reason.BLOCKED
    why, links = np.unique(np.stack([judged.reason, judged.space])[:, refused], axis=1, return_counts=True)
    found = [
        Asked(reason=Reason(reason).name.lower(), namespace=judged.spaces[space] if space >= 0 else "", count=count)
        for (reason, space), count in zip(why.T.tolist(), links.tolist(), strict=True)
    ]
    spaces, blocked = np.unique(tried.space[_blocked(tried)], return_counts=True)
    found += [
        Asked(reason=Reason.BLOCKED.name.lower(), namespace=tried.names[space], count=count)
        for space, count in zip(spaces.tolist(), blocked.tolist(), strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, one.reason, one.namespace)))


def largest_of(tried: Tried) -> tuple[tuple[int, int, int], ...]:
    """The people with most identifiers then: number, identifiers now and then."""
    people, sizes = np.unique(tried.judged.root[tried.judged.root > 0], return_counts=True)
    chosen = np.lexsort((people, -sizes))[:LARGEST]
    return tuple(
        (person, int((tried.region.oneid == person).sum()), size)
        for person, size in zip(people[chosen].tolist(), sizes[chosen].tolist(), strict=True)
    )


def parts_of(tried: Tried) -> tuple[Part, ...]:
    """The people who change, with all their accounts, in parts of about :data:`PART` accounts."""
    region, judged = tried.region, tried.judged
    held = np.flatnonzero(_concerned(tried) & (region.origin > 0))
    was, becomes = region.oneid[held], judged.root[held]
    together = _together(was, becomes)
    order = np.argsort(together, kind="stable")
    edges = np.flatnonzero(np.diff(together[order], prepend=-1, append=-1))  # where whole components begin
    cuts = edges[np.searchsorted(edges, np.arange(PART, len(order), PART))] if len(order) else edges
    return tuple(_part(region.origin[held[some]], was[some], becomes[some])
                 for some in np.split(order, np.unique(cuts)) if len(some))  # fmt: skip


def listed_of(tried: Tried) -> Mapping[ChangedKind, tuple[Listed, ...]]:
    """The people who change one by one, the largest first, of each kind as many as are listed."""
    return {
        ChangedKind.MERGE: tuple(_grouped(tried, ChangedKind.MERGE)),
        ChangedKind.SPLIT: tuple(_grouped(tried, ChangedKind.SPLIT)),
        ChangedKind.BLOCKED: tuple(_stopped(tried)),
    }


def _people(numbers: Ints) -> Ints:
    return np.unique(numbers[numbers > 0])


def _blocked(tried: Tried) -> Ints:
    return np.flatnonzero(tried.stays_out & tried.region.usable)


def _concerned(tried: Tried) -> Flags:
    """The identifiers of everybody from whom something goes, or to whom something comes."""
    was, becomes = tried.region.oneid, tried.judged.root
    moved = was != becomes
    people = _people(np.concatenate([was[moved], becomes[moved]]))
    return np.isin(was, people) | np.isin(becomes, people)


def _together(was: Ints, becomes: Ints) -> Ints:
    """A number per account: the same where accounts are connected by a person now or then."""
    people, place = np.unique(np.concatenate([was, becomes]), return_inverse=True)
    label = components(len(people), place[: len(was)], place[len(was) :])
    found: Ints = label[place[: len(was)]]
    return found


def _part(accounts: Ints, was: Ints, becomes: Ints) -> Part:
    return Part(
        before=tuple(_people(was).tolist()),
        after=tuple(_people(becomes).tolist()),
        moved=tuple(zip(accounts.tolist(), becomes.tolist(), strict=True)),
    )


def _grouped(tried: Tried, kind: ChangedKind) -> Iterator[Listed]:
    """People then who are several now (a merge), or the other way round (a split)."""
    was, becomes = tried.region.oneid, tried.judged.root
    key, other = (becomes, was) if kind is ChangedKind.MERGE else (was, becomes)
    places = np.flatnonzero(_concerned(tried) & (key > 0))
    couples = np.unique(np.stack([key[places], other[places]]), axis=1)
    several, parts = np.unique(couples[0][couples[1] > 0], return_counts=True)
    several = several[parts > 1]
    places = places[np.isin(key[places], several)]
    keys, sizes = np.unique(key[places], return_counts=True)
    chosen = keys[np.lexsort((keys, -sizes))[:LISTED_MAX]]
    order = places[np.lexsort((other[places], key[places]))]
    causes = _Causes(tried, kind)
    for one in chosen.tolist():
        first, past = np.searchsorted(key[order], [one, one + 1])
        mine = order[first:past]
        yield Listed(
            kind=kind,
            identifiers=len(mine),
            before=tuple(_people(was[mine]).tolist()[:MEMBERS_MAX]),
            after=tuple(_people(becomes[mine]).tolist()[:MEMBERS_MAX]),
            members=_members(tried, _spread(mine, other)),
            causes=causes.of(one),
        )


def _spread(mine: Ints, other: Ints) -> Ints:
    """Some of a person's identifiers: one of every person on the other side first."""
    _, first = np.unique(other[mine], return_index=True)
    rest = np.setdiff1d(np.arange(len(mine)), first)
    chosen: Ints = mine[np.sort(np.concatenate([first, rest])[:MEMBERS_MAX])]
    return chosen


def _members(tried: Tried, places: Ints) -> tuple[tuple[int, int, int], ...]:
    columns = (tried.region.id, tried.region.oneid, tried.judged.root)
    return tuple(zip(*(column[places].tolist() for column in columns), strict=True))


class _Causes:
    """The pairs that join what was apart, or no longer join what was one, by person."""

    def __init__(self, tried: Tried, kind: ChangedKind) -> None:
        region, judged = tried.region, tried.judged
        pairs, was, label = region.pairs, region.oneid, judged.label
        live = pairs.joining & (was[pairs.a] > 0) & (was[pairs.b] > 0)
        if kind is ChangedKind.MERGE:
            found = np.flatnonzero(live & (was[pairs.a] != was[pairs.b]) & (label[pairs.a] == label[pairs.b]))
            key, self._why = judged.root[pairs.a[found]], pairs.reason
            self._space, self._names = np.full(len(pairs.a), -1, dtype=np.int64), judged.spaces
        else:
            found = np.flatnonzero(live & (was[pairs.a] == was[pairs.b]) & (label[pairs.a] != label[pairs.b]))
            key, self._why = was[pairs.a[found]], judged.reason
            self._space, self._names = judged.space, judged.spaces
        order = np.lexsort((pairs.seen_ms[found], key))
        self._key, self._pairs, self._found = key[order], pairs, found[order]
        self._id = region.id

    def of(self, person: int) -> tuple[tuple[int, int, str, str], ...]:
        """Some of the pairs of a person, those seen first before others."""
        first, past = np.searchsorted(self._key, [person, person + 1])
        return tuple(self._told(pair) for pair in self._found[first:past][:CAUSES_MAX].tolist())

    def _told(self, pair: int) -> tuple[int, int, str, str]:
        pairs, space = self._pairs, int(self._space[pair])
        one, other = int(self._id[pairs.a[pair]]), int(self._id[pairs.b[pair]])
        return one, other, Reason(int(self._why[pair])).name.lower(), self._names[space] if space >= 0 else ""


def _stopped(tried: Tried) -> Iterator[Listed]:
    """Identifiers that take no further part, those of the largest people first."""
    blocked = _blocked(tried)
    sizes = np.bincount(tried.region.oneid)[tried.region.oneid[blocked]]
    for place in blocked[np.lexsort((blocked, -sizes))[:LISTED_MAX]].tolist():
        mine = np.array([place])
        yield Listed(
            kind=ChangedKind.BLOCKED,
            identifiers=1,
            before=tuple(_people(tried.region.oneid[mine]).tolist()),
            after=tuple(_people(tried.judged.root[mine]).tolist()),
            members=_members(tried, mine),
            causes=(),
        )


def stale(known: int, now: int, identifiers: int) -> float:
    """How much of the ledger a report does not know: statements since, for each identifier it read."""
    return max(now - known, 0) / max(identifiers, 1)
