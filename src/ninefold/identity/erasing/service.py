"""Identity as a store of personal data."""

from ninefold.governance import privacy
from ninefold.identity import ledger
from ninefold.store import Records

from . import queries


class IdentityStore:
    """Identifiers, the links between them, and open questions. The number and the public id stay: they name nobody."""

    name = "identity"

    def __init__(self, records: Records) -> None:
        self._records = records

    def count(self, subject: privacy.Subject) -> int:
        """Identifiers and questions of a person."""
        with self._records.begin() as conn:
            return conn.scalar(queries.COUNT, {"accounts": list(subject.accounts)}) or 0

    def content(self, subject: privacy.Subject) -> object:
        """The person's identifiers."""
        return [{"namespace": namespace, "value": value} for namespace, value in subject.identifiers]

    def erase(self, subject: privacy.Subject) -> str:
        """Delete them, under the lock of those who resolve."""
        with self._records.begin() as conn:
            ledger.lock(conn)
            for statement in queries.FORGET:
                conn.execute(statement, {"accounts": list(subject.accounts)})
        return "the public id stays, so that what names it elsewhere finds nobody"
