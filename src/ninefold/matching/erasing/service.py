"""Candidates as a store of personal data: their evidence quotes names, addresses, numbers."""

from collections.abc import Sequence

from ninefold.governance import privacy
from ninefold.store import Records

from . import queries


class CandidateStore:
    """Pairs of people who may be one, with evidence, claims and votes."""

    name = "matching"

    def __init__(self, records: Records) -> None:
        self._records = records

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Pairs with each person; a pair counts for each number by which it names the person."""
        together = privacy.Together.of(subjects)
        with self._records.begin() as conn:
            rows = conn.execute(queries.COUNT, {"accounts": together.accounts})
            return together.tally((row.oneid, row.rows) for row in rows)

    def content(self, subject: privacy.Subject) -> object:
        """That the person was compared, how far and with what outcome; not the other person's data."""
        with self._records.begin() as conn:
            rows = conn.execute(queries.CONTENT, {"accounts": list(subject.accounts)}).all()
        return [{"state": row.state, "score": row.score, "decided_at": str(row.decided_at or "")} for row in rows]

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Delete the pairs and what was said about them."""
        with self._records.begin() as conn:
            conn.execute(queries.FORGET, {"accounts": privacy.Together.of(subjects).accounts})
        return ""
