"""The open API as Python: one object for reading and changing customers with the right of a key."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from ninefold.base import Clock
from ninefold.governance import Principal
from ninefold.identity import publish
from ninefold.store import Events, Records

from .browsing import Browsing
from .model import Customer, Given, Outcome, Page, Wanted
from .writing import Writing


class Customers:
    """Customers with the right of a key.

    Attributes:
        browsing: reads.
        writing: changes, in a transaction of the caller.
    """

    def __init__(self, records: Records, events: Events, clock: Clock, browsing: Browsing, writing: Writing) -> None:
        self.browsing = browsing
        self.writing = writing
        self._records = records
        self._events = events
        self._clock = clock

    def get(self, caller: Principal, reference: str) -> Customer:
        """A customer by public id or ``namespace:value``; raises missing."""
        return self.browsing.read(caller, reference, now=self._clock.now())

    def page(self, caller: Principal, wanted: Wanted) -> Page:
        """A page of customers."""
        return self.browsing.page(caller, wanted, now=self._clock.now())

    def upsert(self, caller: Principal, items: Sequence[Given], *, call: str = "") -> tuple[Outcome, ...]:
        """Keep what is said of some customers, in one transaction; the same `call` again counts once."""
        name = call or secrets.token_hex(16)
        with self._records.begin() as conn:
            found = self.writing.upsert(conn, caller, items, ids=lambda k: f"{name}.{k}", now=self._clock.now())
        self.told()
        return found

    def link(self, caller: Principal, reference: str, identifiers: tuple[tuple[str, str], ...]) -> Outcome:
        """Say that identifiers belong to a customer."""
        now: datetime = self._clock.now()
        with self._records.begin() as conn:
            name = secrets.token_hex(16)
            found = self.writing.link(conn, caller, reference, identifiers, message_id=name, now=now)
        self.told()
        return found

    def unlink(self, caller: Principal, reference: str, identifier: tuple[str, str]) -> None:
        """Take back that an identifier belongs to a customer."""
        with self._records.begin() as conn:
            self.writing.unlink(conn, caller, reference, identifier, now=self._clock.now())
        self.told()

    def told(self) -> None:
        """Let the events store know at once of people who were made, merged or parted; the pipeline does it else."""
        publish(self._records, self._events)
