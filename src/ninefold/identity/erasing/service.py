"""Identity as a store of personal data, and who is meant by a request."""

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from ninefold.base import Clock
from ninefold.governance import privacy
from ninefold.store import Records

from . import queries
from .tombstones import erase


def subjects_of(conn: Connection, people: Sequence[int]) -> dict[int, privacy.Subject]:
    """Everything that names each of some people, by present number, however many are asked for.

    Args:
        conn: a transaction.
        people: numbers, also of those who have been merged since.
    """
    roots = list(conn.execute(queries.ROOTS, {"people": list(people)}).scalars())
    accounts: dict[int, list[tuple[int, str]]] = {}
    for row in conn.execute(queries.ACCOUNTS, {"roots": roots}):
        accounts.setdefault(row.root, []).append((row.oneid, row.public_id))
    values: dict[int, list[tuple[str, str]]] = {}
    for row in conn.execute(queries.VALUES, {"roots": roots}):
        values.setdefault(row.root, []).append((row.namespace, row.value))
    return {
        root: privacy.Subject(
            accounts=tuple(number for number, _ in own),
            public_ids=tuple(name for _, name in own),
            identifiers=tuple(values.get(root, ())),
        )
        for root, own in accounts.items()
    }


class IdentityStore:
    """Identifiers, the links between them, and open questions. The number and the public id stay: they name nobody."""

    name = "identity"

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Identifiers, digests and questions of each person."""
        together = privacy.Together.of(subjects)
        with self._records.begin() as conn:
            return together.tally_at((row.place, row.rows) for row in conn.execute(queries.COUNT, together.columns()))

    def content(self, subject: privacy.Subject) -> object:
        """The person's identifiers."""
        return [{"namespace": namespace, "value": value} for namespace, value in subject.identifiers]

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Delete them; the numbers become tombstones. Doing it again changes nothing."""
        with self._records.begin() as conn:
            erase(conn, privacy.Together.of(subjects).accounts, now=self._clock.now())
        return "the public id stays, so that what names it elsewhere finds nobody"
