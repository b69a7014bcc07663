"""Spans of an identifier: stretches of time in which it was seen without a silence that ends its belonging. Pure.

The spans are a function of the set of days (UTC) on which it was seen, of the rule's days of silence, and of the times
at which it was unbound: two sightings are of one span when no more than that many days lie between them, or between
each two neighbours of a chain of sightings between them. So they do not depend on what arrived when: a sighting that
arrives late makes a span longer, a span of its own, or one span of two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ninefold.identity.ruleset import DAY_MS, NamespaceRule

from .encode import Encoded, Ints, distinct_of
from .pairs import EVER, NEVER
from .plan import Known

UNBOUND: Final = 1  # how a span began: by an unbind,
SILENT: Final = 2  # or after a silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span, as stored or to be stored.

    Attributes:
        id: number of its identifier row, 0 for one that is not stored yet.
        since_ms: from when on sightings belong to it.
        until_ms: up to when they do.
        first_ms: when it was seen first.
        last_ms: when it was seen last; exact to the day.
        cut: how it began.
    """

    id: int
    since_ms: int
    until_ms: int
    first_ms: int
    last_ms: int
    cut: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """How one identifier's time is laid out.

    Attributes:
        spans: its spans in order; a new one has the number 0.
        absorbed: pairs of a span that goes on and one that turned out to be the same.
        follows: places in `spans` of those that go on with the one before unless something speaks against it.
    """

    spans: tuple[Span, ...]
    absorbed: tuple[tuple[int, int], ...]
    follows: tuple[int, ...]


def lay(names: Sequence[Sequence[Span]], seen_ms: Sequence[int], rule: NamespaceRule) -> tuple[Laid, ...]:
    """Lay out the time of an identifier under its rule.

    Args:
        names: the stored spans of the identifier, in order; of one that is known in several hash states, of each. All
            of them are seen when one is. They have the same bounds, and none was unbound.
        seen_ms: further sightings.
        rule: the rule of its namespace; without a limit all that silences ever cut is one again.

    >>> rule = NamespaceRule(name="phone", priority=4, cap=3, strong=True, storm_limit=9, recycle_after_days=90)
    >>> known = Span(id=7, since_ms=-1, until_ms=900 * DAY_MS, first_ms=0, last_ms=5 * DAY_MS, cut=0)
    >>> [laid] = lay([[known]], [95 * DAY_MS, 200 * DAY_MS], rule)
    >>> [(span.id, span.first_ms // DAY_MS, span.last_ms // DAY_MS) for span in laid.spans], laid.follows
    ([(7, 0, 95), (0, 200, 200)], (1,))
    """
    pieces = [_pieces(spans) for spans in names]
    runs = []
    for same in zip(*pieces, strict=True):
        inside = [(at, at) for at in seen_ms if same[0].since_ms <= at < same[0].until_ms]
        stored = [(span.first_ms, span.last_ms) for piece in same for span in piece.spans]
        runs.append(_runs(sorted(stored + inside), rule.silence_days))
    return tuple(_laid(own, runs, rule) for own in pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """The time between two unbinds, and the stored spans in it."""

    since_ms: int
    until_ms: int
    cut: int
    spans: list[Span] = field(default_factory=list)


def _pieces(spans: Sequence[Span]) -> list[_Piece]:
    bounds = [span for span in spans if span.cut == UNBOUND]
    since, cuts = [NEVER, *(span.since_ms for span in bounds)], [0, *(UNBOUND for _ in bounds)]
    until = [*since[1:], EVER]
    return [
        _Piece(since_ms=start, until_ms=end, cut=cut, spans=[one for one in spans if start <= one.since_ms < end])
        for start, end, cut in zip(since, until, cuts, strict=True)
    ]


def _runs(seen: Sequence[tuple[int, int]], limit: int | None) -> list[tuple[int, int]]:
    """First and last times, ascending, joined as far as no silence lies between them."""
    runs: list[tuple[int, int]] = []
    for first, last in seen:
        if runs and (limit is None or first // DAY_MS - runs[-1][1] // DAY_MS <= limit):
            runs[-1] = (runs[-1][0], max(runs[-1][1], last))
        else:
            runs.append((first, last))
    return runs


def _laid(pieces: Sequence[_Piece], runs: Sequence[Sequence[tuple[int, int]]], rule: NamespaceRule) -> Laid:
    spans: list[Span] = []
    absorbed: list[tuple[int, int]] = []
    follows: list[int] = []
    for piece, found in zip(pieces, runs, strict=True):
        # A span begins with the day on which it was seen first; a moment earlier, so that an unbind may fall on it.
        since = [piece.since_ms, *(first // DAY_MS * DAY_MS - 1 for first, _ in found[1:])]
        for k, (first, last) in enumerate(found):
            own = [one.id for one in piece.spans if first <= one.first_ms <= last]
            absorbed += [(own[0], other) for other in own[1:]]
            if k and _may_follow(found[k - 1][1], first, rule):
                follows.append(len(spans))
            spans.append(
                Span(
                    id=own[0] if own else 0,
                    since_ms=since[k],
                    first_ms=first,
                    last_ms=last,
                    until_ms=since[k + 1] if k + 1 < len(found) else piece.until_ms,
                    cut=SILENT if k else piece.cut,
                )
            )
    return Laid(spans=tuple(spans), absorbed=tuple(absorbed), follows=tuple(follows))


def _may_follow(last_ms: int, first_ms: int, rule: NamespaceRule) -> bool:
    if rule.recycle_after_days is None:
        return False
    return rule.ttl_days is None or first_ms // DAY_MS - last_ms // DAY_MS <= rule.ttl_days


def broken(encoded: Encoded, known: Known, ts_ms: Ints) -> Ints:
    """The identifiers of a batch whose spans may change with it; of all others it only goes on.

    Args:
        encoded: the batch.
        known: what is stored of its identifiers' present spans.
        ts_ms: time of each event.
    """
    limits = np.array([rule.silence_days or 0 for rule in encoded.rules], dtype=np.int64)
    if not limits.any():
        return np.empty(0, dtype=np.int64)
    limit = limits[encoded.space]
    mine = limit[encoded.ident] > 0
    ident, at = encoded.ident[mine], ts_ms[encoded.row[mine]]
    late = ident[at < known.since_ms[ident]]
    stored = np.flatnonzero((known.id > 0) & (limit > 0))
    day, first, last = at // DAY_MS, known.first_ms // DAY_MS, known.last_ms // DAY_MS
    # Days before the first sighting, or after the last one; what is stored counts as one day.
    away = np.where(known.id[ident] == 0, day, np.minimum(day - first[ident], 0) + np.maximum(day - last[ident], 0))
    ident, away = np.concatenate([ident, stored]), np.concatenate([away, np.zeros_like(stored)])
    order = np.lexsort((away, ident))
    ident, away = ident[order], away[order]
    gap = (np.diff(ident) == 0) & (np.diff(away) > limit[ident[1:]])
    return distinct_of(np.concatenate([late, ident[1:][gap]]))
