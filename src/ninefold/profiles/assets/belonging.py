"""Memberships, roles and relations under a merge."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.identity import Redirects, assets
from ninefold.profiles.memberships import Membership, Memberships
from ninefold.profiles.relations.tables import person_roles, relations


class MembershipAssets:
    """Memberships: all are kept; in each node one leads, whose number, tier and owner hold for the person."""

    key = "memberships"

    def __init__(self, memberships: Memberships) -> None:
        self._memberships = memberships

    def preview(self, conn: Connection, change: assets.Regrouping, *, now: datetime) -> Sequence[assets.AssetLine]:
        """One line per node: the memberships of each person, the leading one first."""
        del now
        before = [self._by_node(conn, group) for group in change.before]
        after = [self._by_node(conn, group) for group in change.after]
        nodes = sorted({node for held in before for node in held})
        return tuple(
            assets.AssetLine(
                asset=self.key,
                subject=node,
                before=tuple(_text(held.get(node, ())) for held in before),
                after=tuple(_text(held.get(node, ())) for held in after),
                rule="all are kept; the active one that was joined first leads",
                conflict=any(one.conflict for held in after for one in held.get(node, ())),
            )
            for node in nodes
        )

    def blockers(self, conn: Connection, change: assets.Regrouping, *, now: datetime) -> Sequence[assets.Blocker]:
        """Nothing: two memberships in one node are a conflict to look at, not a reason against it."""
        del conn, change, now
        return ()

    def follow(self, conn: Connection, moved: Redirects, *, now: datetime) -> None:
        """Nothing to do: memberships stay under their account."""
        del conn, moved, now

    def _by_node(self, conn: Connection, accounts: Sequence[int]) -> dict[str, tuple[Membership, ...]]:
        found: dict[str, tuple[Membership, ...]] = {}
        for one in sorted(self._memberships.of_accounts(conn, accounts), key=lambda one: not one.leading):
            found[one.node] = (*found.get(one.node, ()), one)
        return found


class RelationAssets:
    """Roles and relations: a person has those of all accounts; what two accounts are to each other is to oneself."""

    key = "relations"

    def preview(self, conn: Connection, change: assets.Regrouping, *, now: datetime) -> Sequence[assets.AssetLine]:
        """A line for the roles, and one for the relations with others and among themselves."""
        del now
        before, after = ([_roles(conn, group) for group in groups] for groups in (change.before, change.after))
        lines = []
        if any(before):
            lines.append(
                assets.AssetLine(
                    asset=self.key, subject="roles", before=tuple(map(", ".join, before)),
                    after=tuple(map(", ".join, after)), rule="the roles of all accounts",
                )
            )  # fmt: skip
        before, after = ([_kin(conn, group) for group in groups] for groups in (change.before, change.after))
        if any(one != ["0 with others", "0 with oneself"] for one in before):
            lines.append(
                assets.AssetLine(
                    asset=self.key, subject="relations", before=tuple(map(", ".join, before)),
                    after=tuple(map(", ".join, after)), rule="all are kept; those between the two are with oneself",
                )
            )  # fmt: skip
        return tuple(lines)

    def blockers(self, conn: Connection, change: assets.Regrouping, *, now: datetime) -> Sequence[assets.Blocker]:
        """Nothing speaks against it."""
        del conn, change, now
        return ()

    def follow(self, conn: Connection, moved: Redirects, *, now: datetime) -> None:
        """Nothing to do: roles and relations stay under their account."""
        del conn, moved, now


def _text(held: Sequence[Membership]) -> str:
    return "; ".join(
        " ".join(part for part in (one.number or "without number", one.status, one.tier, one.owner) if part)
        for one in held
    )


def _roles(conn: Connection, accounts: Sequence[int]) -> list[str]:
    r = person_roles.c
    wanted = sa.select(r.role).where(r.oneid.in_(accounts), r.until.is_(None)).distinct().order_by(r.role)
    return list(conn.execute(wanted).scalars())


def _kin(conn: Connection, accounts: Sequence[int]) -> list[str]:
    r = relations.c
    mine, theirs = r.oneid.in_(accounts), r.other.in_(accounts)
    inside = conn.scalar(sa.select(sa.func.count()).select_from(relations).where(mine, theirs)) or 0
    whole = conn.scalar(sa.select(sa.func.count()).select_from(relations).where(mine | theirs)) or 0
    return [f"{whole - inside} with others", f"{inside} with oneself"]
