"""Orders that spread over several rows of files, as a store of personal data: lines, and what was told of them."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from ninefold.governance import privacy
from ninefold.store import Events, Records, Statement

from . import queries

Order = tuple[str, UUID]
"""Key of the mapping, hash of the order's number."""


class OrderStore:
    """Imported orders. An order is its buyer's with all its lines, also those on which the buyer is not named.

    Found by the text of identifiers in its lines, and by the messages that were made of it: so it must be erased while
    the person's events are still there.
    """

    name = "imported orders"

    def __init__(self, records: Records, events: Events) -> None:
        self._records = records
        self._events = events

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Orders of each person."""
        return privacy.Together.of(subjects).tally_places(self._orders(subjects).values())

    def content(self, subject: privacy.Subject) -> object:
        """The lines of the person's orders that still wait for later files, as they came."""
        mappings, hashes = _split(self._orders([subject]))
        with self._records.begin() as conn:
            rows = conn.execute(queries.LINES_OF, {"mappings": mappings, "hashes": hashes})
            return [row.cells for row in rows]

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Delete these orders; one that comes again is shut out like every event of a suppressed person."""
        mappings, hashes = _split(self._orders(subjects))
        with self._records.begin() as conn:
            conn.execute(queries.DROP_LINES, {"mappings": mappings, "hashes": hashes})
            conn.execute(queries.DROP_ORDERS, {"mappings": mappings, "hashes": hashes})
        return ""

    def _orders(self, subjects: Sequence[privacy.Subject]) -> dict[Order, set[int]]:
        """Orders of these people, each with the places of its people."""
        found: dict[Order, set[int]] = {}
        for order, places in (*self._written(privacy.Texts(subjects)), *self._told(privacy.Together.of(subjects))):
            found.setdefault(order, set()).update(places)
        return found

    def _written(self, texts: privacy.Texts) -> Iterator[tuple[Order, frozenset[int]]]:
        for group in texts.groups():
            with self._records.begin() as conn:
                rows = conn.execute(queries.ORDERS_NAMING, {"texts": group}).all()
            for row in rows:
                if places := texts.found(row.said):
                    yield (row.mapping, row.order_hash), places

    def _told(self, together: privacy.Together) -> Iterator[tuple[Order, tuple[int]]]:
        """By the messages of the people's events."""
        sent = self._events.query(Statement(queries.MESSAGES, {"people": together.accounts}))
        whose = dict(zip(sent.column(1).to_pylist(), sent.column(0).to_pylist(), strict=True))
        if not whose:
            return
        with self._records.begin() as conn:
            rows = conn.execute(queries.ORDERS_TOLD, {"messages": list(whose)}).all()
        for row in rows:
            yield (row.mapping, row.order_hash), (together.account[whose[row.message_id]],)


def _split(orders: dict[Order, set[int]]) -> tuple[list[str], list[UUID]]:
    return [mapping for mapping, _ in orders], [order for _, order in orders]
