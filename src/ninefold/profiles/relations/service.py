"""The verbs of roles and relations. Each works in the caller's transaction."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import conflict, from_ms, invalid
from ninefold.identity import Identity
from ninefold.predicate import Reading, members, parse, survivorship
from ninefold.store import Definition, Events, get_definition, list_definitions, put_definition

from . import queries
from .model import ROLE_KIND, Given, Reach, Reached, Relation, RoleChange, RoleHeld
from .rules import parse_role
from .tables import person_roles, relations


class Relations:
    """Roles of people, and what people are to each other and to products."""

    def __init__(self, events: Events, identity: Identity, *, zone: str) -> None:
        self._events = events
        self._identity = identity
        self._zone = zone

    def save(self, conn: Connection, document: Mapping[str, Any], *, now: datetime, author: str = "") -> None:
        """Check a document of kind ``role`` and keep it as the next version."""
        role = parse_role(document)
        put_definition(conn, ROLE_KIND, role.key, document, now=now, author=author)

    def refresh(self, conn: Connection, *, now: datetime) -> tuple[RoleChange, ...]:
        """Derive all roles that have a condition: begin the periods of who has it now, end those of who does not."""
        kept = [one for one in list_definitions(conn, ROLE_KIND) if one.document.get("condition") is not None]
        return tuple(self._derive(conn, one, now) for one in kept)

    def give(self, conn: Connection, oneid: int, role: str, given: Given, *, now: datetime) -> None:
        """Set a role by hand.

        Raises:
            Error: missing (the role); conflict (the person has it by hand already); invalid (its end is over).
        """
        get_definition(conn, ROLE_KIND, role)
        if given.ends_at is not None and given.ends_at <= now:
            raise invalid("bad_role_end", "the role would be over", field="ends_at", got=given.ends_at.isoformat(),
                          allowed="later")  # fmt: skip
        self.expire(conn, now=now)
        accounts = list(self._identity.accounts(conn, oneid))
        h = person_roles.c
        held = sa.select(h.id).where(h.oneid.in_(accounts), h.role == role, h.origin == "hand", h.until.is_(None))
        if conn.execute(held).first():
            raise conflict("role_held", f'the person has the role "{role}" by hand already')
        values = {"oneid": accounts[0], "role": role, "since": now, "origin": "hand", "author": given.author,
                  "ends_at": given.ends_at, "evidence": {"reason": given.reason}}  # fmt: skip
        conn.execute(sa.insert(person_roles).values(values))

    def expire(self, conn: Connection, *, now: datetime) -> tuple[tuple[str, str], ...]:
        """End the roles whose time is over, as of that time; gives public id and role of each that ended by it."""
        return tuple((row.public_id, row.role) for row in conn.execute(queries.EXPIRE, {"now": now}))

    def take(self, conn: Connection, oneid: int, role: str, *, now: datetime) -> bool:
        """End a role set by hand; returns whether there was one."""
        accounts = list(self._identity.accounts(conn, oneid))
        h = person_roles.c
        ended = sa.update(person_roles).where(
            h.oneid.in_(accounts), h.role == role, h.origin == "hand", h.until.is_(None)
        )
        return conn.execute(ended.values(until=now)).rowcount > 0

    def roles_of(self, conn: Connection, oneid: int) -> tuple[RoleHeld, ...]:
        """Roles of a person, also former ones, newest first."""
        accounts = list(self._identity.accounts(conn, oneid))
        h = person_roles.c
        rows = conn.execute(
            sa.select(person_roles).where(h.oneid.in_(accounts)).order_by(h.until.isnot(None), h.since.desc(), h.id)
        )
        return tuple(
            RoleHeld(role=row.role, since=row.since, until=row.until, origin=row.origin, author=row.author,
                     ends_at=row.ends_at, evidence=row.evidence)
            for row in rows
        )  # fmt: skip

    def holders(self, conn: Connection, role: str, *, now: datetime, limit: int = 1_000) -> tuple[str, ...]:
        """Public ids of the people who have a role now."""
        get_definition(conn, ROLE_KIND, role)
        roots = conn.execute(queries.HOLDERS, {"role": role, "now": now, "limit": limit}).scalars().all()
        names = self._identity.public_ids(conn, roots)
        return tuple(names[root] for root in roots if root in names)

    def relate(
        self, conn: Connection, kind: str, oneid: int, to: int | str, *, since: datetime, evidence: tuple[str, str]
    ) -> None:
        """Write down that a person is something to another person (number) or to a product (id); once.

        Args:
            conn: the caller's transaction.
            kind: a word, e.g. ``invited``.
            oneid: from whom.
            to: to whom or what.
            since: when it began; the earliest is kept.
            evidence: source, and message id or reason.
        """
        if not kind or len(kind) > 63 or to in (oneid, "", 0):
            raise invalid("bad_relation", "not a relation between two", field="kind", got=f"{kind} {to}",
                          allowed="a kind of at most 63 characters, and another person or a product")  # fmt: skip
        other, product = (to, "") if isinstance(to, int) else (0, to)
        fresh = pg.insert(relations).values(
            kind=kind, oneid=oneid, other=other, product=product, since=since, source=evidence[0], evidence=evidence[1]
        )
        earlier = sa.func.least(relations.c.since, fresh.excluded.since)
        conn.execute(
            fresh.on_conflict_do_update(index_elements=["kind", "oneid", "other", "product"], set_={"since": earlier})
        )

    def relations_of(self, conn: Connection, oneid: int, *, limit: int = 500) -> tuple[Relation, ...]:
        """What a person is to others, and others to the person, newest first."""
        accounts = list(self._identity.accounts(conn, oneid))
        sought = {"accounts": accounts, "root": accounts[0], "limit": limit}
        rows = conn.execute(queries.RELATIONS, sought).all()
        names = self._identity.public_ids(conn, [row.root for row in rows if row.root])
        return tuple(_relation(row, names) for row in rows)

    def reach(self, conn: Connection, kind: str, oneid: int, *, depth: int = 1, limit: int = 1_000) -> Reach:
        """Who can be reached from a person by relations of a kind, nearest first: whom did they bring, and those whom.

        Args:
            conn: a transaction.
            kind: of relation, followed from whom it goes to whom.
            oneid: the person; not part of the answer.
            depth: steps at most.
            limit: people at most; the nearest are kept.
        """
        root = next(iter(self._identity.accounts(conn, oneid)))
        frontier, seen = [root], [root]
        found: list[tuple[int, int, int, int]] = []
        for step in range(1, depth + 1):
            left = limit - len(found)
            rows = conn.execute(
                queries.REACHED, {"people": frontier, "kind": kind, "seen": seen, "limit": left + 1}
            ).all()
            found += [(row.root, step, row.source, row.since_ms) for row in rows[:left]]
            if len(rows) > left:
                return self._reach(conn, found, cut=True)
            frontier = [row.root for row in rows]
            seen += frontier
            if not frontier:
                break
        return self._reach(conn, found, cut=False)

    def _reach(self, conn: Connection, found: Sequence[tuple[int, int, int, int]], *, cut: bool) -> Reach:
        names = self._identity.public_ids(conn, [one for row in found for one in (row[0], row[2])])
        people = (
            Reached(person=names[root], depth=depth, by=names[by], since=from_ms(since))
            for root, depth, by, since in found
        )
        return Reach(people=tuple(people), cut=cut)

    def counted(self, conn: Connection, accounts: Sequence[int]) -> dict[int, int]:
        """How many roles and relations each of some accounts has, in both directions; those without are left out."""
        return {int(row.oneid): int(row.rows) for row in conn.execute(queries.COUNTED, {"accounts": list(accounts)})}

    def erase(self, conn: Connection, accounts: Sequence[int]) -> int:
        """Delete roles and relations of accounts, in both directions; returns how many there were."""
        r = relations.c
        roles = conn.execute(sa.delete(person_roles).where(person_roles.c.oneid.in_(accounts))).rowcount
        return roles + conn.execute(sa.delete(relations).where(r.oneid.in_(accounts) | r.other.in_(accounts))).rowcount

    def _derive(self, conn: Connection, kept: Definition, now: datetime) -> RoleChange:
        condition = parse(dict(kept.document["condition"]))
        found = self._events.query(
            members(condition, now=now, zone=self._zone, reading=Reading(policies=survivorship.load(conn)))
        )
        people = np.asarray(found.column(0).to_numpy(), np.int64).tolist()
        values = {"role": kept.key, "people": people, "now": now, "evidence": json.dumps({"version": kept.version})}
        ended = conn.execute(queries.END, values).rowcount
        began = conn.execute(queries.BEGIN, values).rowcount
        return RoleChange(role=kept.key, began=began, ended=ended, people=len(people))


def _relation(row: sa.Row[Any], names: Mapping[int, str]) -> Relation:
    return Relation(
        id=row.id, kind=row.kind, side=row.side, other=row.product or names.get(row.root, ""), since=row.since,
        source=row.source, evidence=row.evidence,
    )  # fmt: skip
