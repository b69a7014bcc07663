"""Messages of campaigns as a store of personal data."""

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

    def count(self, subject: privacy.Subject) -> int:
        """Messages that wait, or hold a text about the person."""
        with self._records.begin() as conn:
            return conn.scalar(queries.COUNT, {"accounts": list(subject.accounts)}) or 0

    def content(self, subject: privacy.Subject) -> object:
        """Messages to the person."""
        with self._records.begin() as conn:
            rows = conn.execute(queries.CONTENT, {"accounts": list(subject.accounts)}).mappings().all()
        return [{name: None if value is None else str(value) for name, value in row.items()} for row in rows]

    def erase(self, subject: privacy.Subject) -> str:
        """Forget texts; call off what waits."""
        with self._records.begin() as conn:
            conn.execute(queries.FORGET, {"accounts": list(subject.accounts)})
        return "counts of campaigns stay"
