"""The verbs of departures. Each works in the caller's transaction, so all of it happens or nothing."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import conflict, invalid, missing, to_ms
from ninefold.governance import Keys, org
from ninefold.identity import Identity

from . import queries
from .model import Departure, Order, Plan, Undone
from .tables import staff_departures


class Departures:
    """Members of staff who leave."""

    def __init__(self, identity: Identity, tree: org.Org, keys: Keys) -> None:
        self._identity = identity
        self._tree = tree
        self._keys = keys

    def plan(self, conn: Connection, order: Order) -> Plan:
        """What a departure would do; nothing is written.

        Raises:
            Error: invalid (nobody is named, or nobody is left to take over); missing (the node).
        """
        return self._plan(conn, order, self._heirs(conn, order))

    def leave(self, conn: Connection, order: Order, *, now: datetime, author: str) -> tuple[Departure, Plan]:
        """End somebody's tokens and roles given by hand, and hand their memberships over; the same as planned.

        Raises:
            Error: invalid, missing; see :meth:`plan`.
        """
        conn.execute(queries.LOCK, {"name": order.name})
        heirs = self._heirs(conn, order)
        plan = self._plan(conn, order, heirs)
        roles: list[int] = []
        if order.person:
            roles = list(conn.scalars(queries.END_ROLES, {"root": self._root(conn, order.person), "now": now}))
        values = {
            "name": order.name, "at": now, "author": author, "reason": order.reason, "roles": roles, "memberships": 0,
            "keys": list(self._keys.end(conn, order.name)),
        }  # fmt: skip
        number = conn.scalar(sa.insert(staff_departures).values(values).returning(staff_departures.c.id))
        handed = {
            "name": order.name, "heirs": list(heirs), "departure": number, "author": author, "reason": order.reason,
            "now": now, "now_ms": to_ms(now),
        }  # fmt: skip
        rows = conn.execute(queries.HAND_OVER, handed).rowcount
        kept = sa.update(staff_departures).where(staff_departures.c.id == number).values(memberships=rows)
        return _departure(conn.execute(kept.returning(staff_departures)).one()), plan

    def undo(self, conn: Connection, number: int, *, now: datetime, author: str) -> Undone:
        """Take a departure back: what is still where it was put goes back, tokens and roles go on.

        Raises:
            Error: missing (no such departure); conflict (taken back already).
        """
        c = staff_departures.c
        row = conn.execute(sa.select(staff_departures).where(c.id == number).with_for_update()).one_or_none()
        if row is None:
            raise missing("unknown_departure", "there is no such departure", field="id", got=number)
        if row.undone_at is not None:
            raise conflict("departure_undone", "the departure was taken back already")
        reason = f"departure {number} of {row.name} taken back"
        values = {"departure": number, "author": author, "reason": reason, "now": now, "now_ms": to_ms(now)}
        back = conn.execute(queries.GIVE_BACK, values).rowcount
        roles = conn.execute(queries.GO_ON, {"roles": list(row.roles), "now": now}).rowcount
        keys = self._keys.restore(conn, tuple(row.keys))
        conn.execute(sa.update(staff_departures).where(c.id == number).values(undone_at=now))
        return Undone(memberships=back, kept=row.memberships - back, keys=len(keys), roles=roles)

    def listed(self, conn: Connection, *, limit: int = 100) -> tuple[Departure, ...]:
        """Departures, newest first."""
        wanted = sa.select(staff_departures).order_by(staff_departures.c.id.desc()).limit(limit)
        return tuple(_departure(row) for row in conn.execute(wanted))

    def _plan(self, conn: Connection, order: Order, heirs: tuple[str, ...]) -> Plan:
        shares = conn.execute(queries.SHARES, {"name": order.name, "heirs": list(heirs)})
        roles = conn.scalars(queries.HAND_ROLES, {"root": self._root(conn, order.person)}) if order.person else ()
        return Plan(
            memberships=tuple((row.heir, row.rows) for row in shares),
            keys=self._keys.living(conn, order.name),
            roles=tuple(roles),
        )

    def _root(self, conn: Connection, person: int) -> int:
        return next(iter(self._identity.accounts(conn, person)))

    def _heirs(self, conn: Connection, order: Order) -> tuple[str, ...]:
        if not order.name.strip():
            raise invalid("bad_departure", "say who leaves", field="name", got=order.name)
        if order.name in order.heirs:
            raise invalid("bad_departure", "who leaves cannot take over", field="to", got=order.name)
        if order.heirs:
            return order.heirs
        if not order.node:
            raise invalid("bad_departure", "say who takes over", field="to", got="",
                          allowed="one or more names, or a node whose staff shares")  # fmt: skip
        sought = {"nodes": list(self._tree.codes(conn, order.node)), "name": order.name}
        found = tuple(conn.scalars(queries.STAFF, sought))
        if not found:
            raise invalid("bad_departure", "nobody else looks after members there", field="node", got=order.node,
                          allowed="a node with staff, or names in to")  # fmt: skip
        return found


def _departure(row: sa.Row[Any]) -> Departure:
    return Departure(
        id=row.id, name=row.name, at=row.at, author=row.author, reason=row.reason, memberships=row.memberships,
        keys=tuple(row.keys), undone_at=row.undone_at,
    )  # fmt: skip
