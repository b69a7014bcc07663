"""The asset classes as one guard, for whoever joins people without a desk."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Clock
from ninefold.identity.tables import persons

from .interface import AssetClass
from .model import Regrouping


class AssetGuard:
    """Speaks against a merge where an asset class does."""

    def __init__(self, assets: Iterable[AssetClass], clock: Clock) -> None:
        self._assets = tuple(assets)
        self._clock = clock

    def blockers(self, conn: Connection, people: Sequence[int]) -> Sequence[str]:
        """The reasons of all blockers of all classes."""
        p = persons.c
        root = sa.func.coalesce(p.merged_into, p.oneid)
        rows = conn.execute(
            sa.select(root.label("root"), p.oneid).where(root.in_(list(people))).order_by(p.oneid)
        ).all()
        before = tuple(
            (one, *(row.oneid for row in rows if row.root == one and row.oneid != one)) for one in sorted(set(people))
        )
        whole = sorted(number for group in before for number in group)
        change = Regrouping(before=before, after=(tuple(whole),))
        now = self._clock.now()
        return tuple(one.reason for asset in self._assets for one in asset.blockers(conn, change, now=now))
