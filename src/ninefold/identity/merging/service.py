"""Merges with their cool-off: by hand or by matching: listed, cancelled, carried out when due by whoever runs then."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import Error, Kind, conflict, missing, refused
from ninefold.identity import outbox
from ninefold.identity.desk.service import IdentityDesk
from ninefold.identity.joining import Joining, Said
from ninefold.identity.operators import verbs
from ninefold.identity.service import Identity
from ninefold.predicate import Condition, Reading, members, survivorship
from ninefold.store import Events, Records, find_definition, put_definition

from .document import KIND, parse_policy
from .model import Cause, Merged, MergePolicy, WaitingMerge, Waits
from .tables import waiting_merges

_LISTED_MAX = 1_000
Pairs: TypeAlias = Sequence[tuple[int, int]]


class Merging:
    """Merges that may have to wait."""

    def __init__(
        self, records: Records, events: Events, desk: IdentityDesk, links: Joining, *, zone: str = "UTC"
    ) -> None:
        """Args: the stores; who carries merges by hand out, and who those of matching; the zone of dates."""
        self._records = records
        self._events = events
        self._desk = desk
        self._links = links
        self._zone = zone

    @staticmethod
    def save(conn: Connection, document: Mapping[str, Any], *, now: datetime, author: str = "") -> None:
        """Check a document of kind ``merge-policy`` and keep it as the next version; raises invalid."""
        parse_policy(document)
        put_definition(conn, KIND, "default", document, now=now, author=author)

    @staticmethod
    def policy(conn: Connection) -> MergePolicy:
        """The policy in force: nothing waits unless a document says so."""
        found = find_definition(conn, KIND, "default")
        return parse_policy(found.document, version=found.version) if found else MergePolicy()

    def due(self, people: Sequence[int], *, now: datetime, cause: Cause = "hand") -> datetime | None:
        """When a merge of people would be carried out; None when it does not wait."""
        with self._records.begin() as conn:
            policy, policies = self.policy(conn), survivorship.load(conn)
            roots = [verbs.root_of(conn, number) for number in people]
        if not policy.cool_off or cause not in policy.causes:
            return None
        if policy.valuable is not None and not self._valuable(policy.valuable, roots, policies, now):
            return None
        return now + policy.cool_off

    def asked(self, conn: Connection, pairs: Pairs, said: Said) -> dict[tuple[int, int], str]:
        """Which merges of matching wait, or were cancelled while they did, and why, in words; see `joining.CoolOff`."""
        policy = self.policy(conn)
        if not policy.cool_off or "match" not in policy.causes or not pairs:
            return {}
        people = sorted({person for pair in pairs for person in pair})
        chosen: frozenset[int] = frozenset(people)
        if policy.valuable is not None:
            chosen = self._valuable(policy.valuable, people, survivorship.load(conn), said.now)
        until = f"waits for its cool-off to end, {said.now + policy.cool_off:%Y-%m-%d %H:%M} UTC"
        cancelled = self._cancelled(conn, pairs)
        return {pair: cancelled.get(_ordered(pair), until) for pair in pairs if chosen.intersection(pair)}

    def wait(self, conn: Connection, pairs: Pairs, said: Said) -> None:
        """Let merges of matching wait, unless they do or were cancelled; carried out when due, under the rules."""
        due = said.now + self.policy(conn).cool_off
        left = {_ordered(pair) for pair in pairs} - set(self._cancelled(conn, pairs))
        rows = [
            {"one": one, "other": other, "cause": "match", "author": said.author, "reason": said.reason,
             "override": False, "requested_at": said.now, "due_at": due}
            for one, other in sorted(left)
        ]  # fmt: skip
        if rows:
            conn.execute(pg.insert(waiting_merges).values(rows).on_conflict_do_nothing())

    def merge(self, one: int, other: int, *, author: str, reason: str, now: datetime, override: bool = False) -> Merged:
        """Merge two people at once, or let the merge wait as the policy says.

        Raises:
            Error: what :meth:`IdentityDesk.merge` raises, also for a merge that would wait; conflict, when the same
                merge waits already.
        """
        due = self.due([one, other], now=now)
        if due is None:
            change = self._desk.merge(one, other, author=author, reason=reason, now=now, override=override)
            return Merged(change=change)
        trial = self._desk.try_merge(one, other, now=now)
        if trial.blockers:
            raise refused("merge_blocked", "; ".join(blocker.reason for blocker in trial.blockers))
        if trial.kept_apart and not override:
            raise conflict("kept_apart", "an operator said that these people are not one",
                           hint="take that back first, or merge with override")  # fmt: skip
        with self._records.begin() as conn:
            roots = sorted(verbs.root_of(conn, number) for number in (one, other))
            values = {"one": roots[0], "other": roots[1], "cause": "hand", "author": author, "reason": reason,
                      "override": override, "requested_at": now, "due_at": due}  # fmt: skip
            number = conn.scalar(
                pg.insert(waiting_merges).values(values).on_conflict_do_nothing().returning(waiting_merges.c.id)
            )
            if number is None:
                raise conflict("merge_waits", "the merge of these two waits already", hint="see the list of merges")
            return Merged(waiting=self._get(conn, number))

    def list(self, *, state: Waits | None = Waits.WAITING, limit: int = 100) -> tuple[WaitingMerge, ...]:
        """Merges that wait, the next one first; with another state (None: any) the newest first."""
        w = waiting_merges.c
        query = sa.select(waiting_merges).limit(min(max(limit, 1), _LISTED_MAX))
        if state is not None:
            query = query.where(w.state == state.value)
        order = (w.due_at, w.id) if state is Waits.WAITING else (w.id.desc(),)
        with self._records.begin() as conn:
            return self._read(conn, query.order_by(*order))

    def cancel(self, number: int, *, author: str, reason: str = "", now: datetime) -> WaitingMerge:
        """Take back a merge that waits.

        Raises:
            Error: missing; conflict, when it waits no longer.
        """
        with self._records.begin() as conn:
            if not self._settle(conn, number, Waits.CANCELLED, now=now, author=author, note=reason):
                found = self._get(conn, number)
                raise conflict("merge_settled", f"the merge is {found.state.value} already")
            return self._get(conn, number)

    def carry_out(self, *, now: datetime, limit: int = 1_000) -> tuple[WaitingMerge, ...]:
        """Carry out the merges that are due; what speaks against one by now refuses it, visibly.

        A crash between a merge and its note is harmless: the next round finds the two to be one already.
        """
        w = waiting_merges.c
        due = sa.select(waiting_merges).where(w.state == Waits.WAITING.value, w.due_at <= now)
        with self._records.begin() as conn:
            waiting = self._read(conn, due.order_by(w.due_at, w.id).limit(limit))
        return tuple(self._carry_out(one.id, now) for one in waiting)

    def _carry_out(self, number: int, now: datetime) -> WaitingMerge:
        with self._records.hold(f"waiting-merge/{number}") as held:
            with self._records.begin() as conn:
                row = conn.execute(sa.select(waiting_merges).where(waiting_merges.c.id == number)).one()
            if not held or row.state != Waits.WAITING.value:
                with self._records.begin() as conn:
                    return self._get(conn, number)
            state, note = self._tried(row, now)
            with self._records.begin() as conn:
                self._settle(conn, number, state, now=now, note=note)
                return self._get(conn, number)

    def _tried(self, row: Any, now: datetime) -> tuple[Waits, str]:  # noqa: ANN401 - a row
        """Carry a merge out: what became of it, and what spoke against it."""
        try:
            if row.cause == "match":
                said = Said(author=row.author, reason=row.reason, now=now)
                with self._records.begin() as conn:
                    [done] = self._links.join(conn, [(row.one, row.other)], said, by_rules=True)
                outbox.publish(self._records, self._events)
                return (Waits.REFUSED, done.refusal) if done.refusal else (Waits.DONE, "")
            self._desk.merge(row.one, row.other, author=row.author, reason=row.reason, now=now, override=row.override)
        except Error as error:
            if error.kind is Kind.UNAVAILABLE or error.kind is Kind.DEFECT:
                raise
            if error.code != "one_person":
                return Waits.REFUSED, str(error)
        return Waits.DONE, ""

    @staticmethod
    def _cancelled(conn: Connection, pairs: Pairs) -> dict[tuple[int, int], str]:
        """Merges of matching that somebody cancelled, and what that means, in words."""
        w = waiting_merges.c
        listed = sorted({_ordered(pair) for pair in pairs})
        gone = sa.select(w.one, w.other, w.settled_by).where(
            sa.tuple_(w.one, w.other).in_(listed), w.state == Waits.CANCELLED.value, w.cause == "match"
        )
        return {(row.one, row.other): f"its merge was cancelled by {row.settled_by}" for row in conn.execute(gone)}

    def _valuable(
        self, condition: Condition, people: Sequence[int], policies: survivorship.Policies, now: datetime
    ) -> frozenset[int]:
        """Those of some present people whom the policy calls valuable."""
        reading = Reading(policies=policies)
        statement = members(condition, now=now, zone=self._zone, only=people, reading=reading)
        return frozenset(self._events.query(statement).column(0).to_pylist())

    @staticmethod
    def _settle(
        conn: Connection, number: int, state: Waits, *, now: datetime, author: str = "", note: str = ""
    ) -> bool:
        w = waiting_merges.c
        done = sa.update(waiting_merges).where(w.id == number, w.state == Waits.WAITING.value)
        values = {"state": state.value, "settled_at": now, "settled_by": author, "note": note}
        return bool(conn.execute(done.values(values)).rowcount)

    def _get(self, conn: Connection, number: int) -> WaitingMerge:
        found = self._read(conn, sa.select(waiting_merges).where(waiting_merges.c.id == number))
        if not found:
            raise missing("unknown_merge", "there is no such merge", field="id", got=number)
        return found[0]

    @staticmethod
    def _read(conn: Connection, query: sa.Select[Any]) -> tuple[WaitingMerge, ...]:
        rows = conn.execute(query).all()
        names = Identity().public_ids(conn, [number for row in rows for number in (row.one, row.other)]) if rows else {}
        return tuple(
            WaitingMerge(
                id=row.id, people=(names.get(row.one, ""), names.get(row.other, "")), author=row.author,
                reason=row.reason, cause=row.cause, override=row.override, requested_at=row.requested_at,
                due_at=row.due_at, state=Waits(row.state), settled_at=row.settled_at, settled_by=row.settled_by,
                note=row.note,
            )
            for row in rows
        )  # fmt: skip


def _ordered(pair: tuple[int, int]) -> tuple[int, int]:
    return min(pair), max(pair)
