"""Joins and parts many people in one transaction of the caller, who publishes the changes after its commit."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.base import Error
from ninefold.identity import ledger, regions
from ninefold.identity.assets import AssetClass, MergeGuard
from ninefold.identity.desk import notices
from ninefold.identity.model import Action
from ninefold.identity.operators import verbs
from ninefold.identity.operators.verbs import Word
from ninefold.identity.rules.document import DEFAULT_RULES
from ninefold.identity.rules.region import Region
from ninefold.identity.service import Identity
from ninefold.identity.tables import identifiers

from . import queries
from .interface import CoolOff
from .model import Joined, Link, Said
from .rules import TOO_LARGE, Sides, numbers_of

_NONE = np.empty(0, dtype=np.int64)
_COLUMNS = pa.schema([("namespace", pa.string()), ("oneid", pa.int64()), ("value", pa.string())])
_Pairs = Sequence[tuple[int, int]]


class Joining:
    """Must-links and cannot-links between many pairs of people."""

    def __init__(
        self, guards: Sequence[MergeGuard] = (), assets: Sequence[AssetClass] = (), waits: CoolOff | None = None
    ) -> None:
        """Args: whoever may speak against a merge; the owners of what people own; who lets merges by rules wait."""
        self._guards = tuple(guards)
        self._assets = tuple(assets)
        self._waits = waits

    def join(
        self, conn: Connection, pairs: _Pairs, said: Said, *, by_rules: bool, weighed: Collection[str] = ()
    ) -> tuple[Joined, ...]:
        """Say of each pair of people that they are one, unless something speaks against it.

        Args:
            conn: the caller's transaction.
            pairs: numbers of people, also of such who were merged since; up to about 500. Later ones see earlier ones.
            said: who says so.
            by_rules: whether caps and vetoes speak against it too; what an operator says stands above them.
            weighed: namespaces of which a value of its own each is no veto, for whoever asks weighed that already.

        Returns:
            What became of each pair, in their order. A refusal is a value, not an error; so is a merge that waits.
        """
        if not pairs:
            return ()
        with self._followed(conn, numbers_of(pairs), said):
            return self._tried(conn, pairs, said, by_rules=by_rules, weighed=weighed)

    def _tried(
        self, conn: Connection, pairs: _Pairs, said: Said, *, by_rules: bool, weighed: Collection[str]
    ) -> tuple[Joined, ...]:
        point = conn.begin_nested()
        try:
            found = self._join(conn, pairs, said, by_rules=by_rules, weighed=weighed)
        except Error as error:  # together they are too large to be derived here; maybe one by one
            point.rollback()
            if len(pairs) > 1:
                return tuple(
                    one for pair in pairs for one in self._tried(conn, [pair], said, by_rules=by_rules, weighed=weighed)
                )
            return (Joined(a=pairs[0][0], b=pairs[0][1], refusal=error.message),)
        point.commit()
        return found

    def part(self, conn: Connection, pairs: _Pairs, said: Said) -> tuple[Joined, ...]:
        """Say of each pair of people that they are two, between the strongest identifier of each."""
        if not pairs:
            return ()
        with self._followed(conn, numbers_of(pairs), said):
            return self._part(conn, pairs, said)

    def _part(self, conn: Connection, pairs: _Pairs, said: Said) -> tuple[Joined, ...]:
        roots, region, sides, word = self._load(conn, pairs, said)
        found: list[Joined] = []
        words: list[tuple[int, int]] = []
        for a, b in pairs:
            one, other = roots[a], roots[b]
            places = (sides.strongest(one), sides.strongest(other))
            if one == other or places[0] is None or places[1] is None:
                why = "they are one person; take them apart first" if one == other else "there is no identifier to name"
                found.append(Joined(a=a, b=b, refusal=why))
                continue
            words.append((int(region.id[places[0]]), int(region.id[places[1]])))
            found.append(Joined(a=a, b=b, link=_link(region, places[0], places[1])))
        verbs.say(conn, word, Action.CANNOT, words)
        if words:
            verbs.redo(conn, word, people=numbers_of(roots.items()))
        return tuple(found)

    def take_back(self, conn: Connection, links: Sequence[Link], said: Said) -> int:
        """Take back what was said of pairs of identifiers: the rules decide again. Returns how many were known."""
        if not links:
            return 0
        ledger.lock(conn)
        word = Word(author=said.author, reason=said.reason, now=said.now, rules=Identity.load(conn).rules)
        i = identifiers.c
        named = sorted({one for link in links for one in link})
        rows = conn.execute(
            sa.select(i.namespace, i.value, i.id, i.oneid, i.origin)
            .where(sa.tuple_(i.namespace, i.value).in_(named))
            .order_by(i.until_ms)
        ).all()
        number = {(row.namespace, row.value): int(row.id) for row in rows}
        pairs = [(number[a], number[b]) for a, b in links if a in number and b in number]
        verbs.say(conn, word, Action.FREE, pairs)
        if pairs:
            ids = numbers_of(pairs)
            people = sorted({int(row.oneid) for row in rows if row.oneid})
            with self._followed(conn, sorted({int(row.origin or row.oneid) for row in rows if row.oneid}), said):
                verbs.redo(conn, word, people=people, ids=ids)
        return len(pairs)

    @staticmethod
    def roots(conn: Connection, people: Sequence[int]) -> dict[int, int]:
        """Whom numbers lead to now; a number that nobody has is left out."""
        rows = conn.execute(queries.ROOTS, {"people": list(people)})
        return {int(row.oneid): int(row.root) for row in rows}

    @staticmethod
    def public_ids(conn: Connection, people: Sequence[int]) -> dict[int, str]:
        """Public ids of the people that numbers lead to now."""
        rows = conn.execute(queries.NAMES, {"people": list(people)})
        return {int(row.oneid): str(row.public_id) for row in rows}

    @staticmethod
    def last_seen(conn: Connection, namespaces: Sequence[str]) -> pa.Table:
        """Per namespace and person the identifier seen last: columns namespace, oneid (present), value."""
        wanted = conn.execution_options(yield_per=50_000)
        parts = wanted.execute(queries.LAST_SEEN, {"names": list(namespaces)}).partitions()
        tables = [
            pa.table(dict(zip(_COLUMNS.names, map(list, zip(*part, strict=True)), strict=True)), schema=_COLUMNS)
            for part in parts
        ]
        return pa.concat_tables([_COLUMNS.empty_table(), *tables])

    @staticmethod
    def mark(conn: Connection) -> int:
        """A number that grows with every identifier that is heard of; see :meth:`owners_since`."""
        return int(conn.scalar(queries.NEWEST_IDENTIFIER) or 0)

    @staticmethod
    def owners_since(conn: Connection, mark: int) -> NDArray[np.int64]:
        """People with an identifier that was heard of after a mark."""
        return np.asarray(conn.execute(queries.OWNERS_SINCE, {"after": mark}).scalars().all(), dtype=np.int64)

    @contextmanager
    def _followed(self, conn: Connection, people: Sequence[int], said: Said) -> Iterator[None]:
        """Let what people own and their feeds follow what is joined or parted inside, as with a merge by hand."""
        ledger.lock(conn)
        before, last = self.roots(conn, people), ledger.last_change(conn)
        yield
        moved = ledger.changes_since(conn, last)
        if not len(moved.oneid):
            return
        for asset in self._assets:
            asset.follow(conn, moved, now=said.now)
        word = Word(author=said.author, reason=said.reason, now=said.now, rules=DEFAULT_RULES)
        notices.regrouped(conn, before, self.roots(conn, people), moved, word)

    def _join(
        self, conn: Connection, pairs: _Pairs, said: Said, *, by_rules: bool, weighed: Collection[str]
    ) -> tuple[Joined, ...]:
        roots, region, sides, word = self._load(conn, pairs, said)
        known = set(region.people.tolist())
        present = [(roots[a], roots[b]) for a, b in pairs]
        wait = self._waits.asked(conn, present, said) if by_rules and self._waits else {}
        found: list[Joined] = []
        words: list[tuple[int, int]] = []
        waiting: list[tuple[int, int]] = []
        for a, b in pairs:
            one, other = roots[a], roots[b]
            if one in sides.side(other).people:
                found.append(Joined(a=a, b=b, already=True))
                continue
            why = (
                TOO_LARGE
                if not {one, other} <= known
                else sides.against(one, other, by_rules=by_rules, weighed=weighed)
            )
            why = why or "; ".join(reason for guard in self._guards for reason in guard.blockers(conn, [one, other]))
            places = (sides.strongest(one), sides.strongest(other))
            if not why and (one, other) in wait:
                why = wait[one, other]
                waiting.append((one, other))
            if why or places[0] is None or places[1] is None:
                found.append(Joined(a=a, b=b, refusal=why))
                continue
            sides.join(one, other)
            words.append((int(region.id[places[0]]), int(region.id[places[1]])))
            found.append(Joined(a=a, b=b, link=_link(region, places[0], places[1])))
        if waiting and self._waits:
            self._waits.wait(conn, waiting, said)
        verbs.say(conn, word, Action.MUST, words)
        if words:
            change = verbs.redo(conn, word, people=sorted(known & set(roots.values())))
            if not by_rules:
                after = set(self.roots(conn, sorted(roots)).values())
                ledger.review(conn, verbs.overfull(change, after, word.rules), now=said.now)
        return tuple(found)

    def _load(self, conn: Connection, pairs: _Pairs, said: Said) -> tuple[dict[int, int], Region, Sides, Word]:
        people = numbers_of(pairs)
        roots = {number: number for number in people} | self.roots(conn, people)
        region = regions.load(conn, np.array(sorted(set(roots.values())), np.int64), _NONE).region
        word = Word(author=said.author, reason=said.reason, now=said.now, rules=Identity.load(conn).rules)
        return roots, region, Sides(region, word.rules), word


def _link(region: Region, one: int, other: int) -> Link:
    return (region.name[one], region.value[one]), (region.name[other], region.value[other])
