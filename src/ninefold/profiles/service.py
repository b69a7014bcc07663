"""Reading people: the 360 view by any identifier, and search."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.engine import Connection

from ninefold.base import Error, Kind, from_ms, invalid, missing
from ninefold.identity import Identity
from ninefold.predicate import Condition, Reading, members, survivorship, trait_values
from ninefold.store import Events, Records, Statement, list_definitions

from . import many, queries
from .definitions import Definitions, KnownDefinitions
from .held_segments import HeldSegments
from .model import (
    AccountsRead,
    ByIdentifier,
    ByPublicId,
    Cursor,
    Order,
    PeoplePage,
    PersonSummary,
    Profile,
    Reference,
    Timeline,
    Trait,
    TraitScalar,
)
from .rules import (
    NAME_TRAITS,
    Row,
    counters_of,
    identity_of,
    segment_of,
    shown_name,
    tags_held,
    timeline_of,
    trait_scalar,
    traits_of,
    whole,
)
from .sheets import Facts, SheetBuilder, SheetKeeper, SheetReader, Sheets, touch
from .sheets.model import TIMELINE_KEPT

TIMELINE_MAX = 1_000
SEARCH_MAX = 100
PAGE_MAX = 1_000
ORDER_EVENTS = ("Order Completed",)
_Rows: TypeAlias = list[Row]


class Profiles:
    """The 360 view."""

    def __init__(
        self,
        records: Records,
        events: Events,
        identity: Identity,
        *,
        zone: str = "UTC",
        order_events: Sequence[str] = ORDER_EVENTS,
    ) -> None:
        """Args: the stores; OneID; the business zone; the events whose amounts are a person's revenue."""
        self.only: tuple[int, ...] | None = None
        self._records = records
        self._events = events
        self._identity = identity
        self._zone = zone
        self._order_events = tuple(order_events)
        self._held_segments = HeldSegments(events)
        # What no sheet holds is asked for at once: a person at the counter waits for the slowest, not for the sum.
        self._readers = ThreadPoolExecutor(max_workers=5, thread_name_prefix="profile")
        self._sheets = SheetReader()
        self._definitions = KnownDefinitions()
        self._builder = SheetBuilder(events, order_events, self._readers.map)

    def close(self) -> None:
        """Let the reading threads go; afterwards nothing can be read."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    def keeper(self) -> SheetKeeper:
        """What rebuilds the sheets that profiles are read from; to be run by a worker."""
        return SheetKeeper(self._records, self._events, SheetBuilder(self._events, self._order_events))

    def read(
        self,
        reference: Reference,
        *,
        now: datetime,
        timeline_limit: int = 50,
        before: Cursor | None = None,
        names: Sequence[str] = (),
        mask: bool = False,
    ) -> Profile:
        """Everything known of one person, whoever of their accounts is named.

        Args:
            reference: the person, by public id or by any identifier.
            now: the time of reading, noted in the answer.
            timeline_limit: events on the timeline, 0 to 1,000.
            before: show older events than this place, see :attr:`Timeline.next`.
            names: show only events of these names; empty shows all.
            mask: hide the middle of identifiers.

        Raises:
            Error: missing (nobody has this identifier or public id); invalid (limit).
        """
        limit = _page(timeline_limit, "timeline_limit")
        with self._records.look() as conn:
            whole = self._identity.whole(conn, self._asked(conn, reference))
            person, accounts = whole.person, whole.accounts
            said = self._definitions.now(conn)
            sheets = self._sheets.read(conn, list(accounts))
            for part, lacking in sheets.missing.items():
                touch(conn, lacking, (part,))  # somebody asks for them, so let them be made
        oneids = list(accounts)
        entries: Future[_Rows] | None = None
        if before or names or limit >= TIMELINE_KEPT:
            entries = self._readers.submit(
                self._rows, queries.timeline(oneids, limit=limit + 1, before=before, names=names)
            )
        sheets = self._builder.completed(sheets, oneids)
        facts = sheets.facts or Facts()
        seen = self._seen(sheets, accounts, said, now=now)
        known = {key: one for key, one in sheets.segments.items() if key in said.segments}
        held_segments = self._held_segments.of(oneids, known, sheets.entries or {})
        return Profile(
            public_id=person.public_id,
            created_at=person.created_at,
            merged_from=tuple(accounts.values())[1:],
            identities=tuple(identity_of(one, mask=mask) for one in whole.identifiers),
            traits=seen.traits,
            tags=seen.tags,
            segments=tuple(segment_of(row, said.segments) for row in held_segments),
            counters=seen.counters,
            timeline=timeline_of(entries.result() if entries else facts.timeline, limit),
            read_at=now,
        )

    def read_accounts(self, accounts: Sequence[int], *, now: datetime) -> AccountsRead:
        """Some accounts as if they were one person, whoever they belong to; the person's own number first."""
        with self._records.look() as conn:
            names = self._identity.public_ids(conn, accounts)
            said = self._definitions.now(conn)
            sheets = self._sheets.read(conn, list(accounts))
        named = {number: names.get(number, "") for number in accounts}
        return self._seen(self._builder.completed(sheets, list(accounts)), named, said, now=now)

    def _seen(
        self,
        sheets: Sheets,
        accounts: Mapping[int, str],
        said: Definitions,
        *,
        now: datetime,
    ) -> AccountsRead:
        """Traits, tags and counters of accounts (the person's own number first) from their sheets."""
        facts, root, policies = sheets.facts or Facts(), next(iter(accounts)), said.policies
        counters = facts.counters
        if counters is None:
            counters = self._rows(queries.counters(list(accounts), self._order_events))
        special = {*(str(row["key"]) for row in facts.traits), *facts.changed}
        values = trait_values(
            sorted(key for key in special if not policies.simple(key)),
            policies,
            now=now,
            whose=dict.fromkeys(accounts, root),
        )
        published = {key: (one.version, one.built_ms) for key, one in sheets.published_tags.items() if key in said.tags}
        return AccountsRead(
            traits=traits_of(facts.traits, accounts, self._rows(values) if values else (), policies),
            tags=tags_held(sheets.tags or (), published, root=root),
            counters=counters_of(counters),
        )

    def timeline(
        self, reference: Reference, *, limit: int = 50, before: Cursor | None = None, names: Sequence[str] = ()
    ) -> Timeline:
        """Only the timeline: events newest first, a page at a time; the arguments are those of :meth:`read`."""
        _page(limit, "limit")
        with self._records.look() as conn:
            accounts = self._identity.whole(conn, self._asked(conn, reference)).accounts
        rows = self._rows(queries.timeline(list(accounts), limit=limit + 1, before=before, names=names))
        return timeline_of(rows, limit)

    def traits_of(self, people: many.Accounts, *, now: datetime) -> dict[int, tuple[Trait, ...]]:
        """The traits of many people at once, by root, given the accounts of each (the root first)."""
        with self._records.look() as conn:
            policies = survivorship.load(conn)
        return many.traits_of_many(self._events, people, policies, now=now)

    def tags_of(self, people: many.Accounts) -> dict[int, dict[str, str]]:
        """The computed tags of many people at once, with their values."""
        with self._records.look() as conn:
            tags = [one.key for one in list_definitions(conn, "tag")]
        return many.tags_of_many(self._events, people, tags)

    def segments_of(self, people: many.Accounts) -> dict[int, tuple[str, ...]]:
        """The segments that many people are in, by key of segment."""
        with self._records.look() as conn:
            segments = [one.key for one in list_definitions(conn, "segment")]
        return many.segments_of_many(self._held_segments, people, segments)

    def oneid(self, reference: Reference) -> int:
        """The number a person has now; raises missing."""
        with self._records.look() as conn:
            return self._identity.whole(conn, self._asked(conn, reference)).person.oneid

    def oneids(self, references: Sequence[Reference]) -> tuple[int | None, ...]:
        """The present number of each of many references, in order; None where nobody is known by it."""
        pairs = [
            (one.namespace, one.value) if isinstance(one, ByIdentifier) else ("", one.public_id) for one in references
        ]
        with self._records.look() as conn:
            return self._identity.find_many(conn, pairs)

    def within(self, people: Sequence[int]) -> "Profiles":
        """The same profiles, whose lists and searches show only some people (present numbers)."""
        narrow = copy(self)
        narrow.only = tuple(people)
        return narrow

    def search(self, text: str, *, now: datetime, limit: int = 20) -> tuple[PersonSummary, ...]:
        """People an operator may mean: by public id, by identifier in any namespace that can read the text, by name.

        Exact matches come first, strongest namespace first; then people whose name begins with the text.

        Args:
            text: what was typed; blank finds nobody.
            now: the instant.
            limit: 1 to 100 people.
        """
        wanted = text.strip()
        if not 1 <= limit <= SEARCH_MAX:
            raise invalid("bad_limit", "not a number of people", field="limit", got=limit, allowed=f"1 to {SEARCH_MAX}")
        if not wanted:
            return ()
        found: dict[int, str] = {}
        with self._records.look() as conn:
            for oneid, why in self._exactly(conn, wanted):
                found.setdefault(oneid, why)
        for row in self._rows(queries.by_name(wanted, NAME_TRAITS, limit)):
            if isinstance(row["oneid"], int):
                found.setdefault(row["oneid"], "name")
        if self.only is not None:
            mine = frozenset(self.only)
            found = {oneid: why for oneid, why in found.items() if oneid in mine}
        return self._summaries(dict(list(found.items())[:limit]), now=now)

    def _exactly(self, conn: Connection, wanted: str) -> Iterable[tuple[int, str]]:
        try:
            yield self._identity.by_public_id(conn, wanted).oneid, "public_id"
        except Error as exc:
            if exc.kind is not Kind.MISSING:
                raise
        for namespace, oneid in self._identity.find_anywhere(conn, wanted):
            yield oneid, namespace

    def people(
        self,
        condition: Condition,
        *,
        now: datetime,
        traits: Sequence[str] = (),
        order: Order | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> PeoplePage:
        """A page of the people a condition is true for, with some of their traits.

        Args:
            condition: whom to list.
            now: as of when.
            traits: keys of the traits to show.
            order: how to sort; by arrival by default.
            limit: people on the page, 1 to 1,000.
            offset: people before it, see :attr:`PeoplePage.next`.

        Raises:
            Error: invalid (condition of a wrong shape, limit, offset).
        """
        if not 1 <= limit <= PAGE_MAX or offset < 0:
            raise invalid(
                "bad_limit",
                "not a page of people",
                field="limit",
                got=f"{limit} after {offset}",
                allowed=f"1 to {PAGE_MAX}, after 0 or more",
            )
        with self._records.look() as conn:
            policies = survivorship.load(conn)
        reading, order = Reading(policies=policies), order or Order()
        wanted = members(condition, now=now, zone=self._zone, only=self.only, reading=reading)
        by_value = order.by == "trait" and not policies.simple(order.trait)
        sorting = trait_values([order.trait], policies, now=now) if by_value else None
        rows = self._rows(queries.people(wanted, order, limit=limit, offset=offset, sorting=sorting))
        total = whole(rows[0]["total"]) if rows else 0
        shown = self._summaries({whole(row["oneid"]): "" for row in rows}, traits, now=now)
        more = offset + len(rows)
        return PeoplePage(people=shown, total=total, next=more if more < total else None)

    def _summaries(
        self, found: Mapping[int, str], traits: Sequence[str] = (), *, now: datetime
    ) -> tuple[PersonSummary, ...]:
        """Short forms of some people (present oneid -> what matched), in the order given."""
        if not found:
            return ()
        oneids = list(found)
        with self._records.look() as conn:
            names = self._identity.public_ids(conn, oneids)
            policies = survivorship.load(conn)
        values: dict[int, dict[str, TraitScalar]] = {oneid: {} for oneid in oneids}
        for row in self._rows(trait_values([*traits, *NAME_TRAITS], policies, now=now, whose=oneids)):
            number = row["num"]
            scalar = trait_scalar(str(row["value"]), number if isinstance(number, float) else None)
            values[whole(row["person"])][str(row["trait"])] = scalar
        seen = {row["person"]: from_ms(whole(row["last_ms"])) for row in self._rows(queries.last_seen(oneids))}
        return tuple(
            PersonSummary(
                public_id=names[oneid],
                name=shown_name(values[oneid]),
                why=why,
                traits={key: values[oneid][key] for key in traits if key in values[oneid]},
                last_seen=seen.get(oneid),
            )
            for oneid, why in found.items()
            if oneid in names
        )

    def _asked(self, conn: Connection, reference: Reference) -> int | str:
        """The number or public id of whoever a reference names."""
        if isinstance(reference, ByPublicId):
            return reference.public_id
        namespace, value = reference.namespace, reference.value
        oneid = self._identity.find(conn, namespace, value)
        scope, colon, inner = value.partition(":")
        if oneid is None and colon:  # of a matching scope, or of one app: phone:casa:139...
            oneid = self._identity.find(conn, f"{namespace}:{scope}", inner)
        if oneid is None:
            raise missing(
                "unknown_identifier",
                f"nobody is known by this {namespace}",
                field=namespace,
                got=value,
                hint="check the namespace and the value; an identifier that is blocked finds nobody either",
            )
        return oneid

    def _rows(self, statement: Statement | None) -> _Rows:
        if statement is None:
            return []
        rows: _Rows = self._events.query(statement).to_pylist()
        return rows


def _page(limit: int, field: str) -> int:
    if not 0 <= limit <= TIMELINE_MAX:
        raise invalid("bad_limit", "not a number of events", field=field, got=limit, allowed=f"0 to {TIMELINE_MAX}")
    return limit
