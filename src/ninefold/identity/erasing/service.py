"""Identity as a store of personal data."""

from ninefold.base import Clock
from ninefold.governance import privacy
from ninefold.store import Records

from . import queries
from .tombstones import erase


class IdentityStore:
    """Identifiers, the links between them, and open questions. The number and the public id stay: they name nobody."""

    name = "identity"

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def count(self, subject: privacy.Subject) -> int:
        """Identifiers and questions of a person."""
        with self._records.begin() as conn:
            return conn.scalar(queries.COUNT, {"accounts": list(subject.accounts)}) or 0

    def content(self, subject: privacy.Subject) -> object:
        """The person's identifiers."""
        return [{"namespace": namespace, "value": value} for namespace, value in subject.identifiers]

    def erase(self, subject: privacy.Subject) -> str:
        """Delete them; the numbers become tombstones. Doing it again changes nothing."""
        with self._records.begin() as conn:
            for account in subject.accounts:
                erase(conn, account, now=self._clock.now())
        return "the public id stays, so that what names it elsewhere finds nobody"
