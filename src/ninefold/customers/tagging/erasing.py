"""Tags by hand as a store of personal data."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.governance import privacy
from ninefold.store import Records

from .tables import manual_tags


class TagStore:
    """Every tag that was ever set by hand, with its reason."""

    name = "tags by hand"

    def __init__(self, records: Records) -> None:
        self._records = records

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Rows of each person."""
        whose, found = privacy.Together.of(subjects).account, [0] * len(subjects)
        with self._records.begin() as conn:
            for row in _rows(conn, list(whose)):
                found[whose[row.oneid]] += 1
        return found

    def content(self, subject: privacy.Subject) -> object:
        """The rows, as the person may read them."""
        with self._records.begin() as conn:
            return [dict(row._mapping) for row in _rows(conn, subject.accounts)]  # noqa: SLF001 - SQLAlchemy's name

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Delete the rows."""
        people = [one for subject in subjects for one in subject.accounts]
        with self._records.begin() as conn:
            conn.execute(sa.delete(manual_tags).where(manual_tags.c.oneid.in_(people)))
        return ""


def _rows(conn: Connection, accounts: Sequence[int]) -> Sequence[sa.Row[Any]]:
    return conn.execute(sa.select(manual_tags).where(manual_tags.c.oneid.in_(accounts))).all()
