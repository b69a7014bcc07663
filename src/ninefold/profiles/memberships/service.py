"""The verbs of memberships. Each works in the caller's transaction."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.base import from_ms, invalid, missing, to_ms
from ninefold.collect import Event
from ninefold.governance import org
from ninefold.identity import Identity
from ninefold.store import changes

from . import queries
from .model import STATUSES, Change, Conflict, Member, Membership, Statement, Transfer
from .rules import folded, leading, statements_of
from .tables import membership_changes, memberships


class Memberships:
    """Memberships of people in nodes of the org tree."""

    def __init__(self, identity: Identity, tree: org.Org) -> None:
        self._identity = identity
        self._tree = tree

    def observe(self, conn: Connection, events: Sequence[Event], people: NDArray[np.uint32], *, now: datetime) -> int:
        """Take memberships from the events of a batch; doing it again changes nothing. Returns statements read."""
        sources = self._tree.sources(conn)
        nodes = frozenset(node.spec.code for node in self._tree.nodes(conn) if not node.spec.closed)
        if not nodes:
            return 0
        return self.state(conn, statements_of(events, people.tolist(), sources, nodes), now=now)

    def state(self, conn: Connection, statements: Iterable[Statement], *, now: datetime) -> int:
        """Write what is said about memberships, in one statement for all; the latest word on each field wins."""
        rows = folded(self.named(conn, tuple(statements)))
        if not rows:
            return 0
        said = [one for one, _ in rows]
        changed = conn.execute(
            queries.STATE,
            {
                "oneids": [one.oneid for one in said],
                "nodes": [one.node for one in said],
                "numbers": [one.number for one in said],
                "statuses": [one.status for one in said],
                "tiers": [one.tier for one in said],
                "owners": [one.owner for one in said],
                "joined": [joined for _, joined in rows],
                "at": [one.at_ms for one in said],
                "sources": [one.source for one in said],
                "now": now,
            },
        )
        tell(conn, [(one.oneid, one.node, one.status, one.node) for one in changed])
        return len(rows)

    @staticmethod
    def named(conn: Connection, statements: Sequence[Statement]) -> list[Statement]:
        """The same statements, in order: with a number issued here they are about the membership it was issued to."""
        said = list(statements)
        places = [place for place, one in enumerate(said) if one.number]
        asked = {
            "oneids": [said[place].oneid for place in places],
            "nodes": [said[place].node for place in places],
            "numbers": [said[place].number for place in places],
        }
        for row in conn.execute(queries.ISSUED_TO, asked) if places else ():
            place = places[row.n]
            said[place] = replace(said[place], oneid=row.oneid, number="")
        return said

    def join(self, conn: Connection, statement: Statement, *, now: datetime) -> tuple[Membership, ...]:
        """Make or change one membership by hand; gives all memberships of the person.

        Raises:
            Error: missing (the node); invalid (closed node, status).
        """
        if statement.status and statement.status not in STATUSES:
            raise invalid("bad_membership", "unknown status", field="status", got=statement.status,
                          allowed=", ".join(STATUSES))  # fmt: skip
        if self._tree.get(conn, statement.node).spec.closed:
            raise invalid("closed_node", "the node takes no new memberships", field="node", got=statement.node,
                          allowed="a node that is open")  # fmt: skip
        self.state(conn, [statement], now=now)
        return self.of(conn, statement.oneid)

    def of(self, conn: Connection, oneid: int) -> tuple[Membership, ...]:
        """All memberships of a person and of everybody merged with them, oldest first."""
        return self.of_accounts(conn, list(self._identity.accounts(conn, oneid)))

    def of_accounts(self, conn: Connection, accounts: Sequence[int]) -> tuple[Membership, ...]:
        """All memberships of accounts as those of one person, oldest first; in each node one leads."""
        rows = conn.execute(queries.OF_ACCOUNTS, {"accounts": list(accounts)}).all()
        homes = Counter(node for node, _ in {(row.node, row.oneid) for row in rows if row.status != "left"})
        return leading(_membership(row, conflict=homes[row.node] > 1) for row in rows)

    def history(self, conn: Connection, oneid: int) -> tuple[Change, ...]:
        """What was changed in a person's memberships by hand, newest first."""
        ids = [one.id for one in self.of(conn, oneid)]
        c = membership_changes.c
        rows = conn.execute(sa.select(membership_changes).where(c.membership.in_(ids)).order_by(c.id.desc()))
        return tuple(
            Change(membership=row.membership, at=row.at, field=row.field, before=row.before, after=row.after,
                   author=row.author, reason=row.reason)
            for row in rows
        )  # fmt: skip

    def members(self, conn: Connection, under: str) -> NDArray[np.uint32]:
        """Present numbers of everybody with a membership in a node or below it, ascending."""
        nodes = list(self._tree.codes(conn, under))
        found = conn.execute(queries.MEMBERS, {"nodes": nodes}).scalars().all()
        return np.sort(np.asarray(found, np.uint32))

    def belongs(self, conn: Connection, oneid: int, under: str) -> bool:
        """Whether a person has a membership in a node or below it."""
        nodes = set(self._tree.codes(conn, under))
        return any(one.node in nodes and one.status != "left" for one in self.of(conn, oneid))

    def counts(self, conn: Connection, under: str) -> tuple[tuple[str, str, int, int], ...]:
        """Memberships by node and status, with the number of owners, of a node and everything below it."""
        rows = conn.execute(queries.COUNTS, {"nodes": list(self._tree.codes(conn, under))})
        return tuple((row.node, row.status, row.memberships, row.owners) for row in rows)

    def with_number(
        self, conn: Connection, number: str, *, under: str = "", within: str = "", limit: int = 100
    ) -> tuple[Member, ...]:
        """The members with a number; of one number in one node more than one is a conflict.

        Args:
            conn: a transaction.
            number: as it stands on the card.
            under: only in this node and below it.
            within: and only in this node and below it: the scope of the caller.
            limit: at most so many.

        Raises:
            Error: missing (a node).
        """
        limits = [set(self._tree.codes(conn, one)) for one in (under, within) if one]
        nodes = sorted(set.intersection(*limits)) if limits else None
        rows = conn.execute(queries.WITH_NUMBER, {"number": number.strip(), "nodes": nodes, "limit": limit}).all()
        people = Counter(node for node, _ in {(row.node, row.person) for row in rows if row.status != "left"})
        return tuple(
            Member(person=row.person, membership=_membership(row, conflict=people[row.node] > 1)) for row in rows
        )

    def conflicts(self, conn: Connection, *, under: str = "", limit: int = 100) -> tuple[Conflict, ...]:
        """What somebody must decide: memberships of several accounts of a person in a node, numbers that several have.

        Memberships that were left are no conflict any more.
        """
        nodes = list(self._tree.codes(conn, under)) if under else None
        rows = conn.execute(queries.CONFLICTS, {"nodes": nodes, "limit": limit}).all()
        names = self._identity.public_ids(conn, [row.root for row in rows])
        return tuple(
            Conflict(person=names[row.root], node=row.node, kind=row.kind, number=row.number,
                     memberships=tuple(row.memberships))
            for row in rows
        )  # fmt: skip

    def settle(self, conn: Connection, keep: int, *, reason: str, now: datetime, author: str) -> int:
        """Decide a conflict: this membership stays, those it is in conflict with are left, with history.

        After an unmerge they stay left, for somebody decided it; a later statement of their status counts again.

        Returns:
            How many were left by it.

        Raises:
            Error: missing (the membership).
        """
        if conn.scalar(sa.select(memberships.c.id).where(memberships.c.id == keep)) is None:
            raise missing("unknown_membership", "there is no such membership", field="keep", got=keep)
        values = {"keep": keep, "reason": reason, "author": author, "now": now, "now_ms": to_ms(now)}
        changed = conn.execute(queries.SETTLE, values).all()
        tell(conn, [(one.oneid, one.node, one.status, one.node) for one in changed])
        return len(changed)

    def transfer(self, conn: Connection, order: Transfer, *, now: datetime, author: str) -> int:
        """Give memberships to another owner or node, in one statement, with history; returns how many changed.

        A membership whose person has the same number in the new node already stays where it is.

        Raises:
            Error: invalid (nothing to do, or nothing chosen); missing (a node).
        """
        if order.to_owner is None and not order.to_node:
            raise invalid("bad_transfer", "say who or which node gets them", field="to_owner", got="",
                          allowed="an owner, a node, or both")  # fmt: skip
        if not order.node and order.owner is None and order.people is None:
            raise invalid("bad_transfer", "say which memberships", field="node", got="",
                          allowed="a node, an owner, people, or several of these")  # fmt: skip
        if order.to_node and self._tree.get(conn, order.to_node).spec.closed:
            raise invalid("closed_node", "the node takes no memberships", field="to_node", got=order.to_node)
        values = {
            "nodes": list(self._tree.codes(conn, order.node)) if order.node else None,
            "owner": order.owner, "people": list(order.people) if order.people is not None else None,
            "to_owner": order.to_owner, "to_node": order.to_node or None, "author": author, "reason": order.reason,
            "now": now, "now_ms": to_ms(now),
        }  # fmt: skip
        changed = conn.execute(queries.TRANSFER, values).all()
        tell(conn, [(one.oneid, one.node, one.status, one.before) for one in changed])
        return len(changed)

    def counted(self, conn: Connection, accounts: Sequence[int]) -> dict[int, int]:
        """How many memberships each of some accounts has; those without any are left out."""
        m = memberships.c
        wanted = sa.select(m.oneid, sa.func.count()).where(m.oneid.in_(accounts)).group_by(m.oneid)
        return {int(number): int(rows) for number, rows in conn.execute(wanted)}

    def erase(self, conn: Connection, accounts: Sequence[int]) -> int:
        """Delete the memberships of accounts and their history; returns how many there were."""
        ids = sa.select(memberships.c.id).where(memberships.c.oneid.in_(accounts))
        conn.execute(sa.delete(membership_changes).where(membership_changes.c.membership.in_(ids)))
        return conn.execute(sa.delete(memberships).where(memberships.c.oneid.in_(accounts))).rowcount

    def need(self, conn: Connection, oneid: int, under: str) -> None:
        """Raise missing unless a person belongs to a node: to whom it is out of scope, it does not exist."""
        if not self.belongs(conn, oneid, under):
            raise missing("unknown_person", "there is no such person", field="person")


def tell(conn: Connection, changed: Iterable[tuple[int, str, str, str]]) -> None:
    """Tell the log of changes of memberships: account, node, status, and the node before."""
    alike: dict[tuple[str, str, str], list[int]] = {}
    for oneid, node, status, before in changed:
        alike.setdefault((node, status, before), []).append(oneid)
    for (node, status, before), accounts in alike.items():
        detail = {"node": node, "status": status}
        changes.note(conn, changes.Kind.MEMBERSHIP, accounts, nodes=sorted({node, before}), detail=detail)


def _membership(row: sa.Row[Any], *, conflict: bool) -> Membership:
    return Membership(
        id=row.id, home=row.home, node=row.node, number=row.number or row.issued, status=row.status, tier=row.tier,
        owner=row.owner, joined_at=from_ms(row.joined_ms), changed_at=row.changed_at, source=row.source,
        conflict=conflict,
    )  # fmt: skip
