"""Profiles as stores of personal data: events, traits and tags; memberships, roles, relations and consents."""

from collections.abc import Sequence
from dataclasses import asdict

from ninefold.governance import consent, privacy
from ninefold.store import Events, Records

from .memberships import Memberships
from .relations import Relations
from .sheets import forget

_TABLES = ("events", "traits", "trait_changes", "tags", "people", "redirects", "segment_entries")


class EventStore:
    """Everything counted: events, traits, tags, and the person's place among the people."""

    name = "events"

    def __init__(self, records: Records, events: Events) -> None:
        self._records = records
        self._events = events

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Rows of each person, over all tables."""
        together = privacy.Together.of(subjects)
        held = [self._events.count_people(table, together.accounts) for table in _TABLES]
        return together.tally(pair for one in held for pair in one.items())

    def content(self, subject: privacy.Subject) -> object:
        """All rows of events, traits and tags."""
        return {table: self._events.read_people(table, subject.accounts) for table in _TABLES[:4]}

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Delete the rows from disk, not only from view."""
        people = privacy.Together.of(subjects).accounts
        for table in _TABLES:
            self._events.delete_people(table, people)
        with self._records.begin() as conn:
            forget(conn, people)
        return "segment versions keep a number that leads to nobody"


class BelongingStore:
    """What the records store says about a person beside identity: memberships, roles, relations, consents."""

    name = "belonging"

    def __init__(
        self, records: Records, memberships: Memberships, relations: Relations, consents: consent.Consents
    ) -> None:
        self._records = records
        self._memberships = memberships
        self._relations = relations
        self._consents = consents

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Memberships, roles, relations and consents of each, over all accounts."""
        together = privacy.Together.of(subjects)
        with self._records.begin() as conn:
            desks = (self._memberships, self._relations, self._consents)
            held = [desk.counted(conn, together.accounts) for desk in desks]
        return together.tally(pair for one in held for pair in one.items())

    def content(self, subject: privacy.Subject) -> object:
        """All of them, as the person may read them."""
        oneid = subject.accounts[0]
        with self._records.begin() as conn:
            return {
                "memberships": [asdict(one) for one in self._memberships.of(conn, oneid)],
                "membership_changes": [asdict(one) for one in self._memberships.history(conn, oneid)],
                "roles": [asdict(one) for one in self._relations.roles_of(conn, oneid)],
                "relations": [asdict(one) for one in self._relations.relations_of(conn, oneid)],
                "consents": [asdict(one) for one in self._consents.records(conn, subject.accounts)],
            }

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Delete all of them."""
        people = privacy.Together.of(subjects).accounts
        with self._records.begin() as conn:
            self._memberships.erase(conn, people)
            self._relations.erase(conn, people)
            self._consents.erase(conn, people)
        return ""
