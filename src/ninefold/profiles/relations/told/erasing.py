"""Told relations as a store of personal data: they name people by identifiers, also people not known yet."""

from collections.abc import Sequence

from ninefold.governance import privacy
from ninefold.store import Records

from . import queries


class ToldRelationStore:
    """What events said of people's relations, whether it is their event or they are named in it."""

    name = "told relations"

    def __init__(self, records: Records) -> None:
        self._records = records

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Relations of each person, on either side."""
        together = privacy.Together.of(subjects)
        with self._records.begin() as conn:
            return together.tally_at((row.place, row.rows) for row in conn.execute(queries.COUNT, together.columns()))

    def content(self, subject: privacy.Subject) -> object:
        """What the person's own events said."""
        with self._records.begin() as conn:
            rows = conn.execute(queries.CONTENT, {"accounts": list(subject.accounts)})
            return [dict(row) for row in rows.mappings()]

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Delete them, on either side."""
        with self._records.begin() as conn:
            conn.execute(queries.FORGET, privacy.Together.of(subjects).columns())
        return ""
