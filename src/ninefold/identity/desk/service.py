"""The identity desk: operators' verbs with both stores, each previewed by the very code that carries it out."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Error, missing, refused
from ninefold.identity import ledger, outbox
from ninefold.identity.assets import AssetClass, Regrouping, Trial, regrouping
from ninefold.identity.changes import Change, Decision, Rebuilt, Tell, Tried, untold
from ninefold.identity.erasing.tombstones import erase
from ninefold.identity.model import Action, IdentityRules
from ninefold.identity.operators import verbs
from ninefold.identity.operators.verbs import Word
from ninefold.identity.queries import packed, whole
from ninefold.identity.queries import regions as sql
from ninefold.identity.rules.document import KIND, parse_rules
from ninefold.identity.rules.normalise import clean_namespace, normalise
from ninefold.identity.service import Identity
from ninefold.identity.tables import identifiers
from ninefold.store import Events, Records, put_definition

from . import notices, rebuilding, reviewing

Pair = tuple[str, str]


class IdentityDesk:
    """Merge, unmerge, must-link, cannot-link, retract, block, rebuild, simulate: one transaction each.

    Every change is in force in queries when the verb returns: redirects are sent to the events store at once, and by
    the pipeline after a crash.
    """

    def __init__(self, records: Records, events: Events, assets: Iterable[AssetClass] = ()) -> None:
        """Args: the stores, and the classes of what people own."""
        self._records = records
        self._events = events
        self.assets = tuple(assets)

    def merge(self, one: int, other: int, *, author: str, reason: str, now: datetime, override: bool = False) -> Change:
        """Make two people one by a must-link that survives every later derivation.

        Raises:
            Error: refused, when an asset class speaks against it; conflict, when an operator keeps the two apart and
                `override` is not given; invalid, when they are one already.
        """
        with self._carried_out(now) as conn:
            word = self._word(conn, author, reason, now)
            before = self._accounts(conn, (one, other))
            change = verbs.merge(conn, one, other, word, override=override)
            self._need(conn, regrouping(before, change.redirects), now)
            notices.merged(conn, [group[0] for group in before], change, word)
            return change

    def preview_merge(self, one: int, other: int, *, now: datetime) -> tuple[Change, tuple[str, ...]]:
        """What :meth:`merge` would change, and what speaks against it; nothing is written."""
        found = self.try_merge(one, other, now=now)
        return found.change, tuple(blocker.reason for blocker in found.blockers)

    def try_merge(self, one: int, other: int, *, now: datetime) -> Trial:
        """All that :meth:`merge` would change, with what becomes of what the two own; nothing is written."""
        with self._tried() as conn:
            before = self._accounts(conn, (one, other))
            word = self._word(conn, "preview", "", now)
            kept_apart = False
            try:
                with conn.begin_nested():
                    change = verbs.merge(conn, one, other, word)
            except Error as error:
                if error.code != "kept_apart":
                    raise
                kept_apart = True
                change = verbs.merge(conn, one, other, word, override=True)
            return self._trial(conn, before, change, now, kept_apart=kept_apart)

    def unmerge(self, oneid: int, leaving: Sequence[Pair], *, author: str, reason: str, now: datetime) -> Change:
        """Take identifiers out of a person, with everything that came by them; lossless, and it stays so.

        Raises:
            Error: invalid, when none or all of the person's identifiers would leave; missing, for an unknown one;
                refused, when an asset class cannot take apart what happened meanwhile.
        """
        with self._carried_out(now) as conn:
            word = self._word(conn, author, reason, now)
            before = self._accounts(conn, (oneid,))
            change = verbs.unmerge(conn, oneid, [_number(conn, word.rules, one) for one in leaving], word)
            after = regrouping(before, change.redirects)
            self._need(conn, after, now)
            notices.unmerged(conn, [group[0] for group in after.after], change, word)
            return change

    def preview_unmerge(self, oneid: int, leaving: Sequence[Pair], *, now: datetime) -> Change:
        """What :meth:`unmerge` would change; nothing is written."""
        return self.try_unmerge(oneid, leaving, now=now).change

    def try_unmerge(self, oneid: int, leaving: Sequence[Pair], *, now: datetime) -> Trial:
        """All that :meth:`unmerge` would change, with what becomes of what the person owns; nothing is written."""
        with self._tried() as conn:
            before = self._accounts(conn, (oneid,))
            word = self._word(conn, "preview", "", now)
            change = verbs.unmerge(conn, oneid, [_number(conn, word.rules, one) for one in leaving], word)
            return self._trial(conn, before, change, now)

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
        with self._carried_out(now) as conn:
            return Identity.load(conn).block(conn, namespace, value, author=author, now=now)

    def unblock(self, namespace: str, value: str, *, author: str, now: datetime) -> bool:
        """Let a blocked identifier take part again, with all it met. True when it was blocked."""
        with self._carried_out(now) as conn:
            return Identity.load(conn).unblock(conn, namespace, value, author=author, now=now)

    def decide(self, review: int, verdict: reviewing.Verdict, *, author: str, now: datetime) -> None:
        """Close a review: "confirm" that a limit was right, or "release" what it stopped, for good.

        Raises:
            Error: missing, conflict (closed already), or invalid (a cap or a veto is not released but linked over).
        """
        with self._carried_out(now) as conn:
            reviewing.decide(conn, review, verdict, author=author, now=now)

    def erase(self, oneid: int, *, now: datetime) -> tuple[int, ...]:
        """Forget a person's identifiers and links, and leave tombstones: the numbers are never given again.

        Returns:
            All numbers of the person, for whoever erases the rest.
        """
        with self._carried_out(now) as conn:
            return erase(conn, [oneid], now=now)

    def rebuild(self, *, now: datetime) -> Rebuilt:
        """Derive everybody anew from the whole ledger, keep the numbers, and write what differs (nothing, normally)."""
        with self._carried_out(now) as conn:
            return rebuilding.rebuild(conn, Identity.load(conn).rules, now=now)

    def change_rules(
        self, document: Mapping[str, object], *, author: str, now: datetime, tell: Tell = untold,
        settle: Callable[[Connection, Rebuilt], None] = lambda *_: None,
    ) -> Rebuilt:  # fmt: skip
        """Store other rules and replay the whole ledger under them, numbers kept, in one transaction.

        Nobody ever sees the new rules with the old people: a crash leaves both as they were. Events are accepted
        meanwhile, and wait for their people until it is done.

        Args:
            document: the rules.
            author: who wants them.
            now: time of recording.
            tell: is told how far it is.
            settle: is called at the end of the transaction.

        Raises:
            Error: invalid, naming the field of the document.
        """
        parse_rules(document)
        with self._carried_out(now) as conn:
            put_definition(conn, KIND, "default", dict(document), now=now, author=author)
            done = rebuilding.rebuild(conn, Identity.load(conn).rules, now=now, storms=True, tell=tell)
            settle(conn, done)
            return done

    def try_rules(self, document: Mapping[str, object], *, tell: Tell = untold) -> tuple[Tried, int]:
        """What other rules would make of the whole ledger as it stands at this moment; nothing is written.

        Returns:
            The derivation, and the number of the last statement that it knows.

        Raises:
            Error: invalid, naming the field of the document.
        """
        rules = parse_rules(document, secrets=os.environ)
        with self._records.begin() as conn:
            conn.execute(whole.SNAPSHOT)
            last = ledger.last_statement(conn)
            return rebuilding.attempt(conn, rules, tell=tell), last

    def _word(self, conn: Connection, author: str, reason: str, now: datetime) -> Word:
        return Word(author=author, reason=reason, now=now, rules=Identity.load(conn).rules)

    def _say(self, action: Action, pair: tuple[Pair, Pair], author: str, reason: str, now: datetime) -> Change:
        with self._carried_out(now) as conn:
            word = self._word(conn, author, reason, now)
            a, b = (_number(conn, word.rules, one) for one in pair)
            return verbs.decide_pair(conn, action, a, b, word)

    @staticmethod
    def _accounts(conn: Connection, people: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(Identity().accounts(conn, number)) for number in people)

    def _trial(
        self, conn: Connection, before: tuple[tuple[int, ...], ...], change: Change, now: datetime, *,
        kept_apart: bool = False,
    ) -> Trial:  # fmt: skip
        after = regrouping(before, change.redirects)
        return Trial(
            change=change,
            regrouping=after,
            lines=tuple(line for asset in self.assets for line in asset.preview(conn, after, now=now)),
            blockers=tuple(one for asset in self.assets for one in asset.blockers(conn, after, now=now)),
            kept_apart=kept_apart,
        )

    def _need(self, conn: Connection, change: Regrouping, now: datetime) -> None:
        blockers = [one for asset in self.assets for one in asset.blockers(conn, change, now=now)]
        if blockers:
            codes = ", ".join(f"{one.asset}: {one.code}" for one in blockers)
            raise refused("merge_blocked", "; ".join(one.reason for one in blockers), hint=codes)

    @contextmanager
    def _carried_out(self, now: datetime) -> Iterator[Connection]:
        with self._records.begin() as conn:
            ledger.lock(conn)
            before = ledger.last_change(conn) if self.assets else 0
            yield conn
            if self.assets:
                moved = ledger.changes_since(conn, before)
                for asset in self.assets:
                    asset.follow(conn, moved, now=now)
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
