"""What is stored of a batch's identifiers and links, and which of the identifiers are a storm.

Pure: arrays in, arrays out. What is known of the past comes as :class:`Known` and :class:`Past`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ninefold.identity.model import Action, NamespaceRule

from .encode import Encoded, Flags, Ints, starts
from .links import Links
from .pairs import EVER, NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is stored of each identifier of a batch; shape (n,).

    Attributes:
        id: number of the identifier, 0 when it is new.
        oneid: its person, 0 when it has none.
        origin: its own number, 0 while no event had it as its centre.
        blocked: whether it is blocked.
        first_ms: first time seen; the largest number when it is new.
        last_ms: last time seen; the smallest number when it is new.
        since_ms: start of its present span; the smallest number when it was never taken from a person.
    """

    id: Ints
    oneid: Ints
    origin: Ints
    blocked: Flags
    first_ms: Ints
    last_ms: Ints
    since_ms: Ints

    def spread(self, place: Ints, more: "Known") -> "Known":
        """These and more, each at the place given for it."""
        columns = {
            name: np.concatenate([getattr(self, name), getattr(more, name)])
            for name in ("id", "oneid", "origin", "blocked", "first_ms", "last_ms", "since_ms")
        }
        order = np.argsort(place)
        return Known(**{name: column[order] for name, column in columns.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the ledger says of a batch's links.

    Attributes:
        action: newest action per meeting, 0 when there is none.
        assertion: the ledger row of that action.
        since_ms: first time of each meeting as the ledger knows it; the largest number when it does not.
        first_ms: when each pair met first, whoever saw it; the largest number when nobody did.
        verdict: what was decided last of each pair, ASSERT or REFUSE, 0 when it never met.
        reason: why.
        gone_ms: meetings of each pair up to then were taken back.
        last_ms: last time of each meeting as the ledger knows it; the smallest number when it does not.
    """

    action: Ints
    assertion: Ints
    since_ms: Ints
    first_ms: Ints
    verdict: Ints
    reason: Ints
    gone_ms: Ints
    last_ms: Ints

    @property
    def met(self) -> Flags:
        """Whether each pair was seen together before, at a time that still counts."""
        return self.first_ms < EVER


def past_of(links: Links, rows: Ints) -> Past:
    """Read ledger rows (pair, source code or -1, action, id, seen_ms, reason; oldest first) against links."""
    pairs, meetings = len(links.lo), len(links.pair)
    gone, first = np.full(pairs, NEVER), np.full(pairs, EVER)
    verdict, why = np.zeros(pairs, np.int64), np.zeros(pairs, np.int64)
    last = np.full(meetings, NEVER)
    action, assertion, since = np.zeros(meetings, np.int64), np.zeros(meetings, np.int64), np.full(meetings, EVER)
    if len(rows):
        back = rows[:, 2] == Action.RETRACT
        np.maximum.at(gone, rows[back, 0], rows[back, 4])
        counts = (rows[:, 2] <= Action.REFUSE) & (rows[:, 4] > gone[rows[:, 0]])
        pair, source, what, number, seen, reason = rows[counts].T
        np.minimum.at(first, pair, seen)
        verdict[pair], why[pair] = what, reason
        sources = int(max(links.source.max(), source.max(initial=0))) + 1
        place = np.searchsorted(links.pair * sources + links.source, pair * sources + source)
        place = np.minimum(place, meetings - 1)
        same = (links.pair[place] == pair) & (links.source[place] == source)
        action[place[same]], assertion[place[same]] = what[same], number[same]
        np.minimum.at(since, place[same], seen[same])
        np.maximum.at(last, place[same], seen[same])
    return Past(
        action=action,
        assertion=assertion,
        since_ms=since,
        first_ms=first,
        verdict=verdict,
        reason=why,
        gone_ms=gone,
        last_ms=last,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Stored counts of values by owner and namespace; one entry each.

    Attributes:
        owner: an identifier of the batch, or a person.
        space: namespace, as its place in `names`.
        count: number of values.
        names: all namespaces in use.
    """

    owner: Ints
    space: Ints
    count: Ints
    names: tuple[str, ...]

    def coded(self, rules: Sequence[NamespaceRule]) -> Ints:
        """Namespace of each entry as its place among the rules, -1 when it is not there."""
        place = {rule.name: k for k, rule in enumerate(rules)}
        codes: Ints = np.array([place.get(name, -1) for name in self.names], dtype=np.int64)[self.space]
        return codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """How many different strong values of one namespace an identifier met; one entry per identifier and namespace."""

    ident: Ints
    space: Ints
    count: Ints


def fresh_neighbours(encoded: Encoded, links: Links, past: Past) -> Neighbours:
    """Strong neighbours that identifiers met for the first time in this batch, blocked ones included."""
    fresh = ~past.met & encoded.takes_part[links.lo] & encoded.takes_part[links.hi]
    lo, hi = links.lo[fresh], links.hi[fresh]
    ident, other = np.concatenate([lo, hi]), np.concatenate([hi, lo])
    firm = encoded.strong[other]
    key = np.sort(ident[firm] * len(encoded.rules) + encoded.space[other[firm]])
    first = starts(key)
    spaces = max(len(encoded.rules), 1)
    count = np.diff(first, append=len(key))
    return Neighbours(ident=key[first] // spaces, space=key[first] % spaces, count=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storms:
    """Identifiers that met more strong values of one namespace than is believable; one entry each."""

    ident: Ints
    space: Ints
    count: Ints


def storms(encoded: Encoded, fresh: Neighbours, before: Tally) -> Storms:
    """Find them, given the neighbours met for the first time and the tally of those met earlier."""
    count = fresh.count.copy()
    if len(before.owner) and len(count):
        spaces, space = len(encoded.rules), before.coded(encoded.rules)
        key = fresh.ident * spaces + fresh.space
        place = np.minimum(np.searchsorted(key, before.owner * spaces + space), len(key) - 1)
        same = (fresh.ident[place] == before.owner) & (fresh.space[place] == space)
        count[place[same]] += before.count[same]
    limits = np.array([rule.storm_limit for rule in encoded.rules], dtype=np.int64)
    over = np.flatnonzero(count > limits[encoded.space[fresh.ident]])
    over = over[np.lexsort((fresh.space[over], -count[over], fresh.ident[over]))]
    over = over[starts(fresh.ident[over])]
    return Storms(ident=fresh.ident[over], space=fresh.space[over], count=count[over])
