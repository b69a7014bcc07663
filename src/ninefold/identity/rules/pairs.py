"""What the statements of the ledger amount to, pair by pair. Pure, and vectorised over any number of statements."""

from dataclasses import dataclass

import numpy as np

from ninefold.identity.model import Action, Reason

from .encode import Flags, Ints, starts

EVER = np.iinfo(np.int64).max
NEVER = np.iinfo(np.int64).min
WIDTH = 6  # numbers per statement: a, b, action, reason, seen_ms, id


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Distinct pairs of which the ledger knows something, ordered by (a, b).

    Attributes:
        a: number of the smaller identifier.
        b: number of the larger one.
        seen_ms: when the two met first, leaving out what was taken back; the largest number when nothing is left.
        assertion: the statement of that meeting, 0 when there is none.
        action: what was decided last, ASSERT or REFUSE; 0 when they never met.
        reason: why.
        must: an operator says that the two are one.
        cannot: an operator says that they are not.
        same: the two are one value in two hash states.
        last_ms: when the two met last, as far as that counts; the smallest number when nothing is left.
        follows: the two are spans of one identifier, and the later one may be the same person's.
    """

    a: Ints
    b: Ints
    seen_ms: Ints
    assertion: Ints
    action: Ints
    reason: Ints
    must: Flags
    cannot: Flags
    same: Flags
    last_ms: Ints
    follows: Flags

    @property
    def joining(self) -> Flags:
        """Whether the pair is an edge."""
        return self.must | (self.seen_ms < EVER)

    def take(self, chosen: Ints | Flags) -> "Pairs":
        """Some of the pairs."""
        return Pairs(
            a=self.a[chosen], b=self.b[chosen], seen_ms=self.seen_ms[chosen], assertion=self.assertion[chosen],
            action=self.action[chosen], reason=self.reason[chosen], must=self.must[chosen], cannot=self.cannot[chosen],
            same=self.same[chosen], last_ms=self.last_ms[chosen], follows=self.follows[chosen],
        )  # fmt: skip


def pairs_of(rows: Ints) -> Pairs:
    """Read statements about two identifiers each.

    Args:
        rows: shape (n, 6): a, b, action, reason, seen_ms, id; in any order, statements about one identifier left out.
    """
    return pairs_from(*rows.T)


def pairs_from(*statements: Ints) -> Pairs:
    """The same from the columns of such rows."""
    order = _by_pair(statements[0], statements[1], statements[5])
    a, b, action, reason, seen, number = (column[order] for column in statements)
    changes = np.diff(a, prepend=a[:1] - 1) != 0
    changes |= np.diff(b, prepend=b[:1] - 1) != 0
    first = np.flatnonzero(changes)
    pair = np.cumsum(changes) - 1
    size = len(first)
    gone = np.full(size, NEVER)
    back = action == Action.RETRACT
    np.maximum.at(gone, pair[back], seen[back])
    met = (action == Action.ASSERT) | (action == Action.REFUSE)
    last_action, last_reason, last_word = (np.zeros(size, dtype=np.int64) for _ in range(3))
    last_action[pair[met]], last_reason[pair[met]] = action[met], reason[met]  # the last of equal places holds
    same, follows = (np.zeros(size, dtype=np.bool_) for _ in range(2))
    same[pair[met & (reason == Reason.SAME)]] = True
    follows[pair[met & (reason == Reason.FOLLOWS)]] = True
    word = action >= Action.MUST
    last_word[pair[word]] = action[word]
    live = np.flatnonzero(met & (seen > gone[pair]))
    since, last = np.full(size, EVER), np.full(size, NEVER)
    np.minimum.at(since, pair[live], seen[live])
    np.maximum.at(last, pair[live], seen[live])
    live = live[seen[live] == since[pair[live]]]
    live = live[starts(pair[live])]  # the first of those of one time
    assertion = np.zeros(size, dtype=np.int64)
    assertion[pair[live]] = number[live]
    return Pairs(
        a=a[first], b=b[first], seen_ms=since, assertion=assertion, action=last_action, reason=last_reason,
        must=last_word == Action.MUST, cannot=last_word == Action.CANNOT,
        same=same, last_ms=last, follows=follows,
    )  # fmt: skip


def _by_pair(a: Ints, b: Ints, number: Ints) -> Ints:
    """The order of statements by pair and number: one sort, where they come by number as the ledger has them."""
    width = int(b.max(initial=0)) + 1
    if int(a.max(initial=0)) > EVER // width - 1:  # a pair does not fit into one integer
        return np.lexsort((number, b, a))
    told = np.arange(len(a)) if (number[1:] >= number[:-1]).all() else np.argsort(number, kind="stable")
    order: Ints = told[np.argsort((a * width + b)[told], kind="stable")]
    return order
