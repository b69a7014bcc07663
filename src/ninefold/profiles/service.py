"""Reading people: the 360 view by any identifier, and search. Nothing is written here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.engine import Connection

from ninefold.base import Error, Kind, from_ms, invalid, missing
from ninefold.identity import Identity, Person
from ninefold.predicate import Condition, members
from ninefold.store import Document, Events, Records, Statement, list_definitions

from . import queries
from .model import (
    ByIdentifier,
    ByPublicId,
    Cursor,
    IdentitySeen,
    Order,
    PeoplePage,
    PersonSummary,
    Profile,
    Reference,
    SegmentHeld,
    TagHeld,
    Timeline,
    TraitScalar,
    cursor_of,
)
from .rules import NAME_TRAITS, Row, counters_of, entry_of, masked, names_of, shown_name, trait_scalar, traits_of

TIMELINE_MAX = 1_000
SEARCH_MAX = 100
PAGE_MAX = 1_000
ORDER_EVENTS = ("Order Completed",)
_Rows: TypeAlias = list[Row]


class Profiles:
    """The 360 view."""

    def __init__(
        self, records: Records, events: Events, identity: Identity, *, zone: str = "UTC",
        order_events: Sequence[str] = ORDER_EVENTS,
    ) -> None:
        """Args: the stores; OneID; the business zone; the events whose amounts are a person's revenue."""
        self._records = records
        self._events = events
        self._identity = identity
        self._zone = zone
        self._order_events = tuple(order_events)

    def read(
        self, reference: Reference, *, now: datetime, timeline_limit: int = 50, before: Cursor | None = None,
        names: Sequence[str] = (), mask: bool = False,
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
        with self._records.begin() as conn:
            person = self._person(conn, reference)
            accounts = self._identity.accounts(conn, person.oneid)
            identities = self._identity.identifiers_of(conn, person.oneid)
            names_of_segments = {d.key: d.document for d in list_definitions(conn, "segment")}
            tags = [d.key for d in list_definitions(conn, "tag")]
        oneids = list(accounts)
        return Profile(
            public_id=person.public_id,
            created_at=person.created_at,
            merged_from=tuple(accounts.values())[1:],
            identities=tuple(
                IdentitySeen(
                    namespace=one.namespace,
                    value=masked(one.namespace, one.value) if mask else one.value,
                    state=one.state.name.lower(),
                    first_seen=from_ms(one.first_seen_ms),
                    last_seen=from_ms(one.last_seen_ms),
                )
                for one in identities
            ),
            traits=traits_of(self._rows(queries.traits(oneids)), accounts),
            tags=self._tags(oneids, tags),
            segments=self._segments(oneids, names_of_segments),
            counters=counters_of(self._rows(queries.counters(oneids, self._order_events))),
            timeline=self._timeline(oneids, timeline_limit, before, names),
            read_at=now,
        )

    def timeline(
        self, reference: Reference, *, limit: int = 50, before: Cursor | None = None, names: Sequence[str] = ()
    ) -> Timeline:
        """Only the timeline: events newest first, a page at a time; the arguments are those of :meth:`read`."""
        with self._records.begin() as conn:
            accounts = self._identity.accounts(conn, self._person(conn, reference).oneid)
        return self._timeline(list(accounts), limit, before, names)

    def oneid(self, reference: Reference) -> int:
        """The number a person has now; raises missing."""
        with self._records.begin() as conn:
            return self._person(conn, reference).oneid

    def search(self, text: str, *, limit: int = 20) -> tuple[PersonSummary, ...]:
        """People an operator may mean: by public id, by identifier in any namespace that can read the text, by name.

        Exact matches come first, strongest namespace first; then people whose name begins with the text.

        Args:
            text: what was typed; blank finds nobody.
            limit: 1 to 100 people.
        """
        wanted = text.strip()
        if not 1 <= limit <= SEARCH_MAX:
            raise invalid("bad_limit", "not a number of people", field="limit", got=limit, allowed=f"1 to {SEARCH_MAX}")
        if not wanted:
            return ()
        found: dict[int, str] = {}
        with self._records.begin() as conn:
            for oneid, why in self._exactly(conn, wanted):
                found.setdefault(oneid, why)
        for row in self._rows(queries.by_name(wanted, NAME_TRAITS, limit)):
            if isinstance(row["oneid"], int):
                found.setdefault(row["oneid"], "name")
        return self._summaries(dict(list(found.items())[:limit]))

    def _exactly(self, conn: Connection, wanted: str) -> Iterable[tuple[int, str]]:
        try:
            yield self._identity.by_public_id(conn, wanted).oneid, "public_id"
        except Error as exc:
            if exc.kind is not Kind.MISSING:
                raise
        rules = self._identity.rules
        for name in sorted(rules.namespaces, key=lambda name: rules.of(name).priority):
            oneid = self._identity.find(conn, name, wanted)
            if oneid is not None:
                yield oneid, name

    def people(
        self, condition: Condition, *, now: datetime, traits: Sequence[str] = (), order: Order | None = None,
        limit: int = 50, offset: int = 0,
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
            raise invalid("bad_limit", "not a page of people", field="limit", got=f"{limit} after {offset}",
                          allowed=f"1 to {PAGE_MAX}, after 0 or more")
        wanted = members(condition, now=now, zone=self._zone)
        rows = self._rows(queries.people(wanted, order or Order(), limit=limit, offset=offset))
        total = _whole(rows[0]["total"]) if rows else 0
        shown = self._summaries({_whole(row["oneid"]): "" for row in rows}, traits)
        more = offset + len(rows)
        return PeoplePage(people=shown, total=total, next=more if more < total else None)

    def _summaries(self, found: Mapping[int, str], traits: Sequence[str] = ()) -> tuple[PersonSummary, ...]:
        """Short forms of some people (present oneid -> what matched), in the order given."""
        if not found:
            return ()
        oneids = list(found)
        with self._records.begin() as conn:
            names = self._identity.public_ids(conn, oneids)
        values: dict[int, dict[str, TraitScalar]] = {oneid: {} for oneid in oneids}
        for row in self._rows(queries.traits_of_people(oneids, [*traits, *NAME_TRAITS])):
            number = row["num"]
            scalar = trait_scalar(str(row["value"]), number if isinstance(number, float) else None)
            values[_whole(row["person"])][str(row["key"])] = scalar
        seen = {row["person"]: from_ms(_whole(row["last_ms"])) for row in self._rows(queries.last_seen(oneids))}
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

    def _person(self, conn: Connection, reference: Reference) -> Person:
        match reference:
            case ByPublicId(public_id=public_id):
                return self._identity.by_public_id(conn, public_id)
            case ByIdentifier(namespace=namespace, value=value):
                oneid = self._identity.find(conn, namespace, value)
                if oneid is None:
                    raise missing(
                        "unknown_identifier", f"nobody is known by this {namespace}", field=namespace, got=value,
                        hint="check the namespace and the value; an identifier that is blocked finds nobody either",
                    )
                return self._identity.person(conn, oneid)

    def _rows(self, statement: Statement) -> _Rows:
        rows: _Rows = self._events.query(statement).to_pylist()
        return rows

    def _timeline(
        self, oneids: Sequence[int], limit: int, before: Cursor | None, names: Sequence[str]
    ) -> Timeline:
        if not 0 <= limit <= TIMELINE_MAX:
            raise invalid("bad_limit", "not a number of events", field="timeline_limit", got=limit,
                          allowed=f"0 to {TIMELINE_MAX}")
        if not limit:
            return Timeline(entries=())
        rows = self._rows(queries.timeline(oneids, limit=limit + 1, before=before, names=names))
        entries = tuple(entry_of(row) for row in rows[:limit])
        return Timeline(entries=entries, next=cursor_of(entries[-1]) if len(rows) > limit else None)

    def _tags(self, oneids: Sequence[int], tags: Sequence[str]) -> tuple[TagHeld, ...]:
        if not tags:
            return ()
        return tuple(
            TagHeld(tag=str(row["tag"]), value=str(row["value"]), version=_whole(row["version"]),
                    built_at=from_ms(_whole(row["built_ms"])))
            for row in self._rows(queries.tags(oneids, tags))
        )  # fmt: skip

    def _segments(self, oneids: Sequence[int], definitions: Mapping[str, Document]) -> tuple[SegmentHeld, ...]:
        if not definitions:
            return ()
        held = []
        for row in self._rows(queries.segments(oneids, list(definitions))):
            key = str(row["segment"])
            name_en, name_zh = names_of(key, definitions[key])
            held.append(
                SegmentHeld(segment=key, name_en=name_en, name_zh=name_zh, version=_whole(row["version"]),
                            since_version=_whole(row["since_version"]), since=from_ms(_whole(row["since_ms"])))
            )  # fmt: skip
        return tuple(held)


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(value)
    return value
