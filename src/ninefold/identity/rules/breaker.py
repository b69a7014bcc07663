"""Which identifiers go too fast, and which values look like nobody's. Pure.

The speed of an identifier is that of its first meetings with distinct strong values of one namespace, by the times of
the events: whenever they arrive, the same histories give the same speed.
"""

import re
from dataclasses import dataclass

import numpy as np

from ninefold.identity.ruleset import NamespaceRule, Velocity

from .encode import Flags, Ints, starts

HOUR_MS = 3_600_000
_PLACEHOLDER = re.compile(
    r"(.)\1{2,}|0?123456(?:7(?:89?0?)?)?"
    r"|(?:.*[^a-z])?(?:test|demo|sample|example|default|dummy|fake|guest|visitor|unknown|nobody|anonym(?:ous)?|none|null"
    r"|kiosk|cashier|counter|till|store|shop|admin|system|public|service|xxx+|asdf|qwer(?:ty)?|abc)(?:[^a-z].*)?"
    r"|(?:测试|游客|访客|收银|门店|公用|客服|管理员).*",
    re.IGNORECASE,
)


def looks_made_up(value: str) -> bool:
    """Whether a value looks like one that people type when they must type something.

    >>> [looks_made_up(text) for text in ("test01", "xxx", "门店1", "store-7@example.com", "oAbC1xyz")]
    [True, True, True, True, False]
    """
    return _PLACEHOLDER.fullmatch(value.removeprefix("+86").partition("@")[0]) is not None


def busiest(group: Ints, at_ms: Ints, window_ms: int) -> tuple[Ints, Ints]:
    """The most moments of each group that lie within one window.

    Args:
        group: group of each moment.
        at_ms: the moments.
        window_ms: length of the window; two moments exactly one window apart are not in one.

    Returns:
        The distinct groups, ascending, and the count of each.

    >>> busiest(np.array([1, 1, 1, 2]), np.array([0, 5, 12, 0]), 10)[1].tolist()
    [2, 1]
    """
    order = np.lexsort((at_ms, group))
    group, at_ms = group[order], at_ms[order]
    first = starts(group)
    if not len(group):
        return group, group
    span = int(at_ms.max() - at_ms.min()) + window_ms + 1
    place = np.repeat(np.arange(len(first)), np.diff(first, append=len(group)))
    line = place * span + (at_ms - at_ms.min())  # one line with every group on a stretch of its own
    inside = np.arange(len(line)) + 1 - np.searchsorted(line, line - window_ms, side="right")
    own = np.arange(len(line)) - first[place] + 1
    return group[first], np.maximum.reduceat(np.minimum(inside, own), first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meets:
    """First meetings of identifiers with distinct strong values; one entry each.

    Attributes:
        ident: the identifier, by any number.
        space: namespace of the strong value.
        at_ms: when they met first.
    """

    ident: Ints
    space: Ints
    at_ms: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class TooFast:
    """Identifiers that met more distinct strong values of one namespace in a window than their rule allows."""

    ident: Ints
    space: Ints
    count: Ints


def too_fast(meets: Meets, rule_of: Ints, limits: tuple[Velocity, ...]) -> TooFast:
    """Find them.

    Args:
        meets: their meetings.
        rule_of: rule of each identifier number that occurs, by that number, as a place in `limits`.
        limits: speed limits by rule.
    """
    spaces = int(meets.space.max(initial=0)) + 1
    key = meets.ident * spaces + meets.space
    found: list[tuple[Ints, Ints]] = []
    for window, per in ((HOUR_MS, "per_hour"), (24 * HOUR_MS, "per_day")):
        most = np.array([getattr(limit, per) or np.iinfo(np.int64).max for limit in limits], dtype=np.int64)
        limited: Flags = most[rule_of[meets.ident]] < np.iinfo(np.int64).max
        keys, count = busiest(key[limited], meets.at_ms[limited], window)
        over = count > most[rule_of[keys // spaces]]
        found.append((keys[over], count[over]))
    keys, counts = (np.concatenate(parts) for parts in zip(*found, strict=True))
    keys, first = np.unique(keys, return_index=True)
    return TooFast(ident=keys // spaces, space=keys % spaces, count=counts[first])


def limited(rules: tuple[NamespaceRule, ...]) -> bool:
    """Whether any of the rules limits speed."""
    return any(rule.velocity.per_hour or rule.velocity.per_day for rule in rules)
