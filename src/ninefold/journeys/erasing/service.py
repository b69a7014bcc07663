"""Messages of campaigns as a store of personal data."""

from collections.abc import Sequence

from ninefold.governance import privacy
from ninefold.store import Records

from . import queries


class MessageStore:
    """What was planned and sent: the row keeps the person's number, which leads to nobody, so that reports still add
    up; what receivers answered is forgotten.
    """

    name = "messages"

    def __init__(self, records: Records) -> None:
        self._records = records

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Messages of each that wait, or hold a text about the person."""
        together = privacy.Together.of(subjects)
        with self._records.begin() as conn:
            rows = conn.execute(queries.COUNT, {"accounts": together.accounts})
            return together.tally((row.oneid, row.rows) for row in rows)

    def content(self, subject: privacy.Subject) -> object:
        """Messages to the person."""
        with self._records.begin() as conn:
            rows = conn.execute(queries.CONTENT, {"accounts": list(subject.accounts)}).mappings().all()
        return [{name: None if value is None else str(value) for name, value in row.items()} for row in rows]

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Forget texts; call off what waits."""
        with self._records.begin() as conn:
            conn.execute(queries.FORGET, {"accounts": privacy.Together.of(subjects).accounts})
        return "counts of campaigns stay"
