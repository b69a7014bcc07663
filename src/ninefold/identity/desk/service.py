"""The identity desk: operators' verbs with both stores, each previewed by the very code that carries it out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import missing, refused
from ninefold.identity import outbox
from ninefold.identity.changes import Change, Decision, Rebuilt, Simulation
from ninefold.identity.erasing.tombstones import erase
from ninefold.identity.model import Action, IdentityRules
from ninefold.identity.operators import verbs
from ninefold.identity.operators.verbs import Word
from ninefold.identity.queries import packed
from ninefold.identity.queries import regions as sql
from ninefold.identity.rules.normalise import clean_namespace, normalise
from ninefold.identity.service import Identity
from ninefold.identity.tables import identifiers
from ninefold.store import Events, Records

from . import rebuilding, reviewing

Pair = tuple[str, str]


class MergeGuard(Protocol):
    """What a package that owns something of people (points, levels, cards) says before two become one."""

    def blockers(self, conn: Connection, people: Sequence[int]) -> Sequence[str]:
        """Why these people may not become one; empty when nothing speaks against it."""
        ...


class IdentityDesk:
    """Merge, unmerge, must-link, cannot-link, retract, block, rebuild, simulate: one transaction each.

    Every change is in force in queries when the verb returns: redirects are sent to the events store at once, and by
    the pipeline after a crash.
    """

    def __init__(self, records: Records, events: Events, guards: Sequence[MergeGuard] = ()) -> None:
        """Args: the stores, and whoever may speak against a merge."""
        self._records = records
        self._events = events
        self._guards = tuple(guards)

    def merge(self, one: int, other: int, *, author: str, reason: str, now: datetime, override: bool = False) -> Change:
        """Make two people one by a must-link that survives every later derivation.

        Raises:
            Error: refused, when a guard speaks against it; conflict, when an operator keeps the two apart and
                `override` is not given; invalid, when they are one already.
        """
        with self._carried_out() as conn:
            self._ask_guards(conn, [one, other])
            return verbs.merge(conn, one, other, self._word(conn, author, reason, now), override=override)

    def preview_merge(self, one: int, other: int, *, now: datetime) -> tuple[Change, tuple[str, ...]]:
        """What :meth:`merge` would change, and what speaks against it; nothing is written."""
        with self._tried() as conn:
            blockers = self._blockers(conn, [one, other])
            return verbs.merge(conn, one, other, self._word(conn, "preview", "", now), override=True), blockers

    def unmerge(self, oneid: int, leaving: Sequence[Pair], *, author: str, reason: str, now: datetime) -> Change:
        """Take identifiers out of a person, with everything that came by them; lossless, and it stays so.

        Raises:
            Error: invalid, when none or all of the person's identifiers would leave; missing, for an unknown one.
        """
        with self._carried_out() as conn:
            word = self._word(conn, author, reason, now)
            return verbs.unmerge(conn, oneid, [_number(conn, word.rules, one) for one in leaving], word)

    def preview_unmerge(self, oneid: int, leaving: Sequence[Pair], *, now: datetime) -> Change:
        """What :meth:`unmerge` would change; nothing is written."""
        with self._tried() as conn:
            word = self._word(conn, "preview", "", now)
            return verbs.unmerge(conn, oneid, [_number(conn, word.rules, one) for one in leaving], word)

    def must_link(self, a: Pair, b: Pair, *, author: str, reason: str, now: datetime) -> Change:
        """Say that two identifiers are one person's, against caps and veto."""
        return self._say(Action.MUST, (a, b), author, reason, now)

    def cannot_link(self, a: Pair, b: Pair, *, author: str, reason: str, now: datetime) -> Change:
        """Say that two identifiers are never one person's, whatever is seen."""
        return self._say(Action.CANNOT, (a, b), author, reason, now)

    def free(self, a: Pair, b: Pair, *, author: str, reason: str, now: datetime) -> Change:
        """Take back a must-link or cannot-link: the rules decide again."""
        return self._say(Action.FREE, (a, b), author, reason, now)

    def retract(self, a: Pair, b: Pair, *, author: str, reason: str, now: datetime) -> Change:
        """Let no meeting of two identifiers until now count; a later one counts again."""
        return self._say(Action.RETRACT, (a, b), author, reason, now)

    def decisions(self) -> tuple[Decision, ...]:
        """Must-links and cannot-links in force, the newest first."""
        with self._records.begin() as conn:
            a, b, _, ids = verbs.words_of(conn).T
            said = {
                "a": packed(a.tolist()),
                "b": packed(b.tolist()),
                "ids": packed(ids.tolist()),
            }
            return tuple(
                Decision(
                    a=(row.a_namespace, row.a_value),
                    b=(row.b_namespace, row.b_value),
                    one=row.action == Action.MUST,
                    author=row.evidence,
                    reason=row.note,
                    said_at=row.recorded_at,
                )
                for row in conn.execute(sql.SAID, said)
            )

    def block(self, namespace: str, value: str, *, author: str, now: datetime) -> bool:
        """Let an identifier take no further part; people it joined come apart again. True when it was active."""
        with self._carried_out() as conn:
            return Identity.load(conn).block(conn, namespace, value, author=author, now=now)

    def unblock(self, namespace: str, value: str, *, author: str, now: datetime) -> bool:
        """Let a blocked identifier take part again, with all it met. True when it was blocked."""
        with self._carried_out() as conn:
            return Identity.load(conn).unblock(conn, namespace, value, author=author, now=now)

    def decide(self, review: int, verdict: reviewing.Verdict, *, author: str, now: datetime) -> None:
        """Close a review: "confirm" that a limit was right, or "release" what it stopped, for good.

        Raises:
            Error: missing, conflict (closed already), or invalid (a cap or a veto is not released but linked over).
        """
        with self._carried_out() as conn:
            reviewing.decide(conn, review, verdict, author=author, now=now)

    def erase(self, oneid: int, *, now: datetime) -> tuple[int, ...]:
        """Forget a person's identifiers and links, and leave tombstones: the numbers are never given again.

        Returns:
            All numbers of the person, for whoever erases the rest.
        """
        with self._carried_out() as conn:
            return erase(conn, oneid, now=now)

    def rebuild(self, *, now: datetime) -> Rebuilt:
        """Derive everybody anew from the whole ledger, keep the numbers, and write what differs (nothing, normally)."""
        with self._carried_out() as conn:
            return rebuilding.rebuild(conn, Identity.load(conn).rules, now=now)

    def apply(self, rules: IdentityRules, *, now: datetime) -> Rebuilt:
        """Replay the whole ledger under other rules, numbers kept; the caller has stored their document.

        One transaction: until it is committed everybody reads the old state, and a crash leaves it.
        """
        with self._carried_out() as conn:
            return rebuilding.rebuild(conn, rules, now=now, storms=True)

    def simulate(self, rules: IdentityRules, *, examples: int = 20) -> Simulation:
        """What other rules would make of the whole ledger: merges, splits, and who; nothing is written."""
        with self._records.begin() as conn:
            return rebuilding.simulate(conn, rules, examples=examples)

    def _word(self, conn: Connection, author: str, reason: str, now: datetime) -> Word:
        return Word(author=author, reason=reason, now=now, rules=Identity.load(conn).rules)

    def _say(self, action: Action, pair: tuple[Pair, Pair], author: str, reason: str, now: datetime) -> Change:
        with self._carried_out() as conn:
            word = self._word(conn, author, reason, now)
            a, b = (_number(conn, word.rules, one) for one in pair)
            return verbs.decide_pair(conn, action, a, b, word)

    def _blockers(self, conn: Connection, people: Sequence[int]) -> tuple[str, ...]:
        roots = [verbs.root_of(conn, number) for number in people]
        return tuple(reason for guard in self._guards for reason in guard.blockers(conn, roots))

    def _ask_guards(self, conn: Connection, people: Sequence[int]) -> None:
        blockers = self._blockers(conn, people)
        if blockers:
            raise refused("merge_blocked", "; ".join(blockers))

    @contextmanager
    def _carried_out(self) -> Iterator[Connection]:
        with self._records.begin() as conn:
            yield conn
        outbox.publish(self._records, self._events)

    @contextmanager
    def _tried(self) -> Iterator[Connection]:
        with self._records.begin() as conn:
            point = conn.begin_nested()
            try:
                yield conn
            finally:
                point.rollback()


def _number(conn: Connection, rules: IdentityRules, one: Pair) -> int:
    """The number of a stored identifier, as it is at present."""
    name, value = clean_namespace(one[0]), normalise(one[0], one[1], rules=rules)
    i = identifiers.c
    wanted = sa.select(i.id).where(i.namespace == name, i.value == value).order_by(i.until_ms.desc()).limit(1)
    found = conn.scalar(wanted) if isinstance(value, str) else None
    if found is None:
        raise missing("unknown_identifier", "no such identifier was ever seen", field=one[0], got=one[1])
    return int(found)
